"""The page "Shopify": how the shops stand, and who the most valuable customers are."""

from decimal import Decimal

from crm_shopify import words
from crm_shopify.shop import KEY, ShopConfig
from crm_shopify.syncing import Sync, standing
from crm_shopify.tables import ShopifyCustomer
from crmcore import (
    Badge,
    Block,
    ChannelAccount,
    Column,
    Label,
    Link,
    Meter,
    Money,
    Note,
    Num,
    Page,
    PageContent,
    PageRequest,
    PluginContext,
    Ref,
    Table,
    Text,
    Value,
    When,
    text_of,
)

SHOWN = 50

_TITLE: Label = {"en": "Shopify", "ru": "Shopify"}
_BEST: Label = {"en": "Customers who spent most", "ru": "Клиенты, потратившие больше всех"}
_CUSTOMER: Label = {"en": "Customer", "ru": "Клиент"}
_MARK: Label = {"en": "Mark", "ru": "Отметка"}
_SHOP: Label = {"en": "Shop", "ru": "Магазин"}
_FETCHING: Label = {"en": "Fetching customers and orders", "ru": "Загрузка клиентов и заказов"}
_WAITS: Label = {"en": "{shop}: {reason} It goes on by itself.", "ru": "{shop}: {reason} Продолжится само."}
_NOT_YET: Label = {
    "en": "{shop}: the first import has not begun.",
    "ru": "{shop}: первый импорт ещё не начался.",
}
_NOBODY: Label = {"en": "No customers yet.", "ru": "Клиентов пока нет."}


async def load_page(request: PageRequest, plugin: PluginContext) -> PageContent:
    """Return where the fetching of each shop stands, then the customers; contacts only to whom may see them."""
    shops = list(await plugin.connections.list(KEY))
    if not shops:
        return PageContent(blocks=(Note(text_of(words.SETUP, request.language)),))
    blocks: list[Block] = []
    if any(shop.config.demo for shop in shops):
        blocks.append(Note(text_of(words.DEMO, request.language), "violet"))
    for shop in shops:
        blocks += _state(shop, await standing(shop.id, plugin), request.language)
    return PageContent(blocks=(*blocks, await _best(shops, request, plugin)))


def _state(shop: ChannelAccount, sync: Sync | None, language: str) -> list[Block]:
    if sync is None:
        return [Note(text_of(_NOT_YET, language, shop=shop.name))]
    if sync.trouble:
        return [Note(text_of(_WAITS, language, shop=shop.name, reason=sync.trouble), "warn")]
    if sync.phase != "done":
        caption = f"{sync.done} / {sync.total}" if sync.total else str(sync.done)
        label = f"{shop.name}: {text_of(_FETCHING, language)}"
        return [Meter(label, float(sync.done), float(max(sync.total, sync.done, 1)), caption=caption)]
    return []


async def _best(shops: list[ChannelAccount], request: PageRequest, plugin: PluginContext) -> Block:
    language = request.language
    names = {shop.id: shop.name for shop in shops}
    several = len(shops) > 1
    rows = (
        await ShopifyCustomer.select()
        .where(ShopifyCustomer.account.is_in(list(names)), ShopifyCustomer.contact.is_not_null())
        .order_by(ShopifyCustomer.spent_cents, ascending=False)
        .order_by(ShopifyCustomer.key)
        .limit(SHOWN)
    )
    ids = [str(row["contact"]) for row in rows]
    seen = plugin.records.seen_by(request.actor)
    found = await seen.find("contact", {"field": "id", "op": "in", "value": ids}, limit=SHOWN) if ids else []
    visible = {record.id for record in found}
    table: list[tuple[Value, ...]] = []
    for row in rows:
        if row["contact"] not in visible:
            continue
        config: ShopConfig = next(shop.config for shop in shops if shop.id == row["account"])
        badge: Value = (
            Badge(text_of(words.MOST_VALUABLE, language), "violet") if row["valuable"] else Text("")
        )
        last: Value = When(row["last_order_at"], style="date") if row["last_order_at"] else Text("")
        table.append(
            (
                Ref("contact", row["contact"], row["name"] or str(row["shopify_id"])),
                Money(Decimal(row["spent"]), row["currency"]) if row["currency"] else Text(""),
                Num(row["orders_count"]),
                last,
                badge,
                Link(names[row["account"]], config.admin("customers", row["shopify_id"])),
            )[: 6 if several else 5]
        )
    if not table:
        return Note(text_of(_NOBODY, language))
    columns = (
        Column(text_of(_CUSTOMER, language)),
        Column(text_of(words.SPENT, language), "end"),
        Column(text_of(words.ORDERS, language), "end"),
        Column(text_of(words.LAST_ORDER, language)),
        Column(text_of(_MARK, language)),
        Column(text_of(_SHOP, language)),
    )[: 6 if several else 5]
    return Table(caption=text_of(_BEST, language), columns=columns, rows=tuple(table))


CUSTOMERS_PAGE = Page(
    key="customers",
    title=_TITLE,
    load=load_page,
    icon="shopping-bag",
    permission="contact.read",
    order=600,
)
