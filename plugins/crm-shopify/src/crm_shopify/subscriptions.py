"""The webhook subscriptions of a shop, made when they are missing: Shopify drops those that fail for hours."""

from crm_shopify.answers import SubscribeAnswer, SubscriptionsAnswer
from crm_shopify.client import ask, refuse_errors
from crm_shopify.queries import SUBSCRIBE, SUBSCRIPTIONS
from crm_shopify.trouble import NOT_ALLOWED, REFUSED, ShopifyTrouble
from crmcore import ChannelAccount, PluginContext

TOPICS = (
    "APP_UNINSTALLED",
    "CUSTOMERS_CREATE",
    "CUSTOMERS_UPDATE",
    "CUSTOMERS_DELETE",
    "CUSTOMERS_ENABLE",
    "CUSTOMERS_DISABLE",
    "CUSTOMERS_MERGE",
    "CUSTOMERS_PURCHASING_SUMMARY",
    "CUSTOMERS_EMAIL_MARKETING_CONSENT_UPDATE",
    "CUSTOMER_TAGS_ADDED",
    "CUSTOMER_TAGS_REMOVED",
    "ORDERS_CREATE",
    "ORDERS_UPDATED",
    "ORDERS_EDITED",
    "ORDERS_PAID",
    "ORDERS_CANCELLED",
    "ORDERS_FULFILLED",
    "ORDERS_PARTIALLY_FULFILLED",
    "ORDERS_DELETE",
    "REFUNDS_CREATE",
)
"""What a shop is asked to tell. The privacy topics are set in the app: Shopify takes no subscription to them."""

LEFT_OUT = {
    "CUSTOMERS_MARKETING_CONSENT_UPDATE": "consent to text messages is not kept: nothing here sends any",
    "CUSTOMERS_WHATS_APP_MARKETING_CONSENT_UPDATE": "consent to WhatsApp is not kept: nothing here sends to it",
    "ORDERS_LINK_REQUESTED": "Shopify sends the customer a new link by itself; nothing of the order changes",
    "ORDERS_RISK_ASSESSMENT_CHANGED": "the risk of an order is neither kept nor shown",
    "ORDERS_SHOPIFY_PROTECT_ELIGIBILITY_CHANGED": "Shopify's own insurance of an order is neither kept nor shown",
}
"""Topics about orders and customers that a shop is not asked to tell, and why."""

# An app may lack their scopes: the shop works without them.
_OPTIONAL = frozenset({"CUSTOMERS_MERGE"})
_MOST_PAGES = 10


async def subscribe(account: ChannelAccount, plugin: PluginContext) -> int:
    """Make the subscriptions that are missing and return how many; raises :class:`ShopifyTrouble`.

    One that Shopify refuses keeps no other from being made: why, is raised at the end.

    Without a client secret nothing could be verified, and an address that is not https is none for Shopify: then
    none are made, and the nightly reconciliation finds what has changed.
    """
    uri = plugin.url_for(f"/hooks/{account.id}")
    if not account.config.client_secret or not (uri.startswith("https://") or account.config.demo):
        return 0
    there = await _there(account, uri, plugin)
    made, refused = 0, None
    for topic in (one for one in TOPICS if one not in there):
        variables = {"topic": topic, "uri": uri}
        try:
            answer = await ask(account, plugin, SUBSCRIBE, variables, SubscribeAnswer, patience_s=20.0)
            refuse_errors(answer.webhook_subscription_create.user_errors)
        except ShopifyTrouble as error:
            if error.label not in (REFUSED, NOT_ALLOWED):
                raise
            plugin.log.info("shopify_topic_refused", topic=topic, reason=str(error))
            refused = refused if topic in _OPTIONAL else error
        else:
            made += 1
    if refused is not None:
        raise refused
    return made


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
