"""What happened in the shop, between the conversations: orders, payments, parcels, refunds."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from crm_shopify import words
from crm_shopify.orders import parcels_of, refunds_of
from crm_shopify.shop import KEY
from crm_shopify.tables import ShopifyOrder
from crmcore import Label, PluginContext, Subject, TimelineEntry, TimelineSource, Tone, text_of

# Of the newest orders; older ones have happened long ago.
MOST_ORDERS = 200


async def load_timeline(
    subject: Subject, before: datetime | None, limit: int, plugin: PluginContext
) -> Sequence[TimelineEntry]:
    """Return what happened to the contact's orders, newest first, as it was told; Shopify is not asked."""
    contact = (subject.contact or {}).get("id")
    if contact is None:
        return []
    order = ShopifyOrder
    rows = (
        await order.select()
        .where(order.contact == UUID(str(contact)), order.ordered_at.is_not_null())
        .order_by(order.ordered_at, ascending=False)
        .limit(MOST_ORDERS)
    )
    shops = {account.id: account.config for account in await plugin.connections.list(KEY)}
    entries = [
        entry
        for row in rows
        for entry in _entries(row, shops.get(row["account"]), subject.language)
        if before is None or entry.at < before
    ]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)[:limit]


def _entries(row: Mapping[str, Any], shop: Any, language: str) -> Iterator[TimelineEntry]:
    href = shop.admin("orders", row["shopify_id"]) if shop else ""

    def entry(at: datetime, said: Label, text: str, icon: str, tone: Tone = "neutral") -> TimelineEntry:
        title = text_of(said, language, name=row["name"])
        return TimelineEntry(at=at, title=title, text=text, icon=icon, tone=tone, href=href)

    total = _money(row["total"], row["currency"])
    text = " · ".join(filter(None, (total, row["items"])))
    yield entry(row["ordered_at"], words.PLACED, text, "shopping-bag")
    if row["paid_at"]:
        yield entry(row["paid_at"], words.PAID, total, "credit-card", "ok")
    if row["cancelled_at"]:
        yield entry(row["cancelled_at"], words.CANCELLED, total, "x", "bad")
    for refund in refunds_of(row):
        if refund.at:
            yield entry(
                refund.at, words.GAVE_BACK, _money(refund.amount, row["currency"]), "rotate-ccw", "warn"
            )
    for parcel in parcels_of(row):
        carrier = " ".join(filter(None, (parcel.company, parcel.number)))
        yield entry(parcel.at, words.SENT, carrier, "truck", "accent")
        if parcel.delivered_at:
            yield entry(parcel.delivered_at, words.DELIVERED, carrier, "package", "ok")


def _money(amount: str, currency: str) -> str:
    return f"{Decimal(amount):.2f} {currency}".strip()


TIMELINE = TimelineSource(
    key="orders",
    label={"en": "Shopify orders", "ru": "Заказы Shopify"},
    load=load_timeline,
    # Beside a conversation the panel has the same orders already.
    slots=("contact",),
)
