"""Asking Shopify anew for one customer, because something about them was told."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm_shopify.answers import CustomerAnswer
from crm_shopify.books import books
from crm_shopify.client import ask
from crm_shopify.customers import keep_customers, match_contact
from crm_shopify.facts import customer_facts, order_facts
from crm_shopify.forgetting import forget_customer
from crm_shopify.orders import keep_orders
from crm_shopify.queries import CUSTOMER_WITH_ORDERS
from crm_shopify.shop import KEY
from crm_shopify.trouble import ShopifyTrouble
from crmcore import ChannelAccount, Job, PluginContext, Retry

REFRESH, MATCH = "refresh_customer", "match_contact"
ORDERS = 10
# Several deliveries about one order come within a second or two: one question is enough.
SETTLE_S = 3.0


async def enqueue_refresh(account: UUID, customer: int, plugin: PluginContext) -> None:
    """Ask for this customer soon, once however often it is said until then."""
    payload = {"account": str(account), "customer": customer}
    await plugin.enqueue(REFRESH, payload, key=f"{account}:{customer}", delay_s=SETTLE_S)


async def account_of(id: UUID, plugin: PluginContext) -> ChannelAccount | None:
    """Return the shop's account as long as it works: not paused, and its settings fit."""
    return next((one for one in await plugin.connections.list(KEY) if one.id == id), None)


async def refresh(payload: Mapping[str, Any], plugin: PluginContext) -> None:
    """Keep what Shopify says of the customer now, with the latest orders."""
    account = await account_of(UUID(payload["account"]), plugin)
    if account is None:
        return
    id = int(payload["customer"])
    variables = {"identifier": {"id": gid("Customer", id)}, "orders": ORDERS}
    try:
        answer = await ask(account, plugin, CUSTOMER_WITH_ORDERS, variables, CustomerAnswer, patience_s=20.0)
    except ShopifyTrouble as error:
        raise again(error) from error
    customer = answer.customer_by_identifier
    if customer is None:
        await forget_customer(id, account, plugin)
        return
    async with books(account.id, plugin):
        await keep_customers([customer_facts(customer)], account, plugin)
        await keep_orders([order_facts(one, id) for one in customer.orders.nodes], account, plugin)


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
MATCH_JOB = Job(
    key=MATCH,
    run=match,
    label={"en": "Join a contact with its Shopify customers", "ru": "Связать контакт с клиентами Shopify"},
    priority="high",
)
