"""The panel "Shopify orders": what the customer bought, without opening Shopify."""

from collections.abc import Sequence

from crm_shopify import words
from crm_shopify.answers import Customer, CustomerAnswer, Order
from crm_shopify.client import ask
from crm_shopify.queries import CUSTOMER_WITH_ORDERS
from crm_shopify.settings import ShopifySettings
from crm_shopify.statuses import badges
from crm_shopify.trouble import ShopifyTrouble
from crmcore import (
    Badge,
    Item,
    Items,
    Link,
    Num,
    Panel,
    PanelContent,
    PluginContext,
    Stat,
    Stats,
    Subject,
    When,
    text_of,
)

MOST_ADDRESSES = 3  # a question each, until Shopify knows one of them


async def load_orders(subject: Subject, plugin: PluginContext) -> PanelContent:
    """Return the orders of the contact whom the panel stands beside."""
    settings: ShopifySettings = plugin.settings
    language = subject.language
    if not settings.configured:
        return PanelContent(status="setup", message=text_of(words.SETUP, language))
    addresses = [str(address) for address in (subject.contact or {}).get("emails") or ()]
    if not addresses:
        return PanelContent(status="empty", message=text_of(words.NO_ADDRESS, language))
    try:
        customer = await _find_customer(addresses[:MOST_ADDRESSES], settings.orders_shown, plugin)
    except ShopifyTrouble as error:
        return PanelContent(status="error", message=error.sentence(language))
    if customer is None:
        return PanelContent(
            status="empty", message=text_of(words.NO_CUSTOMER, language), fetched_at=plugin.now()
        )
    return PanelContent(
        blocks=(_figures(customer, language), _order_list(customer.orders.nodes, settings, language)),
        badge=_mark(customer, settings, language),
        link=Link(
            text_of(words.OPEN, language),
            f"https://admin.shopify.com/store/{settings.handle}/customers/{customer.legacy_resource_id}",
        ),
        fetched_at=plugin.now(),
    )


async def _find_customer(addresses: Sequence[str], orders: int, plugin: PluginContext) -> Customer | None:
    for address in addresses:
        variables = {"email": address, "orders": orders}
        answer = await ask(plugin, CUSTOMER_WITH_ORDERS, variables, CustomerAnswer)
        if answer.customer_by_identifier is not None:
            return answer.customer_by_identifier
    return None


def _figures(customer: Customer, language: str) -> Stats:
    return Stats(
        items=(
            Stat(text_of(words.SPENT, language), customer.amount_spent.money()),
            Stat(text_of(words.ORDERS, language), Num(customer.number_of_orders)),
        )
    )


def _order_list(orders: Sequence[Order], settings: ShopifySettings, language: str) -> Items:
    return Items(
        items=tuple(
            Item(
                title=order.name[:60],
                meta=(
                    order.total.money(),
                    When(order.created_at, style="date"),
                    *badges(order, language),
                ),
                href=f"https://admin.shopify.com/store/{settings.handle}/orders/{order.legacy_resource_id}",
            )
            for order in orders[: settings.orders_shown]
        ),
        empty=text_of(words.NO_ORDERS, language),
    )


def _mark(customer: Customer, settings: ShopifySettings, language: str) -> Badge | None:
    limit = settings.most_valuable_from
    if limit and customer.amount_spent.amount >= limit:
        return Badge(text_of(words.MOST_VALUABLE, language), "violet")
    return None


ORDERS_PANEL = Panel(
    key="orders",
    title=words.TITLE,
    load=load_orders,
    slots=("conversation", "contact"),
    icon="shopping-bag",
    order=200,
    ttl_s=120,
    timeout_s=6.0,
)
