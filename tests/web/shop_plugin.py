"""A plugin for the tests of the pages: panels in every state, a chat channel, fields; some of it is hostile."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct

from crmcore import (
    Badge,
    Capabilities,
    Channel,
    ChannelAccount,
    Column,
    CustomField,
    Forged,
    InboundMessage,
    InboundRequest,
    InvalidValue,
    Item,
    Items,
    KeyValue,
    KeyValues,
    Link,
    Money,
    Note,
    Num,
    Panel,
    PanelContent,
    PluginContext,
    RawDelivery,
    Ref,
    Secret,
    Settings,
    Stat,
    Stats,
    Subject,
    Table,
    Text,
    Validator,
    Verified,
    When,
    hookimpl,
)

HOSTILE = "<script>alert(1)</script>\" onmouseover='x' </textarea>"
ANSWERS = {"calls": 0}


async def orders(subject: Subject, plugin: PluginContext) -> PanelContent:
    """Return a customer's orders, as a shop's plugin would."""
    ru = subject.language == "ru"
    paid = Badge("Оплачен" if ru else "Paid", "ok")
    return PanelContent(
        badge=Badge("VIP", "violet"),
        link=Link("Клиент в магазине" if ru else "Customer in the shop", "https://shop.example/customers/7"),
        blocks=(
            Stats(
                (
                    Stat("Всего" if ru else "Lifetime", Money(Decimal("1284.50"), "EUR")),
                    Stat("Заказы" if ru else "Orders", Num(9)),
                    Stat("Возвраты" if ru else "Returns", Num(1), "warn"),
                )
            ),
            Items(
                (
                    Item(
                        "#10482",
                        "Кофемолка K40, жернова 64 мм" if ru else "Grinder K40, burr set 64 mm",
                        (
                            Money(Decimal("419"), "EUR"),
                            paid,
                            Badge("В пути" if ru else "In transit", "accent"),
                        ),
                        "https://shop.example/orders/10482",
                    ),
                    Item(
                        "#10311",
                        "Эфиопия Гуджи 1 кг × 2" if ru else "Ethiopia Guji 1 kg × 2",
                        (Money(Decimal("64"), "EUR"), paid, Badge("Доставлен" if ru else "Delivered")),
                        "https://shop.example/orders/10311",
                    ),
                )
            ),
        ),
    )


async def calls(subject: Subject, plugin: PluginContext) -> PanelContent:
    """Fail after the first answer, so that the page shows it with its age."""
    ANSWERS["calls"] += 1
    if ANSWERS["calls"] > 1:
        raise ConnectionError("the exchange is away")
    missed = "Пропущенный звонок" if subject.language == "ru" else "Missed call"
    return PanelContent(
        blocks=(Items((Item(missed, "24 s", (When(plugin.now() - timedelta(minutes=38)),)),)),)
    )


async def newsletter(subject: Subject, plugin: PluginContext) -> PanelContent:
    return PanelContent(status="setup", message="Enter the newsletter’s key.")


async def nothing(subject: Subject, plugin: PluginContext) -> PanelContent:
    return PanelContent(status="empty", message="Nobody with this e-mail has an account there.")


async def erp(subject: Subject, plugin: PluginContext) -> PanelContent:
    raise RuntimeError("ERP is down")


async def slow(subject: Subject, plugin: PluginContext) -> PanelContent:
    await asyncio.sleep(5)
    return PanelContent()


async def hostile(subject: Subject, plugin: PluginContext) -> PanelContent:
    """Return what a plugin might pass on from strangers."""
    return PanelContent(
        badge=Badge(HOSTILE),
        link=Link(HOSTILE, "javascript:alert(1)"),
        blocks=(
            KeyValues(
                (KeyValue(HOSTILE, Text(HOSTILE)), KeyValue("ref", Ref("contact", subject.id, HOSTILE)))
            ),
            Items((Item(HOSTILE, HOSTILE, (Money(Decimal("1"), "<b>"),), "data:text/html,x"),)),
            Table(HOSTILE, (Column(HOSTILE),), ((Link("l", 'https://ok.example/"onload=x'),),)),
            Note(HOSTILE, "bad"),
        ),
    )


@hookimpl
def register_panels() -> list[Panel]:
    title = {"en": "Shop orders", "ru": "Заказы в магазине"}
    return [
        Panel(key="orders", title=title, load=orders, icon="shopping-bag", order=10),
        Panel(
            key="calls", title={"en": "Calls", "ru": "Звонки"}, load=calls, icon="phone", order=20, ttl_s=0
        ),
        Panel(key="newsletter", title="Newsletter", load=newsletter, icon="megaphone", order=30),
        Panel(key="nothing", title="Accounts", load=nothing, order=40, slots=("contact",)),
        Panel(key="erp", title="ERP", load=erp, icon="no-such-icon", order=50),
        Panel(key="slow", title="Slow", load=slow, order=60, slots=("company",), timeout_s=0.1),
        Panel(key="hostile", title=HOSTILE, load=hostile, order=70, slots=("contact",)),
    ]


def verify(request: InboundRequest, account: ChannelAccount) -> Verified:
    raise Forged


def parse(delivery: RawDelivery, account: ChannelAccount) -> list[InboundMessage]:
    return []


@hookimpl
def register_channels() -> list[Channel]:
    return [
        Channel(
            key="shop_chat",
            label={"en": "Chat", "ru": "Чат"},
            verify=verify,
            parse=parse,
            capabilities=Capabilities(reply=True, max_length=20, reply_window_s=3600),
            icon="message-circle",
        )
    ]


@hookimpl
def register_custom_fields() -> list[CustomField]:
    return [
        CustomField(
            record_type="contact",
            key="shop_tier",
            label={"en": "Shop tier", "ru": "Уровень"},
            read_only=True,
            group="Shop",
        )
    ]


class ShopSettings(Struct, frozen=True, kw_only=True):
    address: str = ""
    key: Secret = ""
    pages: int = 1


def _letter(value: str, options: Mapping[str, Any]) -> str:
    if not value.startswith(options.get("letter", "")):
        raise InvalidValue({"en": "It begins otherwise.", "ru": "Начинается иначе."}, code="letter")
    return value


@hookimpl
def register_validators() -> list[Validator]:
    options = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "letter": {"type": "string", "maxLength": 1, "x-crm": {"label": {"en": "Letter", "ru": "Буква"}}},
            "length": {"enum": [4, 6]},
            "loud": {"type": "boolean", "default": False},
        },
    }
    return [
        Validator(
            key="shop_letter", label={"en": "Letter", "ru": "Буква"}, check=_letter, options_schema=options
        ),
        Validator(
            key="shop-secret",
            label={"en": "Secret number", "ru": "Тайный номер"},
            check=lambda value, options: value,
            sensitive=True,
            shown_last=4,
        ),
    ]


@hookimpl
def register_settings() -> Settings:
    return Settings(type=ShopSettings, title={"en": "Shop", "ru": "Магазин"})
