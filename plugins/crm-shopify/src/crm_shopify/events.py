"""What the plugin tells endpoints of outgoing webhooks: an order paid, an order cancelled, much spent."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm_shopify.facts import OrderFacts
from crm_shopify.shop import ShopConfig
from crmcore import ChannelAccount, PluginContext

ORDER_PAID = "order_paid"
ORDER_CANCELLED = "order_cancelled"
CUSTOMER_SPENT_OVER = "customer_spent_over"


async def order_changed(
    name: str, contact: UUID, order: OrderFacts, account: ChannelAccount, plugin: PluginContext
) -> None:
    """Tell ``shopify.order_paid`` or ``shopify.order_cancelled`` of the contact."""
    config: ShopConfig = account.config
    data = {
        "shop": config.handle,
        "order_id": str(order.id),
        "order": order.name,
        "total": str(order.total),
        "currency": order.currency,
        "url": config.admin("orders", order.id),
    }
    await plugin.emit(name, "contact", contact, data)


async def customer_spent_over(
    contact: UUID,
    customer: int,
    values: Mapping[str, Any],
    account: ChannelAccount,
    plugin: PluginContext,
) -> None:
    """Tell ``shopify.customer_spent_over``: the amount has just passed the limit of the shop's settings."""
    config: ShopConfig = account.config
    data = {
        "shop": config.handle,
        "customer_id": str(customer),
        "spent": values["spent"],
        "currency": values["currency"],
        "over": config.spent_over,
        "url": config.admin("customers", customer),
    }
    await plugin.emit(CUSTOMER_SPENT_OVER, "contact", contact, data)
