"""The panel "Shopify orders": what the customer bought, without opening Shopify."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal

from crm_shopify import words
from crm_shopify.facts import OrderFacts
from crm_shopify.purchases import Purchases, purchases_of
from crm_shopify.settings import ShopifySettings
from crm_shopify.shop import KEY, ShopConfig
from crm_shopify.statuses import badges
from crm_shopify.trouble import ShopifyTrouble
from crmcore import (
    ActionRef,
    Badge,
    Block,
    ChannelAccount,
    Item,
    Items,
    Link,
    Money,
    Note,
    Num,
    Panel,
    PanelContent,
    PluginContext,
    Stat,
    Stats,
    Subject,
    Text,
    Value,
    When,
    text_of,
)

MOST_SHOPS = 5


async def load_orders(subject: Subject, plugin: PluginContext) -> PanelContent:
    """Return the orders of the contact whom the panel stands beside, of every shop that knows them."""
    settings: ShopifySettings = plugin.settings
    language = subject.language
    shops = [one for one in await plugin.connections.list(KEY) if one.config.connected][:MOST_SHOPS]
    if not shops:
        return PanelContent(status="setup", message=text_of(words.SETUP, language))
    contact = subject.contact or {}
    if not (contact.get("emails") or contact.get("phones") or contact.get("id")):
        return PanelContent(status="empty", message=text_of(words.NO_ADDRESS, language))
    asked = await asyncio.gather(
        *(purchases_of(contact, shop, settings.orders_shown, plugin) for shop in shops),
        return_exceptions=True,
    )
    failed = [one for one in asked if isinstance(one, BaseException)]
    for error in failed:
        if not isinstance(error, ShopifyTrouble):
            raise error
    found = [one for one in asked if isinstance(one, Purchases)]
    if not found and failed:
        return PanelContent(status="error", message=_sentence(failed[0], language))
    if not found:
        return PanelContent(
            status="empty", message=text_of(words.NO_CUSTOMER, language), fetched_at=plugin.now()
        )
    # Who was asked about two customers wants to see the better one first.
    found.sort(key=lambda one: one.customer.spent or 0, reverse=True)
    several = len(shops) > 1
    blocks: list[Block] = []
    for one in found:
        blocks += _of_shop(one, language, named=several)
    blocks += [Note(_sentence(error, language), "warn") for error in failed]
    best = found[0]
    return PanelContent(
        blocks=tuple(blocks),
        badge=_mark(found, language),
        link=Link(text_of(words.OPEN, language), _config(best.account).admin("customers", best.customer.id)),
        fetched_at=plugin.now(),
        actions=tuple(ActionRef("coupon", item=f"{one.account.id}:{one.customer.id}") for one in found[:1]),
    )


def _sentence(error: BaseException, language: str) -> str:
    return error.sentence(language) if isinstance(error, ShopifyTrouble) else str(error)


def _config(account: ChannelAccount) -> ShopConfig:
    config: ShopConfig = account.config
    return config


def _of_shop(one: Purchases, language: str, *, named: bool) -> list[Block]:
    blocks: list[Block] = []
    if _config(one.account).demo:
        blocks.append(Note(text_of(words.DEMO, language), "violet"))
    if one.trouble is not None:
        reason = one.trouble.sentence(language)
        blocks.append(Note(text_of(words.AS_KEPT, language, reason=reason), "warn"))
    if named:
        blocks.append(Note(one.account.name))
    return [*blocks, _figures(one, language), _order_list(one, language)]


def _figures(one: Purchases, language: str) -> Stats:
    customer = one.customer
    figures = []
    if customer.spent is not None and customer.currency:
        figures.append(Stat(text_of(words.SPENT, language), Money(customer.spent, customer.currency)))
    figures.append(Stat(text_of(words.ORDERS, language), Num(customer.orders_count or 0)))
    return Stats(items=tuple(figures))


def _order_list(one: Purchases, language: str) -> Items:
    items = tuple(_item(order, one.account, language) for order in one.orders)
    return Items(items=items, empty=text_of(words.NO_ORDERS, language))


def _item(order: OrderFacts, account: ChannelAccount, language: str) -> Item:
    latest = max(order.parcels, key=lambda parcel: parcel.at, default=None)
    values: list[Value] = [
        Money(order.total, order.currency),
        When(order.ordered_at, style="date"),
        *badges(
            order.payment,
            order.delivery,
            cancelled=order.cancelled_at is not None,
            parcel=latest.state if latest else "",
            language=language,
        ),
    ]
    refunded = sum((Decimal(refund.amount) for refund in order.refunds), Decimal())
    if refunded:
        amount = f"{refunded:.2f} {order.currency}"
        values.append(Badge(text_of(words.REFUNDED, language, amount=amount), "neutral"))
    for parcel in order.parcels[-2:]:
        number = " ".join(filter(None, (parcel.company, parcel.number))) or text_of(words.PARCEL, language)
        label = text_of(words.TRACKING, language, number=number[:60])
        if parcel.url.startswith("https://"):
            values.append(Link(label, parcel.url))
        elif parcel.number:
            values.append(Text(number[:60]))
    return Item(
        title=order.name[:60],
        subtitle=order.items[:120],
        meta=tuple(values),
        href=_config(account).admin("orders", order.id),
        actions=(_refund(order, account, language),) if _refundable(order) else (),
    )


def _refund(order: OrderFacts, account: ChannelAccount, language: str) -> ActionRef:
    """Return the button with the order's number on it, so that the dialog says which order it is about."""
    label = text_of(words.REFUND_ORDER, language, name=order.name[:30])
    return ActionRef("refund", label, f"{account.id}:{order.id}")


def _refundable(order: OrderFacts) -> bool:
    return order.payment in ("PAID", "PARTIALLY_PAID", "PARTIALLY_REFUNDED")


def _mark(found: Sequence[Purchases], language: str) -> Badge | None:
    if any(one.valuable for one in found):
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
