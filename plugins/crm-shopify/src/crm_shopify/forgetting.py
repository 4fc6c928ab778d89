"""Erasing what is kept of customers: asked for by Shopify, by a person, or because the shop is gone."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from crm_shopify.books import books
from crm_shopify.fields import write_fields
from crm_shopify.former import remember
from crm_shopify.tables import ShopifyCustomer, ShopifyFormer, ShopifyOrder, key_of
from crmcore import ChannelAccount, Job, PluginContext

FORGET = "forget_shop"
_BATCH = 200


async def forget_customer(
    id: int,
    account: ChannelAccount,
    plugin: PluginContext,
    *,
    orders: Sequence[int] = (),
    remembered: bool = False,
) -> None:
    """Erase a customer and their orders, and the fields that the contact had from them.

    ``remembered`` keeps whose number it was: a deletion may be half of a merge that is told later.
    """
    async with books(account.id, plugin):
        key = key_of(account.id, id)
        rows = await ShopifyCustomer.select(ShopifyCustomer.contact).where(ShopifyCustomer.key == key)
        # The fields first: broken off here, the whole is done again.
        await write_fields([row["contact"] for row in rows if row["contact"]], plugin, but_for=[key])
        if remembered:
            for row in rows:
                await remember(account.id, id, contact=row["contact"])
        else:
            former = (ShopifyFormer.key == key) | (ShopifyFormer.customer_id == id)
            await ShopifyFormer.delete().where(ShopifyFormer.account == account.id, former)
        order = ShopifyOrder
        await order.delete().where(order.account == account.id, order.customer_id == id)
        for start in range(0, len(orders), _BATCH):
            keys = [key_of(account.id, one) for one in orders[start : start + _BATCH]]
            await order.delete().where(order.key.is_in(keys))
        await ShopifyCustomer.delete().where(ShopifyCustomer.key == key)


async def forget_shop_soon(account: UUID, plugin: PluginContext) -> None:
    """Put the erasure of a whole shop into the queue."""
    await plugin.enqueue(FORGET, {"account": str(account)}, key=f"{FORGET}:{account}")


async def forget_shop(payload: Mapping[str, Any], plugin: PluginContext) -> None:
    """Erase all customers and orders of the shop, a batch at a time; broken off, it goes on."""
    account = UUID(payload["account"])
    customer = ShopifyCustomer
    total = await customer.count().where(customer.account == account)
    done = 0
    while True:
        async with books(account, plugin):
            rows = (
                await customer.select(customer.id, customer.key, customer.contact)
                .where(customer.account == account)
                .limit(_BATCH)
            )
            if not rows:
                break
            keys = {row["key"] for row in rows}
            await write_fields([row["contact"] for row in rows if row["contact"]], plugin, but_for=keys)
            await customer.delete().where(customer.id.is_in([row["id"] for row in rows]))
        done += len(rows)
        await plugin.progress(done, max(total, done))
    await ShopifyOrder.delete().where(ShopifyOrder.account == account)
    await ShopifyFormer.delete().where(ShopifyFormer.account == account)
    await plugin.store.delete(f"sync:{account}")
    await plugin.store.delete(f"connected:{account}")


FORGET_JOB = Job(
    key=FORGET,
    run=forget_shop,
    label={"en": "Erase what is kept of a shop", "ru": "Удалить данные магазина"},
    timeout_s=3_600.0,
    cancellable=False,
)
