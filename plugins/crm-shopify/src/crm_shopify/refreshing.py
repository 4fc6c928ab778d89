"""Asking Shopify anew for one customer, because something about them was told."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm_shopify.answers import CustomerAnswer, OrderAnswer
from crm_shopify.books import books
from crm_shopify.client import ask
from crm_shopify.customers import keep_customers, match_contact
from crm_shopify.facts import customer_facts, order_facts
from crm_shopify.forgetting import forget_customer
from crm_shopify.orders import forget_order, keep_orders
from crm_shopify.queries import CUSTOMER_WITH_ORDERS, ORDER
from crm_shopify.shop import KEY
from crm_shopify.trouble import ShopifyTrouble
from crmcore import ChannelAccount, Job, PluginContext, Retry

REFRESH, REFRESH_ORDER, MATCH = "refresh_customer", "refresh_order", "match_contact"
ORDERS = 10
# A customer into whom another was merged: the other's orders are theirs now.
ORDERS_AFTER_MERGE = 50
# Several deliveries about one order come within a second or two: one question is enough.
SETTLE_S = 3.0


async def enqueue_refresh(
    account: UUID, customer: int, plugin: PluginContext, *, orders: int = ORDERS
) -> None:
    """Ask for this customer soon, with the latest ``orders``, once however often it is said until then."""
    payload = {"account": str(account), "customer": customer, "orders": orders}
    key = f"{account}:{customer}" if orders == ORDERS else f"{account}:{customer}:{orders}"
    await plugin.enqueue(REFRESH, payload, key=key, delay_s=SETTLE_S)


async def enqueue_refresh_order(account: UUID, order: int, plugin: PluginContext) -> None:
    """Ask for this order soon, once however often it is said until then."""
    payload = {"account": str(account), "order": order}
    await plugin.enqueue(REFRESH_ORDER, payload, key=f"{account}:{order}", delay_s=SETTLE_S)


async def account_of(id: UUID, plugin: PluginContext) -> ChannelAccount | None:
    """Return the shop's account as long as it works: not paused, and its settings fit."""
    return next((one for one in await plugin.connections.list(KEY) if one.id == id), None)


async def refresh(payload: Mapping[str, Any], plugin: PluginContext) -> None:
    """Keep what Shopify says of the customer now, with the latest orders."""
    account = await account_of(UUID(payload["account"]), plugin)
    if account is None:
        return
    id = int(payload["customer"])
    variables = {"identifier": {"id": gid("Customer", id)}, "orders": int(payload.get("orders", ORDERS))}
    try:
        answer = await ask(account, plugin, CUSTOMER_WITH_ORDERS, variables, CustomerAnswer, patience_s=20.0)
    except ShopifyTrouble as error:
        raise again(error) from error
    customer = answer.customer_by_identifier
    if customer is None:
        await forget_customer(id, account, plugin, remembered=True)
        return
    async with books(account.id, plugin):
        await keep_customers([customer_facts(customer)], account, plugin)
        await keep_orders([order_facts(one, id) for one in customer.orders.nodes], account, plugin)


async def refresh_order(payload: Mapping[str, Any], plugin: PluginContext) -> None:
    """Keep what Shopify says of the order now; it is forgotten where Shopify knows it no more."""
    account = await account_of(UUID(payload["account"]), plugin)
    if account is None:
        return
    id = int(payload["order"])
    try:
        answer = await ask(account, plugin, ORDER, {"id": gid("Order", id)}, OrderAnswer, patience_s=20.0)
    except ShopifyTrouble as error:
        raise again(error) from error
    async with books(account.id, plugin):
        if answer.order is None:
            await forget_order(id, account)
            return
        await keep_orders([order_facts(answer.order)], account, plugin)
    if answer.order.customer is not None:
        await enqueue_refresh(account.id, answer.order.customer.legacy_resource_id, plugin)


async def match(payload: Mapping[str, Any], plugin: PluginContext) -> None:
    """Join the customers that are the contact's."""
    await match_contact(UUID(payload["contact"]), plugin)


def gid(kind: str, id: int) -> str:
    """Return Shopify's global id of a customer, an order, a transaction."""
    return f"gid://shopify/{kind}/{id}"


def again(error: ShopifyTrouble) -> Exception:
    """Return what a job raises: with Shopify's own delay where there is one, else with the queue's."""
    return Retry(str(error), after_s=error.later_s) if error.later_s else error


REFRESH_JOB = Job(
    key=REFRESH,
    run=refresh,
    label={"en": "Ask Shopify for a customer", "ru": "Спросить Shopify о клиенте"},
    at_once=2,
    timeout_s=90.0,
)
REFRESH_ORDER_JOB = Job(
    key=REFRESH_ORDER,
    run=refresh_order,
    label={"en": "Ask Shopify for an order", "ru": "Спросить Shopify о заказе"},
    at_once=2,
    timeout_s=90.0,
)
MATCH_JOB = Job(
    key=MATCH,
    run=match,
    label={"en": "Join a contact with its Shopify customers", "ru": "Связать контакт с клиентами Shopify"},
    priority="high",
)
