"""Whose customer is whose contact: by the number they were joined under, by e-mail, by phone."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from crm_shopify.facts import CustomerFacts
from crm_shopify.tables import ShopifyCustomer, ShopifyFormer, key_of
from crmcore import (
    ChannelAccount,
    ContactMatch,
    Identity,
    InboundMessage,
    Label,
    Match,
    Matcher,
    PluginContext,
    text_of,
)

CUSTOMER_IDENTITY = "shopify_customer"
"""The kind of identity with which a channel may name a customer by Shopify's number."""

_SAME_EMAIL: Label = {
    "en": "The Shopify customer {name} has the other's e-mail address",
    "ru": "У клиента Shopify {name} почта другого контакта",
}
_SAME_PHONE: Label = {
    "en": "The Shopify customer {name} has the other's phone number",
    "ru": "У клиента Shopify {name} телефон другого контакта",
}


async def contacts_of(customers: Sequence[CustomerFacts], plugin: PluginContext) -> dict[int, UUID]:
    """Return the contact of each customer that has one, by the customer's number: by e-mail, then by phone.

    Where two contacts share an address the older one is meant; whether they are one person, duplicates tell.
    """
    emails = {one.id: one.email.lower() for one in customers if one.email}
    phones = {one.id: one.phone for one in customers if one.phone}
    by_email = await _owners("email", list(emails.values()), plugin)
    found = {id: by_email[email] for id, email in emails.items() if email in by_email}
    left = {id: phone for id, phone in phones.items() if id not in found}
    by_phone = await _owners("phone", list(left.values()), plugin)
    return found | {id: by_phone[phone] for id, phone in left.items() if phone in by_phone}


async def _owners(kind: str, values: Sequence[str], plugin: PluginContext) -> dict[str, UUID]:
    if not values:
        return {}
    owners: dict[str, UUID] = {}
    for point in await plugin.points.find(kind, values):
        for value in (point.normalized, point.value.lower()):
            # Ids grow with time.
            owners[value] = min(owners.get(value, point.contact), point.contact)
    return owners


async def unmatched(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the customers without a contact that have an address or a number of this contact's."""
    customer = ShopifyCustomer
    emails = [str(one).lower() for one in document.get("emails") or ()]
    phones = [str(one) for one in document.get("phones") or ()]
    if not emails and not phones:
        return []
    condition: Any = None
    if emails:
        condition = customer.email.is_in(emails)
    if phones:
        by_phone = customer.phone.is_in(phones)
        condition = by_phone if condition is None else condition | by_phone
    rows: list[dict[str, Any]] = await customer.select().where(condition, customer.contact.is_null())
    return rows


async def who_wrote(
    message: InboundMessage, account: ChannelAccount, plugin: PluginContext
) -> ContactMatch | None:
    """Return the contact of the customer who has the message's address at Shopify, where no contact has it here."""
    points = [(one.kind, one.value) for one in message.identities if one.kind in ("email", "phone")]
    for kind, value in points:
        if await plugin.points.find(kind, [value]):
            return None
    for identity in message.identities:
        row = await _customer_with(identity)
        if row is not None:
            return ContactMatch(contact_id=row["contact"], reason=f"Shopify customer {row['shopify_id']}")
    return None


async def _customer_with(identity: Identity) -> dict[str, Any] | None:
    customer = ShopifyCustomer
    if identity.kind == "email":
        condition: Any = customer.email == identity.value.lower()
    elif identity.kind == "phone":
        condition = customer.phone == identity.value
    elif identity.kind == CUSTOMER_IDENTITY and identity.value.isascii() and identity.value.isdigit():
        condition = customer.shopify_id == int(identity.value[:18])
    else:
        return None
    rows = await customer.select().where(condition, customer.contact.is_not_null()).limit(2)
    if not rows and identity.kind == CUSTOMER_IDENTITY:
        rows = await _merged_into(int(identity.value[:18]))
    # A number means somebody else in another shop: what two contacts answer to says nothing.
    return rows[0] if len({row["contact"] for row in rows}) == 1 else None


async def _merged_into(id: int) -> list[dict[str, Any]]:
    """Return the customers, in any shop, into whom the number ``id`` was merged and who are somebody's contact."""
    former = await ShopifyFormer.select().where(ShopifyFormer.shopify_id == id, ShopifyFormer.customer_id > 0)
    keys = [key_of(row["account"], row["customer_id"]) for row in former]
    if not keys:
        return []
    rows: list[dict[str, Any]] = await ShopifyCustomer.select().where(
        ShopifyCustomer.key.is_in(keys), ShopifyCustomer.contact.is_not_null()
    )
    return rows


async def same_customers(contacts: Sequence[UUID], plugin: PluginContext) -> list[Match]:
    """Return matches of ``contacts``: one is a customer, and another has what that customer has at Shopify."""
    customer = ShopifyCustomer
    if not contacts:
        return []
    rows = await customer.select().where(customer.contact.is_in(list(contacts)))
    matches = []
    for kind, reason in (("email", _SAME_EMAIL), ("phone", _SAME_PHONE)):
        owned = {row[kind]: row for row in rows if row[kind]}
        if not owned:
            continue
        for point in await plugin.points.find(kind, list(owned)):
            row = owned.get(point.normalized) or owned.get(point.value.lower())
            if row is not None and point.contact != row["contact"]:
                name = row["name"] or str(row["shopify_id"])
                said: Label = {one: text_of(reason, one, name=name) for one in ("en", "ru")}
                matches.append(
                    Match(contact=row["contact"], other=point.contact, strength="strong", reason=said)
                )
    return matches


SAME_CUSTOMER = Matcher(
    key="same_customer",
    label={"en": "One customer at Shopify", "ru": "Один клиент в Shopify"},
    find=same_customers,
)
