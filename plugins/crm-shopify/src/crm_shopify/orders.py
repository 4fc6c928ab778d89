"""Keeping orders: newest facts win, refunds add up, events are told once."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from crm_shopify import events
from crm_shopify.facts import OrderFacts, ParcelFact, RefundFact
from crm_shopify.tables import ShopifyCustomer, ShopifyOrder, key_of
from crmcore import ChannelAccount, PluginContext

PAID = "PAID"
MOST_HAPPENINGS = 50


async def keep_orders(
    facts: Sequence[OrderFacts], account: ChannelAccount, plugin: PluginContext, *, tell: bool = True
) -> None:
    """Write what is known of these orders, a page of them at most; the caller holds the account's lock.

    Facts older than those known add their refunds and nothing else. ``tell`` is False where the past is fetched.
    """
    facts = list({one.id: one for one in sorted(facts, key=lambda one: one.changed_at)}.values())
    if not facts:
        return
    keys = [key_of(account.id, one.id) for one in facts]
    rows = await ShopifyOrder.select().where(ShopifyOrder.key.is_in(keys))
    known = {row["shopify_id"]: row for row in rows}
    contacts = await _contacts(account.id, [one.customer_id for one in facts if one.customer_id])
    fresh: list[ShopifyOrder] = []
    for one in facts:
        row = known.get(one.id)
        contact = row["contact"] if row and row["contact"] else contacts.get(one.customer_id)
        values: dict[Any, Any] = {"refunds": _encoded(_merged(_refunds(row), one.refunds))}
        if row is None or one.changed_at >= row["changed_at"]:
            values |= _values(one, row, seen_paid=tell)
        values["contact"] = contact
        news = _news(one, row)
        if news:
            values["told"] = ",".join(sorted({*told_of(row), *news}))
        if row is None:
            key = key_of(account.id, one.id)
            fresh.append(ShopifyOrder(key=key, account=account.id, shopify_id=one.id, **values))
        else:
            await ShopifyOrder.update(values, force=True).where(ShopifyOrder.id == row["id"])
        if tell and contact is not None:
            for name in news:
                await events.order_changed(name, contact, one, account, plugin)
    if fresh:
        await ShopifyOrder.insert(*fresh)


async def keep_refund(order: int, refund: RefundFact, account: ChannelAccount) -> None:
    """Add a refund to an order, known or not; told twice, it is there once. The caller holds the account's lock."""
    key = key_of(account.id, order)
    row = await ShopifyOrder.select().where(ShopifyOrder.key == key).first()
    values: dict[Any, Any] = {"refunds": _encoded(_merged(_refunds(row), (refund,)))}
    if row is not None:
        await ShopifyOrder.update(values, force=True).where(ShopifyOrder.id == row["id"])
    elif refund.at is not None:
        # The order itself is told later: whatever it says is newer than this.
        stub = ShopifyOrder(
            key=key, account=account.id, shopify_id=order, changed_at=refund.at.replace(year=1971), **values
        )
        await ShopifyOrder.insert(stub)


async def forget_order(order: int, account: ChannelAccount) -> None:
    """Remove an order that was deleted in the shop."""
    await ShopifyOrder.delete().where(ShopifyOrder.key == key_of(account.id, order))


def refunds_of(row: Mapping[str, Any]) -> list[RefundFact]:
    """Return the refunds of a row, oldest first."""
    return _refunds(row)


def parcels_of(row: Mapping[str, Any]) -> list[ParcelFact]:
    """Return the parcels of a row, oldest first."""
    return msgspec.json.decode(row["parcels"], type=list[ParcelFact])


def told_of(row: Mapping[str, Any] | None) -> set[str]:
    """Return the names of the events that were told of an order."""
    return set(filter(None, row["told"].split(","))) if row else set()


def _values(one: OrderFacts, row: Mapping[str, Any] | None, *, seen_paid: bool) -> dict[str, Any]:
    paid_at = row["paid_at"] if row else None
    # When an old order was paid, nobody says: its last change may be another.
    if paid_at is None and one.payment == PAID and seen_paid:
        paid_at = one.changed_at
    return {
        "customer_id": one.customer_id or (row["customer_id"] if row else 0),
        "name": one.name[:60],
        "items": one.items or (row["items"] if row else ""),
        "payment": one.payment[:40],
        "delivery": one.delivery[:40],
        "total": str(one.total)[:40],
        "currency": one.currency,
        "parcels": _encoded(one.parcels[:MOST_HAPPENINGS]),
        "ordered_at": one.ordered_at,
        "paid_at": paid_at,
        "cancelled_at": one.cancelled_at,
        "changed_at": one.changed_at,
    }


def _news(one: OrderFacts, row: Mapping[str, Any] | None) -> list[str]:
    told = told_of(row)
    happened = {events.ORDER_PAID: one.payment == PAID, events.ORDER_CANCELLED: one.cancelled_at is not None}
    return [name for name, did in happened.items() if did and name not in told]


def _refunds(row: Mapping[str, Any] | None) -> list[RefundFact]:
    return msgspec.json.decode(row["refunds"], type=list[RefundFact]) if row else []


def _merged(known: Sequence[RefundFact], more: Sequence[RefundFact]) -> list[RefundFact]:
    return list({one.id: one for one in (*known, *more)}.values())[-MOST_HAPPENINGS:]


def _encoded(values: Sequence[Any]) -> str:
    return msgspec.json.encode(list(values)).decode()


async def _contacts(account: UUID, customers: Sequence[int]) -> dict[int, UUID]:
    keys = [key_of(account, id) for id in set(customers)]
    if not keys:
        return {}
    rows = await ShopifyCustomer.select(ShopifyCustomer.shopify_id, ShopifyCustomer.contact).where(
        ShopifyCustomer.key.is_in(keys), ShopifyCustomer.contact.is_not_null()
    )
    return {row["shopify_id"]: row["contact"] for row in rows}
