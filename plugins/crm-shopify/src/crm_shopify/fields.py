"""The fields that the plugin brings to contacts, and writing them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from crm_shopify.tables import ShopifyCustomer
from crmcore import CustomField, PluginContext

CUSTOMER_ID = "shopify_customer_id"
ORDERS_COUNT = "shopify_orders_count"
TOTAL_SPENT = "shopify_total_spent"
LAST_ORDER = "shopify_last_order_at"
TAGS = "shopify_tags"
MOST_VALUABLE = "shopify_most_valuable"
MARKETING = "shopify_email_marketing"
ALL = (CUSTOMER_ID, ORDERS_COUNT, TOTAL_SPENT, LAST_ORDER, TAGS, MOST_VALUABLE, MARKETING)

_GROUP = "Shopify"
LONGEST_TAGS = 500


def _field(order: int, key: str, type: str, en: str, ru: str, **more: Any) -> CustomField:
    return CustomField(
        record_type="contact",
        key=key,
        label={"en": en, "ru": ru},
        group=_GROUP,
        type=type,
        order=300 + order,
        read_only=True,
        filterable=True,
        **more,
    )


_CONSENT = {
    "subscribed": {"en": "Subscribed", "ru": "Подписан"},
    "not_subscribed": {"en": "Not subscribed", "ru": "Не подписан"},
    "pending": {"en": "Not confirmed yet", "ru": "Ещё не подтвердил"},
    "unsubscribed": {"en": "Unsubscribed", "ru": "Отписался"},
    "invalid": {"en": "Address not valid", "ru": "Адрес недействителен"},
}
"""Shopify's states of consent to e-mail marketing, in small letters."""

CUSTOM_FIELDS = (
    _field(1, MOST_VALUABLE, "checkbox", "Most valuable customer", "Особо ценный клиент"),
    _field(2, TOTAL_SPENT, "money", "Spent in all", "Всего покупок"),
    _field(3, ORDERS_COUNT, "integer", "Orders", "Заказов", options={"minimum": 0}),
    _field(4, LAST_ORDER, "date_time", "Last order", "Последний заказ"),
    _field(5, TAGS, "text", "Shopify tags", "Метки Shopify", options={"max_length": LONGEST_TAGS}),
    _field(6, CUSTOMER_ID, "text", "Shopify customer", "Клиент Shopify", options={"max_length": 20}),
    _field(
        7,
        MARKETING,
        "drop_down",
        "Shopify e-mail marketing",
        "Рассылка Shopify",
        options={"choices": [{"value": value, "label": label} for value, label in _CONSENT.items()]},
    ),
)


async def write_fields(
    contacts: Sequence[UUID], plugin: PluginContext, *, but_for: Collection[str] = ()
) -> None:
    """Bring the fields of these contacts to what their customers say; what stands there already is not written.

    Customers with a key among ``but_for`` count no more: they are about to be erased.
    """
    if not contacts:
        return
    found = await ShopifyCustomer.select().where(ShopifyCustomer.contact.is_in(list(contacts)))
    rows = [row for row in found if row["key"] not in but_for]
    for id in dict.fromkeys(contacts):
        record = await plugin.records.get("contact", id)
        if record is None:
            continue
        wanted = values_of([row for row in rows if row["contact"] == id])
        known = record.document.get("custom") or {}
        changes = {key: value for key, value in wanted.items() if not _same(known.get(key), value)}
        if changes:
            await plugin.records.update("contact", id, {"custom": changes}, reason="Shopify")


def values_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the values of the fields for one contact, who may be a customer of several shops.

    Amounts are added up in the currency in which they spent most: a sum of two currencies would be wrong.
    """
    if not rows:
        return dict.fromkeys(ALL)
    main = max(rows, key=lambda row: (row["spent_cents"], row["shopify_id"]))
    spent = sum((Decimal(row["spent"]) for row in rows if row["currency"] == main["currency"]), Decimal())
    orders = [row["last_order_at"] for row in rows if row["last_order_at"]]
    tags = sorted({tag for row in rows for tag in msgspec.json.decode(row["tags"], type=list[str])})
    return {
        CUSTOMER_ID: str(main["shopify_id"]),
        ORDERS_COUNT: min(sum(row["orders_count"] for row in rows), 10**15),
        TOTAL_SPENT: {"amount": f"{spent.normalize():f}", "currency": main["currency"]}
        if main["currency"]
        else None,
        LAST_ORDER: max(orders).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if orders else None,
        TAGS: ", ".join(tags)[:LONGEST_TAGS] or None,
        MOST_VALUABLE: any(row["valuable"] for row in rows) or None,
        MARKETING: main["marketing"].lower() if main["marketing"].lower() in _CONSENT else None,
    }


def _same(known: Any, wanted: Any) -> bool:
    if isinstance(known, Mapping) and isinstance(wanted, Mapping):
        return known.get("currency") == wanted["currency"] and Decimal(known["amount"]) == Decimal(
            wanted["amount"]
        )
    return bool(known == wanted)
