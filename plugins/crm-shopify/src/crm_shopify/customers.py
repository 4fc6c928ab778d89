"""Keeping customers: newest facts win, contacts are found, fields follow, events are told once."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

import msgspec

from crm_shopify import events
from crm_shopify.facts import CustomerFacts
from crm_shopify.fields import write_fields
from crm_shopify.matching import contacts_of, unmatched
from crm_shopify.shop import ShopConfig
from crm_shopify.tables import ShopifyCustomer, ShopifyOrder, key_of
from crmcore import ChannelAccount, PluginContext

_MOST_CENTS = 9 * 10**17


async def keep_customers(
    facts: Sequence[CustomerFacts], account: ChannelAccount, plugin: PluginContext, *, tell: bool = True
) -> None:
    """Write what is known of these customers, a page of them at most.

    Facts older than those known are left out. ``tell`` is False where the past is fetched: nobody waits for events
    of it. The caller holds the account's lock, see :func:`books`.
    """
    config: ShopConfig = account.config
    facts = list({one.id: one for one in sorted(facts, key=lambda one: one.changed_at)}.values())
    if not facts:
        return
    keys = [key_of(account.id, one.id) for one in facts]
    rows = await ShopifyCustomer.select().where(ShopifyCustomer.key.is_in(keys))
    known = {row["shopify_id"]: row for row in rows}
    newer = [one for one in facts if one.id not in known or one.changed_at >= known[one.id]["changed_at"]]
    lonely = [one for one in newer if known.get(one.id, {}).get("contact") is None]
    found = await contacts_of(lonely, plugin)
    if config.create_contacts:
        for one in lonely:
            if one.id not in found and (one.email or one.phone):
                found[one.id] = await _create_contact(one, plugin)
    touched: list[UUID] = []
    fresh: list[ShopifyCustomer] = []
    for one in newer:
        row = known.get(one.id)
        contact = row["contact"] if row and row["contact"] else found.get(one.id)
        values = _values(one, row, config)
        over = _is_over(values, config)
        told = bool(row and row["told_over"])
        values["told_over"] = over
        values["contact"] = contact
        if row is None:
            key = key_of(account.id, one.id)
            fresh.append(ShopifyCustomer(key=key, account=account.id, shopify_id=one.id, **values))
        else:
            await ShopifyCustomer.update(values, force=True).where(ShopifyCustomer.id == row["id"])
        if contact is None:
            continue
        touched.append(contact)
        if row is None or row["contact"] is None:
            await give_orders(account.id, one.id, contact)
        if over and not told and tell and row is not None:
            await events.customer_spent_over(contact, one.id, values, account, plugin)
    if fresh:
        await ShopifyCustomer.insert(*fresh)
    await write_fields(touched, plugin)


async def match_contact(id: UUID, plugin: PluginContext) -> None:
    """Join the customers to contact ``id`` that have its addresses and no contact yet."""
    record = await plugin.records.get("contact", id)
    rows = await unmatched(record.document) if record else []
    for row in rows:
        await ShopifyCustomer.update({ShopifyCustomer.contact: id}).where(
            ShopifyCustomer.id == row["id"], ShopifyCustomer.contact.is_null()
        )
        await give_orders(row["account"], row["shopify_id"], id)
    if rows:
        await write_fields([id], plugin)


async def mark_again(account: ChannelAccount, plugin: PluginContext) -> None:
    """Mark the most valuable customers anew: the limit in the settings was changed."""
    config: ShopConfig = account.config
    customer = ShopifyCustomer
    limit = config.most_valuable_from * 100 if config.most_valuable_from else _MOST_CENTS + 1
    mine: Any = customer.account == account.id
    touched = []
    for now, condition in (
        (True, (customer.spent_cents >= limit) & customer.valuable.eq(False)),
        (False, (customer.spent_cents < limit) & customer.valuable.eq(True)),
    ):
        rows = await customer.select(customer.id, customer.contact).where(mine, condition)
        for row in rows:
            await customer.update({customer.valuable: now}).where(customer.id == row["id"])
        touched += [row["contact"] for row in rows if row["contact"]]
    await write_fields(touched, plugin)


def _values(one: CustomerFacts, row: dict[str, Any] | None, config: ShopConfig) -> dict[Any, Any]:
    """Return the columns; what this source does not say stays as it was."""
    spent = one.spent if one.spent is not None else Decimal(row["spent"] if row else "0")
    cents = min(int((spent * 100).to_integral_value(ROUND_HALF_UP)), _MOST_CENTS)
    orders = one.orders_count if one.orders_count is not None else (row["orders_count"] if row else 0)
    return {
        "name": one.name[:300],
        "email": one.email.lower()[:320],
        "phone": one.phone[:40],
        "orders_count": orders,
        "spent": str(spent)[:40],
        "spent_cents": cents,
        "currency": one.currency or (row["currency"] if row else ""),
        "tags": msgspec.json.encode([tag[:255] for tag in one.tags[:250]]).decode(),
        "valuable": bool(config.most_valuable_from) and spent >= config.most_valuable_from,
        "last_order_at": one.last_order_at or (row["last_order_at"] if row else None),
        "marketing": (row["marketing"] if row else "") if one.marketing is None else one.marketing[:40],
        "changed_at": one.changed_at,
    }


def _is_over(values: dict[str, Any], config: ShopConfig) -> bool:
    return bool(config.spent_over) and Decimal(values["spent"]) >= config.spent_over


async def give_orders(account: UUID, customer: int, contact: UUID) -> None:
    """Let the customer's orders that are nobody's yet be the contact's."""
    order = ShopifyOrder
    await order.update({order.contact: contact}).where(
        order.account == account, order.customer_id == customer, order.contact.is_null()
    )


async def _create_contact(one: CustomerFacts, plugin: PluginContext) -> UUID:
    document = {
        "first_name": one.first_name[:120] or (one.name[:120] if not one.last_name else ""),
        "last_name": one.last_name[:120],
        "emails": [one.email] if one.email else [],
        "phones": [one.phone] if one.phone else [],
    }
    return (await plugin.records.create("contact", document, reason="Shopify")).id
