"""The panel, from what Shopify answers to what the agent sees."""

import json
from decimal import Decimal
from typing import Any

from crm_shopify.check import check_health
from crm_shopify.panel import ORDERS_PANEL
from crm_shopify.standin.documents import bag
from shopify_workspace import ADMIN, SHOP, Workspace, bob, order_worth

from crmcore import (
    ActionRef,
    Badge,
    Items,
    Link,
    Money,
    Note,
    Num,
    OutgoingFailed,
    OutgoingRefused,
    PanelContent,
    Stats,
    text_of,
)

PARCEL = {
    "legacyResourceId": "1",
    "createdAt": "2026-11-13T12:00:00+00:00",
    "deliveredAt": None,
    "displayStatus": "IN_TRANSIT",
    "trackingInfo": [{"company": "UPS", "number": "1Z2345", "url": "https://ups.example/1Z2345"}],
}


def blocks(content: PanelContent) -> tuple[Stats, Items]:
    """Return figures and orders, and that the rest is the note of the demo."""
    note, stats, orders = content.blocks
    assert isinstance(note, Note)
    assert isinstance(stats, Stats)
    assert isinstance(orders, Items)
    return stats, orders


async def test_shows_value_orders_refunds_and_parcels(here: Workspace) -> None:
    contact = await here.contact("bob@example.com")
    sent = order_worth(1, "900", displayFulfillmentStatus="FULFILLED", fulfillments=[PARCEL])
    back = order_worth(
        2,
        "200.50",
        displayFinancialStatus="PARTIALLY_REFUNDED",
        totalRefundedSet=bag("50"),
        refunds=[{"legacyResourceId": "9", "createdAt": None, "totalRefundedSet": bag("50")}],
    )
    gone = order_worth(3, "10", cancelledAt="2026-11-10T12:00:00+00:00", displayFinancialStatus="VOIDED")
    here.server.shop.customers = [bob(sent, back, gone)]
    content = await here.panel(contact)
    assert content.status == "ok"
    stats, orders = blocks(content)
    assert [stat.value for stat in stats.items] == [Money(Decimal("1060.50"), "EUR"), Num(3)]
    account = (await here.account()).id
    first, second, third = orders.items
    assert (first.title, first.href) == (
        "#1001",
        f"https://admin.shopify.com/store/{SHOP}/orders/5100000001",
    )
    assert first.meta[0] == Money(Decimal("900"), "EUR")
    assert first.meta[2:] == (
        Badge("Paid", "ok"),
        Badge("In transit", "accent"),
        Link("Track UPS 1Z2345", "https://ups.example/1Z2345"),
    )
    assert first.actions == (ActionRef("refund", "Refund #1001", f"{account}:5100000001"),)
    assert second.meta[2:] == (
        Badge("Partly refunded", "neutral"),
        Badge("Not sent", "warn"),
        Badge("50.00 EUR refunded", "neutral"),
    )
    assert third.meta[2:] == (Badge("Cancelled", "bad"), Badge("Voided", "neutral"))
    assert third.actions == ()
    assert content.badge == Badge("Most valuable", "violet")
    assert content.link == Link(
        "Open in Shopify", f"https://admin.shopify.com/store/{SHOP}/customers/7200000001"
    )
    assert content.actions == (ActionRef("coupon", item=f"{account}:7200000001"),)
    in_russian = await here.panel(contact, "ru")
    stats, orders = blocks(in_russian)
    assert [stat.label for stat in stats.items] == ["Всего покупок", "Заказов"]
    assert orders.items[0].meta[3] == Badge("В пути", "accent")


async def test_customers_are_found_by_any_address_phone_and_number(here: Workspace) -> None:
    here.server.shop.customers = [bob(order_worth(1, "10")), bob(email="", phone="+14155552671", number=2)]
    second = await here.contact("home@example.com", "bob@example.com")
    assert (await here.panel(second)).status == "ok"
    asked = [one["variables"]["identifier"] for one in here.server.asked]
    assert asked == [{"emailAddress": "home@example.com"}, {"emailAddress": "bob@example.com"}]
    # Who was found is kept, and asked for by number from then on.
    await here.work(5)
    here.server.asked.clear()
    await here.panel(second)
    assert [one["variables"]["identifier"] for one in here.server.asked] == [
        {"id": "gid://shopify/Customer/7200000001"}
    ]
    by_phone = await here.contact(phones=("+14155552671",))
    assert (await here.panel(by_phone)).status == "ok"
    nobody = await here.contact(*(f"{number}@example.com" for number in range(9)))
    here.server.asked.clear()
    content = await here.panel(nobody)
    assert (content.status, content.message, len(here.server.asked)) == (
        "empty",
        "Not a customer of the shop yet.",
        3,
    )


async def test_several_shops_stand_beside_each_other(here: Workspace) -> None:
    contact = await here.contact("bob@example.com")
    here.server.shop.customers = [bob(order_worth(1, "10"))]
    await here.connect("second", shop="second-shop")
    content = await here.panel(contact)
    assert [type(block) for block in content.blocks] == [Note, Note, Stats, Items] * 2
    await here.crm.channel_accounts.update(
        (await here.account("second")).id,
        {"config": {"client_secret": "wrong", "access_token": None}},
        actor=ADMIN,
    )
    content = await here.panel(contact)
    assert content.status == "ok"
    # The other shop's trouble is told below.
    last = content.blocks[-1]
    assert isinstance(last, Note)
    assert last.tone == "warn"
    result = await check_health(here.plugin)
    assert not result.ok
    assert text_of(result.message).startswith("Second: ")


async def test_latest_orders_come_first_and_only_as_many_as_wanted(here: Workspace) -> None:
    contact = await here.contact("bob@example.com")
    here.server.shop.customers = [bob(*(order_worth(number, "10") for number in range(1, 12)))]
    await here.crm.plugin_settings.save("shopify", {"orders_shown": 3})
    _, orders = blocks(await here.panel(contact))
    assert [order.title for order in orders.items] == ["#1001", "#1002", "#1003"]


async def test_what_is_kept_stands_in_when_shopify_cannot_be_asked(workspace: Workspace) -> None:
    contact = await workspace.contact("bob@example.com")
    workspace.server.shop.customers = [
        bob(order_worth(1, "900", displayFulfillmentStatus="FULFILLED", fulfillments=[PARCEL]))
    ]
    await workspace.work()
    live = blocks(await workspace.panel(contact))
    workspace.server.instead = (503, b"", {})
    content = await workspace.panel(contact)
    _demo, warning, *kept = content.blocks
    assert content.status == "ok"
    assert isinstance(warning, Note)
    assert "fault of its own (status 503)" in warning.text
    assert tuple(kept) == live


async def test_asks_to_be_set_up(here: Workspace) -> None:
    contact = await here.contact("bob@example.com")
    await here.change(client_secret=None)
    content = await here.panel(contact)
    assert (content.status, "Settings → Connections" in content.message) == ("setup", True)
    assert (await check_health(here.plugin)).ok


THROTTLED = {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]}
SLOW = {
    **THROTTLED,
    "extensions": {
        "cost": {
            "requestedQueryCost": 900,
            "throttleStatus": {"maximumAvailable": 1000, "currentlyAvailable": 0, "restoreRate": 50},
        }
    },
}
DENIED = {"data": None, "errors": [{"message": "Access denied", "extensions": {"code": "ACCESS_DENIED"}}]}
ODD = {
    "displayName": "x",
    "updatedAt": "2026-01-01T00:00:00Z",
    "legacyResourceId": "1",
    "numberOfOrders": "1",
}
MONEY = {"amount": "1", "currencyCode": "EUR"}


def customer(**changes: Any) -> dict[str, Any]:
    """Return an answer about a customer."""
    return {
        "data": {"customerByIdentifier": {**ODD, "amountSpent": MONEY, "orders": {"nodes": []}, **changes}}
    }


TROUBLE: list[tuple[int, Any, str]] = [
    (200, SLOW, "asks us to wait"),
    (429, {"errors": "Exceeded 2 calls per second"}, "asks us to wait"),
    (403, {"errors": "[API] This action requires merchant approval"}, "read_customers, read_orders"),
    (200, DENIED, "read_customers, read_orders"),
    (402, {"errors": "Unavailable Shop"}, "closed or frozen"),
    (404, {"errors": "Not Found"}, "There is no shop my-shop.myshopify.com"),
    (301, "", "There is no shop my-shop.myshopify.com"),
    (500, {}, "fault of its own (status 500)"),
    (418, {}, "do not understand"),
    (200, {"data": {"customerByIdentifier": 5}}, "do not understand"),
    (200, {"errors": [{"message": "Field 'x' doesn't exist"}]}, "do not understand"),
    (200, [], "do not understand"),
    (200, b"<html>", "do not understand"),
    (200, b'{"data": {"customerByIdentifier": "\xff', "do not understand"),
    (200, b"{" * 100_000, "do not understand"),
    *(
        (200, customer(**changes), "do not understand")
        for changes in (
            {"displayName": "x" * 100_000},
            {"amountSpent": {"amount": "NaN", "currencyCode": "USD"}},
            {"amountSpent": {"amount": "1E+400", "currencyCode": "USD"}},
            {"amountSpent": {"amount": "1", "currencyCode": "<b>"}},
            {"numberOfOrders": "-1"},
            {"legacyResourceId": "../../evil"},
            {"orders": {"nodes": "many"}},
        )
    ),
]


async def test_trouble_is_a_clear_sentence(here: Workspace) -> None:
    contact = await here.contact("bob@example.com")
    for status, body, sentence in TROUBLE:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        here.server.instead = (status, raw, {"retry-after": "7"})
        content = await here.panel(contact)
        assert content.status == "error"
        assert sentence in content.message, (status, body)
        assert len(content.message) < 200
        in_russian = (await here.panel(contact, "ru")).message
        assert in_russian != content.message


async def test_a_slow_or_forbidden_shopify(here: Workspace) -> None:
    contact = await here.contact("bob@example.com")
    await here.panel(contact)

    class Gone:
        error: Exception

        def logging_to(self, log: object) -> "Gone":
            return self

        async def request(self, method: str, url: str, **more: Any) -> None:
            assert more["timeout_s"] < ORDERS_PANEL.timeout_s
            raise self.error

    gone = Gone()
    client, here.crm.http_client = here.crm.http_client, gone  # type: ignore[assignment]
    try:
        for error, sentence in (
            (OutgoingFailed("no answer within 4 s"), "did not answer in time"),
            (OutgoingRefused("private address"), "may not reach my-shop.myshopify.com: private address"),
        ):
            gone.error = error
            assert sentence in (await here.panel(contact)).message
    finally:
        here.crm.http_client = client
