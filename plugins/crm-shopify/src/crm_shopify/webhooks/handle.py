"""Working on a delivery: in a job, tried again after a failure, never twice once it is done."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

import msgspec
from msgspec import Struct

from crm_shopify.books import books
from crm_shopify.customers import keep_customers
from crm_shopify.forgetting import forget_customer
from crm_shopify.former import current, merge
from crm_shopify.orders import forget_order, keep_orders, keep_refund
from crm_shopify.refreshing import ORDERS_AFTER_MERGE, enqueue_refresh, enqueue_refresh_order
from crm_shopify.tables import ShopifyCustomer, key_of
from crm_shopify.webhooks import privacy
from crm_shopify.webhooks.payloads import (
    Deleted,
    EditedPayload,
    MergePayload,
    OfCustomer,
    OrderPayload,
    Person,
    PrivacyPayload,
    RefundPayload,
)
from crm_shopify.webhooks.signature import TOPIC, TRIGGERED_AT
from crmcore import ChannelAccount, InvalidValue, Label, PluginContext, RawDelivery

Handle = Callable[[RawDelivery, ChannelAccount, PluginContext], Awaitable[None]]
Payload = TypeVar("Payload", bound=Struct)

_NOT_UNDERSTOOD: Label = {
    "en": "The delivery is not what Shopify sends for the topic {topic}: {reason}",
    "ru": "Доставка не похожа на то, что Shopify шлёт для темы {topic}: {reason}",
}
_UNINSTALLED = {
    "en": "The app was uninstalled in Shopify. Connect the shop again to go on.",
    "ru": "Приложение удалено в Shopify. Чтобы продолжить, подключите магазин заново.",
}


async def handle(delivery: RawDelivery, account: ChannelAccount, plugin: PluginContext) -> None:
    """Do what the delivery's topic asks for; a topic that we did not ask for is left alone."""
    topic = delivery.headers.get(TOPIC, "").lower()
    found = TOPICS.get(topic)
    if found is None:
        plugin.log.info("shopify_topic_left_alone", topic=topic[:60])
        return
    await found(delivery, account, plugin)


async def _customer(delivery: RawDelivery, account: ChannelAccount, plugin: PluginContext) -> None:
    person = _decoded(delivery, Person)
    now = await current(account.id, person.id)
    if now != person.id:
        # Late news of a customer who was merged meanwhile: whoever was kept has the newer ones.
        await enqueue_refresh(account.id, now, plugin)
        return
    async with books(account.id, plugin):
        await keep_customers([person.facts()], account, plugin)
    # Newer versions leave the amount spent out of the delivery.
    if person.total_spent is None or person.orders_count is None or person.currency is None:
        await enqueue_refresh(account.id, person.id, plugin)


async def _customer_gone(delivery: RawDelivery, account: ChannelAccount, plugin: PluginContext) -> None:
    await forget_customer(_decoded(delivery, Deleted).id, account, plugin, remembered=True)


async def _about_customer(delivery: RawDelivery, account: ChannelAccount, plugin: PluginContext) -> None:
    id = await current(account.id, _decoded(delivery, OfCustomer).id)
    await enqueue_refresh(account.id, id, plugin)


async def _merged(delivery: RawDelivery, account: ChannelAccount, plugin: PluginContext) -> None:
    ids = _decoded(delivery, MergePayload).ids
    if ids is None:
        return
    async with books(account.id, plugin):
        await merge(*ids, account, plugin)
    await enqueue_refresh(account.id, ids[0], plugin, orders=ORDERS_AFTER_MERGE)


async def _order(delivery: RawDelivery, account: ChannelAccount, plugin: PluginContext) -> None:
    order = _decoded(delivery, OrderPayload)
    async with books(account.id, plugin):
        facts = order.facts()
        now = await current(account.id, facts.customer_id) if facts.customer_id else 0
        if order.customer is not None and now == facts.customer_id:
            # Who they are comes with the order; what they spent and when they changed is asked for below.
            person = msgspec.structs.replace(
                order.customer, orders_count=None, total_spent=None, updated_at=None
            )
            await _keep_new_customer(person, order.updated_at, account, plugin)
        await keep_orders([msgspec.structs.replace(facts, customer_id=now)], account, plugin)
    if now:
        await enqueue_refresh(account.id, now, plugin)


async def _keep_new_customer(
    person: Person, at: datetime, account: ChannelAccount, plugin: PluginContext
) -> None:
    """Keep a customer who is met for the first time, inside an order; others are left as they are."""
    if not await ShopifyCustomer.exists().where(ShopifyCustomer.key == key_of(account.id, person.id)):
        epoch = person.facts().changed_at
        facts = msgspec.structs.replace(person.facts(), changed_at=epoch, last_order_at=at)
        await keep_customers([facts], account, plugin)


async def _edited(delivery: RawDelivery, account: ChannelAccount, plugin: PluginContext) -> None:
    await enqueue_refresh_order(account.id, _decoded(delivery, EditedPayload).order_edit.order_id, plugin)


async def _order_gone(delivery: RawDelivery, account: ChannelAccount, plugin: PluginContext) -> None:
    async with books(account.id, plugin):
        await forget_order(_decoded(delivery, Deleted).id, account)


async def _refund(delivery: RawDelivery, account: ChannelAccount, plugin: PluginContext) -> None:
    refund = _decoded(delivery, RefundPayload)
    if refund.order_id is None:
        raise _not_understood(delivery, "order_id")
    async with books(account.id, plugin):
        await keep_refund(refund.order_id, refund.facts(), account)


async def _uninstalled(delivery: RawDelivery, account: ChannelAccount, plugin: PluginContext) -> None:
    connected = await plugin.store.get(f"connected:{account.id}", "")
    triggered = delivery.headers.get(TRIGGERED_AT, "")
    if connected and _moment(triggered) and _moment(triggered) < _moment(connected):
        # A late delivery of an installation that was made anew since.
        return
    await plugin.connections.update(
        account.id,
        {"access_token": None, "refresh_token": None, "previous_refresh_token": None, "expires_at": ""},
    )
    await plugin.connections.pause(account.id, _UNINSTALLED["en"])


async def _data_request(delivery: RawDelivery, account: ChannelAccount, plugin: PluginContext) -> None:
    await privacy.asked_for_data(_decoded(delivery, PrivacyPayload), delivery, account, plugin)


async def _customer_redact(delivery: RawDelivery, account: ChannelAccount, plugin: PluginContext) -> None:
    await privacy.redact_customer(_decoded(delivery, PrivacyPayload), account, plugin)


async def _shop_redact(delivery: RawDelivery, account: ChannelAccount, plugin: PluginContext) -> None:
    await privacy.redact_shop(account, plugin)


def _moment(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return 0.0


def _decoded(delivery: RawDelivery, type: type[Payload]) -> Payload:
    try:
        return msgspec.json.decode(delivery.body, type=type, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
        raise _not_understood(delivery, str(error)) from error


def _not_understood(delivery: RawDelivery, reason: str) -> InvalidValue:
    topic = delivery.headers.get(TOPIC, "")[:60]
    return InvalidValue(_NOT_UNDERSTOOD, code="not_understood", topic=topic, reason=reason[:200])


_CUSTOMER_TOPICS = ("customers/create", "customers/update", "customers/enable", "customers/disable")
_ABOUT_CUSTOMER_TOPICS = (
    "customers/purchasing_summary",
    "customers_email_marketing_consent/update",
    "customer.tags_added",
    "customer.tags_removed",
)
_ORDER_TOPICS = (
    "orders/create",
    "orders/updated",
    "orders/paid",
    "orders/cancelled",
    "orders/fulfilled",
    "orders/partially_fulfilled",
)

TOPICS: dict[str, Handle] = {
    **dict.fromkeys(_CUSTOMER_TOPICS, _customer),
    "customers/delete": _customer_gone,
    "customers/merge": _merged,
    **dict.fromkeys(_ABOUT_CUSTOMER_TOPICS, _about_customer),
    **dict.fromkeys(_ORDER_TOPICS, _order),
    "orders/edited": _edited,
    "orders/delete": _order_gone,
    "refunds/create": _refund,
    "app/uninstalled": _uninstalled,
    "customers/data_request": _data_request,
    "customers/redact": _customer_redact,
    "shop/redact": _shop_redact,
}

# The privacy topics are set in the app itself; Shopify takes no subscription to them.
SUBSCRIBED = tuple(topic for topic in TOPICS if not topic.endswith(("redact", "data_request")))
