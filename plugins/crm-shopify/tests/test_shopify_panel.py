"""The panel, from what Shopify answers to what the agent sees."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from crm_shopify.panel import ORDERS_PANEL
from crm_shopify.settings import ShopifySettings
from shopify_context import Context
from stand_in import NOW, TOKEN, Shopify, answer, recorded_customer

from crmcore import (
    Badge,
    HttpAnswer,
    Items,
    Link,
    Money,
    Num,
    OutgoingFailed,
    OutgoingRefused,
    PanelContent,
    Stats,
    Subject,
    When,
)


def subject(*emails: str, language: str = "en") -> Subject:
    """Return a contact with these addresses."""
    contact = {"emails": list(emails), "phones": [], "custom": {}}
    return Subject(record_type="contact", id=uuid4(), document=contact, contact=contact, language=language)


async def load(plugin: Any, *emails: str, language: str = "en") -> PanelContent:
    """Return the panel beside a contact with these addresses."""
    return await ORDERS_PANEL.load(subject(*emails, language=language), plugin)


async def test_shows_value_and_orders(plugin: Context, shopify: Shopify) -> None:
    shopify.customers = [recorded_customer()]
    content = await load(plugin, "bob.norman@hostmail.com")
    assert content.status == "ok"
    stats, orders = content.blocks
    assert isinstance(stats, Stats)
    assert isinstance(orders, Items)
    assert [stat.value for stat in stats.items] == [Money(Decimal("41.94"), "USD"), Num(1)]
    (order,) = orders.items
    assert order.title == "#1001"
    assert order.href == "https://admin.shopify.com/store/my-shop/orders/450789469"
    assert order.meta == (
        Money(Decimal("409.94"), "USD"),
        When(datetime(2008, 1, 10, 16, 0, tzinfo=UTC), style="date"),
        Badge("Authorised", "accent"),
        Badge("Not sent", "warn"),
    )
    assert content.badge is None
    assert content.link == Link(
        "Open in Shopify", "https://admin.shopify.com/store/my-shop/customers/207119551"
    )
    assert content.fetched_at == NOW


async def test_speaks_russian(plugin: Context, shopify: Shopify) -> None:
    shopify.customers = [recorded_customer()]
    content = await load(plugin, "bob.norman@hostmail.com", language="ru")
    stats, orders = content.blocks
    assert isinstance(stats, Stats)
    assert isinstance(orders, Items)
    assert [stat.label for stat in stats.items] == ["Всего покупок", "Заказов"]
    assert orders.items[0].meta[2:] == (Badge("Авторизован", "accent"), Badge("Не отправлен", "warn"))


@pytest.mark.parametrize(
    ("spent", "limit", "marked"), [("1000.00", 1000, True), ("999.99", 1000, False), ("5000", 0, False)]
)
async def test_most_valuable_customers_are_marked(
    spent: str, limit: int, marked: bool, plugin: Context, shopify: Shopify
) -> None:
    shopify.customers = [{**recorded_customer(), "amountSpent": {"amount": spent, "currencyCode": "EUR"}}]
    plugin.settings = msgspec.structs.replace(plugin.settings, most_valuable_from=limit)
    content = await load(plugin, "bob.norman@hostmail.com")
    assert content.badge == (Badge("Most valuable", "violet") if marked else None)


async def test_latest_orders_come_first_and_only_as_many_as_wanted(plugin: Context, shopify: Shopify) -> None:
    customer = recorded_customer()
    first = customer["orders"][0]
    customer["orders"] = [
        {**first, "name": f"#{number}", "createdAt": f"2026-01-{number:02}T10:00:00Z"}
        for number in range(1, 12)
    ]
    shopify.customers = [customer]
    _, orders = (await load(plugin, "bob.norman@hostmail.com")).blocks
    assert isinstance(orders, Items)
    assert [order.title for order in orders.items] == ["#11", "#10", "#9", "#8", "#7"]


async def test_a_cancelled_order_says_so(plugin: Context, shopify: Shopify) -> None:
    customer = recorded_customer()
    customer["orders"][0].update(
        cancelledAt="2026-01-02T10:00:00Z",
        displayFinancialStatus="REFUNDED",
        displayFulfillmentStatus="RESTOCKED",
    )
    shopify.customers = [customer]
    _, orders = (await load(plugin, "bob.norman@hostmail.com")).blocks
    assert isinstance(orders, Items)
    assert orders.items[0].meta[2:] == (Badge("Cancelled", "bad"), Badge("Refunded", "neutral"))


async def test_second_address_is_asked_when_the_first_is_unknown(plugin: Context, shopify: Shopify) -> None:
    shopify.customers = [recorded_customer()]
    content = await load(plugin, "bob@home.example", "bob.norman@hostmail.com")
    assert content.status == "ok"
    assert [asked["variables"]["email"] for asked in shopify.asked] == [
        "bob@home.example",
        "bob.norman@hostmail.com",
    ]


async def test_not_a_customer(plugin: Context, shopify: Shopify) -> None:
    content = await load(plugin, *(f"{n}@example.com" for n in range(9)))
    assert (content.status, content.message) == ("empty", "Not a customer of the shop yet.")
    assert len(shopify.asked) == 3


async def test_a_contact_without_an_address_costs_no_request(plugin: Context, shopify: Shopify) -> None:
    assert (await load(plugin)).status == "empty"
    nobody = Subject(record_type="conversation", id=uuid4(), document={}, contact=None)
    assert (await ORDERS_PANEL.load(nobody, plugin)).status == "empty"  # type: ignore[arg-type]
    assert shopify.asked == []


@pytest.mark.parametrize(
    "settings", [ShopifySettings(), ShopifySettings(shop="my-shop"), ShopifySettings(access_token="x")]
)
async def test_asks_to_be_set_up(settings: ShopifySettings, plugin: Context, shopify: Shopify) -> None:
    plugin.settings = settings
    content = await load(plugin, "bob.norman@hostmail.com")
    assert content.status == "setup"
    assert "settings" in content.message
    assert shopify.asked == []


THROTTLED = {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]}
DENIED = {"data": None, "errors": [{"message": "Access denied", "extensions": {"code": "ACCESS_DENIED"}}]}


@pytest.mark.parametrize(
    ("instead", "sentence"),
    [
        (answer(200, THROTTLED), "asks us to wait"),
        (answer(429, {"errors": "Exceeded 2 calls per second"}), "asks us to wait"),
        (answer(401, {"errors": "[API] Invalid API key"}), "does not accept the access token"),
        (
            answer(403, {"errors": "[API] This action requires merchant approval"}),
            "read_customers, read_orders",
        ),
        (answer(200, DENIED), "read_customers, read_orders"),
        (answer(402, {"errors": "Unavailable Shop"}), "closed or frozen"),
        (answer(404, {"errors": "Not Found"}), "There is no shop my-shop.myshopify.com"),
        (answer(301, "", location="https://elsewhere.example/"), "There is no shop my-shop.myshopify.com"),
        (answer(500, {}), "fault of its own (status 500)"),
        (answer(503, {}), "fault of its own (status 503)"),
        (answer(418, {}), "do not understand"),
        (answer(200, {"data": {"customerByIdentifier": 5}}), "do not understand"),
        (answer(200, {"errors": [{"message": "Field 'x' doesn't exist"}]}), "do not understand"),
        (answer(200, []), "do not understand"),
        (HttpAnswer(status=200, headers={}, body=b"<html>"), "do not understand"),
        (
            HttpAnswer(status=200, headers={}, body=b'{"data": {"customerByIdentifier": "\xff'),
            "do not understand",
        ),
        (OutgoingFailed("no answer within 4 s"), "did not answer in time"),
        (OutgoingRefused("private address"), "may not reach my-shop.myshopify.com: private address"),
    ],
)
async def test_trouble_is_a_clear_sentence(
    instead: HttpAnswer | Exception, sentence: str, plugin: Context, shopify: Shopify
) -> None:
    shopify.instead = instead
    content = await load(plugin, "bob.norman@hostmail.com")
    assert content.status == "error"
    assert sentence in content.message
    assert TOKEN not in repr(content) + repr(plugin.log.lines)
    in_russian = (await load(plugin, "bob.norman@hostmail.com", language="ru")).message
    assert in_russian != content.message
    assert in_russian.endswith((".", "private address"))


@pytest.mark.parametrize(
    "changes",
    [
        {"displayName": "x" * 100_000},
        {"amountSpent": {"amount": "NaN", "currencyCode": "USD"}},
        {"amountSpent": {"amount": "1E+400", "currencyCode": "USD"}},
        {"amountSpent": {"amount": "1E-400", "currencyCode": "USD"}},
        {"amountSpent": {"amount": "1", "currencyCode": "<b>"}},
        {"numberOfOrders": "-1"},
        {"legacyResourceId": "../../evil"},
        {"orders": {"nodes": "many"}},
    ],
    ids=str,
)
async def test_what_shopify_says_is_bounded(
    changes: dict[str, Any], plugin: Context, shopify: Shopify
) -> None:
    customer = {**recorded_customer(), "orders": {"nodes": []}, **changes}
    shopify.instead = answer(200, {"data": {"customerByIdentifier": customer}})
    content = await load(plugin, "bob.norman@hostmail.com")
    assert content.status == "error"
    assert len(content.message) < 200


async def test_a_newer_status_is_shown_as_shopify_spells_it(plugin: Context, shopify: Shopify) -> None:
    customer = recorded_customer()
    order = {
        **customer["orders"][0],
        "displayFulfillmentStatus": "FLYING_BY_DRONE",
        "displayFinancialStatus": None,
    }
    shopify.instead = answer(
        200, {"data": {"customerByIdentifier": {**customer, "orders": {"nodes": [order]}}}}
    )
    _, orders = (await load(plugin, "bob.norman@hostmail.com")).blocks
    assert isinstance(orders, Items)
    assert orders.items[0].meta[2:] == (Badge("Flying by drone", "neutral"),)


async def test_a_retired_version_is_noticed_in_the_log(plugin: Context, shopify: Shopify) -> None:
    shopify.instead = answer(
        200, {"data": {"customerByIdentifier": None}}, **{"x-shopify-api-version": "2027-07"}
    )
    await load(plugin, "bob.norman@hostmail.com")
    assert plugin.log.lines == [("shopify_version_retired", {"asked": "2026-07", "answered": "2027-07"})]
