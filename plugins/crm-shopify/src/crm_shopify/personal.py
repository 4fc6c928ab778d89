"""What is kept of one person's purchases: given out, and erased."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from crm_shopify.tables import ShopifyCustomer, ShopifyFormer, ShopifyOrder
from crmcore import DataItem, DataSubject, PersonalData, PluginContext

_CUSTOMER = ("name", "email", "phone", "orders_count", "spent", "currency", "marketing")
_ORDER = ("name", "items", "payment", "delivery", "total", "currency")
_MOMENTS = ("ordered_at", "paid_at", "cancelled_at", "last_order_at")


async def export_purchases(subject: DataSubject, plugin: PluginContext) -> AsyncIterator[DataItem]:
    """Yield each customer of a shop that the person is, then each order."""
    for row in await ShopifyCustomer.select().where(_customers(subject)).order_by(ShopifyCustomer.key):
        data = _shown(row, _CUSTOMER)
        yield DataItem(
            id=f"customer-{row['shopify_id']}", data={**data, "tags": msgspec.json.decode(row["tags"])}
        )
    for row in await ShopifyOrder.select().where(await _orders(subject)).order_by(ShopifyOrder.key):
        refunds, parcels = (msgspec.json.decode(row[name]) for name in ("refunds", "parcels"))
        data = _shown(row, _ORDER)
        yield DataItem(id=f"order-{row['shopify_id']}", data={**data, "refunds": refunds, "parcels": parcels})


async def erase_purchases(subject: DataSubject, plugin: PluginContext) -> int:
    """Erase customers and orders; how many they were. The shop itself keeps its own: it is erased in Shopify."""
    orders, former = await _orders(subject), await _former(subject)
    count = await ShopifyOrder.count().where(orders)
    await ShopifyOrder.delete().where(orders)
    count += await ShopifyCustomer.count().where(_customers(subject))
    await ShopifyCustomer.delete().where(_customers(subject))
    await ShopifyFormer.delete().where(former)
    return int(count)


def _customers(subject: DataSubject) -> Any:
    """Return the condition: customers who are the contact, and those with an address of theirs."""
    customer = ShopifyCustomer
    condition: Any = customer.contact.is_in(list(subject.contacts))
    for column, kind in ((customer.email, "email"), (customer.phone, "phone")):
        values = [point.value for point in subject.points if point.kind == kind]
        if values:
            condition = condition | (customer.contact.is_null() & column.is_in(values))
    return condition


async def _orders(subject: DataSubject) -> Any:
    order = ShopifyOrder
    condition: Any = order.contact.is_in(list(subject.contacts))
    for row in await ShopifyCustomer.select(ShopifyCustomer.account, ShopifyCustomer.shopify_id).where(
        _customers(subject)
    ):
        condition = condition | ((order.account == row["account"]) & (order.customer_id == row["shopify_id"]))
    return condition


async def _former(subject: DataSubject) -> Any:
    """Return the condition: numbers that were the person's, and those merged into a customer of theirs."""
    former = ShopifyFormer
    condition: Any = former.contact.is_in(list(subject.contacts))
    for row in await ShopifyCustomer.select(ShopifyCustomer.account, ShopifyCustomer.shopify_id).where(
        _customers(subject)
    ):
        condition = condition | (
            (former.account == row["account"]) & (former.customer_id == row["shopify_id"])
        )
    return condition


def _shown(row: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    data = {name: row[name] for name in names if row[name] not in ("", None)}
    return data | {name: row[name].isoformat() for name in _MOMENTS if row.get(name)}


PURCHASES = PersonalData(
    key="purchases",
    label={"en": "Shopify customers and orders", "ru": "Клиенты и заказы Shopify"},
    export=export_purchases,
    erase=erase_purchases,
)
