"""The webhook subscriptions of a shop, made when they are missing: Shopify drops those that fail for hours."""

from crm_shopify.answers import SubscribeAnswer, SubscriptionsAnswer
from crm_shopify.client import ask, refuse_errors
from crm_shopify.queries import SUBSCRIBE, SUBSCRIPTIONS
from crmcore import ChannelAccount, PluginContext

TOPICS = (
    "APP_UNINSTALLED",
    "CUSTOMERS_CREATE",
    "CUSTOMERS_UPDATE",
    "CUSTOMERS_DELETE",
    "CUSTOMERS_ENABLE",
    "CUSTOMERS_DISABLE",
    "ORDERS_CREATE",
    "ORDERS_UPDATED",
    "ORDERS_PAID",
    "ORDERS_CANCELLED",
    "ORDERS_FULFILLED",
    "ORDERS_PARTIALLY_FULFILLED",
    "ORDERS_DELETE",
    "REFUNDS_CREATE",
)
"""What a shop is asked to tell. The privacy topics are set in the app: Shopify takes no subscription to them."""

_MOST_PAGES = 10


async def subscribe(account: ChannelAccount, plugin: PluginContext) -> int:
    """Make the subscriptions that are missing and return how many; raises :class:`ShopifyTrouble`.

    Without a client secret nothing could be verified, and an address that is not https is none for Shopify: then
    none are made, and the nightly reconciliation finds what has changed.
    """
    uri = plugin.url_for(f"/hooks/{account.id}")
    if not account.config.client_secret or not (uri.startswith("https://") or account.config.demo):
        return 0
    there = await _there(account, uri, plugin)
    missing = [topic for topic in TOPICS if topic not in there]
    for topic in missing:
        variables = {"topic": topic, "uri": uri}
        answer = await ask(account, plugin, SUBSCRIBE, variables, SubscribeAnswer, patience_s=20.0)
        refuse_errors(answer.webhook_subscription_create.user_errors)
    return len(missing)


async def _there(account: ChannelAccount, uri: str, plugin: PluginContext) -> set[str]:
    after: str | None = None
    found: set[str] = set()
    for _ in range(_MOST_PAGES):
        answer = await ask(
            account, plugin, SUBSCRIPTIONS, {"after": after}, SubscriptionsAnswer, patience_s=20.0
        )
        page = answer.webhook_subscriptions
        found |= {one.topic for one in page.nodes if one.uri == uri}
        if not page.page_info.has_next_page:
            break
        after = page.page_info.end_cursor
    return found
