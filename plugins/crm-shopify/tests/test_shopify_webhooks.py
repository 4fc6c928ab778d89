"""What Shopify delivers: proved, understood, done once, in whatever order it comes."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from crm_shopify.shop import ShopConfig
from crm_shopify.standin.documents import bag, money
from crm_shopify.subscriptions import TOPICS, subscribe
from crm_shopify.tables import ShopifyCustomer, ShopifyFormer, ShopifyOrder
from crm_shopify.trouble import ShopifyTrouble
from crm_shopify.webhooks.signature import is_signed
from shopify_workspace import ADMIN, SHOP, Workspace, bob, order_worth
from test_shopify_import import told
from test_shopify_people import resolve

from crmcore import Identity
from crmcore.errors import NotSignedIn
from crmcore.records.query import ListQuery

FIXTURES = Path(__file__).parent / "fixtures"


def recorded(name: str, **changes: Any) -> dict[str, Any]:
    """Return one of Shopify's own samples of the REST API, changed."""
    document = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))[name]
    return {**document, **changes}


async def test_an_order_on_its_way(workspace: Workspace) -> None:
    """Deliveries come twice and in the wrong order: the newest facts stand, every event is told once."""
    contact = await workspace.contact("bob.norman@hostmail.com")
    await workspace.work()
    paid = recorded("order", financial_status="paid", updated_at="2026-11-20T12:00:00Z")
    refunded = recorded(
        "order",
        financial_status="refunded",
        updated_at="2026-11-21T12:00:00Z",
        cancelled_at="2026-11-21T12:00:00Z",
    )
    for topic, body, id in (
        ("orders/cancelled", refunded, "w3"),
        ("orders/paid", paid, "w2"),
        ("orders/paid", paid, "w2"),
        ("orders/updated", paid, "w4"),
        ("refunds/create", recorded("refund"), "w5"),
        ("refunds/create", recorded("refund"), "w6"),
        ("orders/create", recorded("order"), "w1"),
    ):
        assert await workspace.deliver(topic, body, id) == 200
        await workspace.crm.worker.drain()

    (order,) = await ShopifyOrder.select()
    assert (order["name"], order["payment"], order["total"], order["contact"]) == (
        "#1001",
        "REFUNDED",
        "409.94",
        contact,
    )
    assert [one["amount"] for one in json.loads(order["refunds"])] == ["209.00"]
    assert sorted(await told(workspace)) == ["shopify.order_cancelled", "shopify.order_paid"]
    # What the customer has spent by now is asked for, once for all of them.
    workspace.server.asked.clear()
    await workspace.work(5)
    assert len(workspace.server.asked) == 1
    # Shopify knows no such customer: they were deleted meanwhile.
    assert await ShopifyCustomer.count() == 0


async def test_a_refund_that_comes_before_its_order(here: Workspace) -> None:
    await here.deliver("refunds/create", recorded("refund"), "w1")
    await here.deliver("orders/updated", recorded("order"), "w2")
    await here.crm.worker.drain()
    (order,) = await ShopifyOrder.select()
    assert (order["name"], len(json.loads(order["refunds"]))) == ("#1001", 1)


async def test_a_customer_changes_and_is_deleted(here: Workspace) -> None:
    contact = await here.contact("bob.norman@hostmail.com")
    body = recorded("customer", updated_at="2026-11-22T10:00:00Z", total_spent="1500.00", currency="USD")
    await here.deliver("customers/update", body, "w1")
    await here.deliver("customers/create", recorded("customer", total_spent="0.00"), "w0")
    await here.crm.worker.drain()
    custom = await here.custom(contact)
    assert custom["shopify_total_spent"] == {"amount": "1500.00", "currency": "USD"}
    assert custom["shopify_most_valuable"] is True
    await here.deliver("customers/delete", {"id": body["id"]}, "w2")
    await here.crm.worker.drain()
    assert await here.custom(contact) == {}


async def test_an_edited_order_is_asked_for(here: Workspace) -> None:
    contact = await here.contact("bob@example.com")
    order = order_worth(1, "900")
    customer = bob(order)
    here.server.shop.customers = [customer]
    await here.work()
    changed = (here.clock() + timedelta(minutes=1)).isoformat()
    order |= {"currentTotalPriceSet": bag("750.00"), "updatedAt": changed}
    customer |= {"amountSpent": money("750"), "updatedAt": changed}
    edit = {"id": 7, "order_id": 5_100_000_001, "line_items": {"additions": [], "removals": []}}
    for id in ("w1", "w2"):
        await here.deliver("orders/edited", {"order_edit": edit}, id)
    for _ in range(3):
        await here.work(5)
    (row,) = await ShopifyOrder.select()
    assert (row["total"], row["contact"]) == ("750.00", contact)
    assert (await here.custom(contact))["shopify_total_spent"]["amount"] == "750.00"
    here.server.shop.customers = []
    await here.deliver("orders/edited", {"order_edit": edit}, "w3")
    for _ in range(2):
        await here.work(5)
    assert await ShopifyOrder.count() == 0


async def test_a_deleted_order_is_forgotten(here: Workspace) -> None:
    await here.deliver("orders/create", recorded("order"), "w1")
    await here.deliver("orders/delete", {"id": recorded("order")["id"]}, "w2")
    await here.crm.worker.drain()
    assert await ShopifyOrder.count() == 0


KEPT, GONE = 7_200_000_001, 7_200_000_002


def merge_of(kept: int, gone: int, status: str = "completed") -> dict[str, Any]:
    """Return what Shopify says of a merge."""
    return {
        "admin_graphql_api_customer_kept_id": f"gid://shopify/Customer/{kept}",
        "admin_graphql_api_customer_deleted_id": f"gid://shopify/Customer/{gone}",
        "admin_graphql_api_job_id": None,
        "status": status,
        "errors": [],
    }


@pytest.mark.parametrize("deleted", ["before", "after", ""])
async def test_merged_customers_are_one(workspace: Workspace, deleted: str) -> None:
    robert = await workspace.contact("robert@example.com")
    stays, goes = bob(order_worth(1, "900")), bob(order_worth(2, "300"), email="robert@example.com", number=2)
    workspace.server.shop.customers = [stays, goes]
    await workspace.work()
    assert (await workspace.custom(robert))["shopify_customer_id"] == str(GONE)
    orders = [*stays["all_orders"], *goes["all_orders"]]
    at = (workspace.clock() + timedelta(seconds=1)).isoformat()
    merged = bob(*orders) | {"updatedAt": at}
    workspace.server.shop.customers = [merged]
    await workspace.deliver("customers/merge", merge_of(KEPT, GONE, "failed"), "w0")
    await workspace.crm.worker.drain()
    assert await ShopifyCustomer.count() == 2
    told = [("customers/merge", merge_of(KEPT, GONE))] * 2
    if deleted:
        told.insert(0 if deleted == "before" else 2, ("customers/delete", {"id": GONE}))
    for number, (topic, body) in enumerate(told):
        await workspace.deliver(topic, body, f"w{number + 1}")
        await workspace.crm.worker.drain()
    await workspace.work(5)

    (row,) = await ShopifyCustomer.select()
    assert (row["shopify_id"], row["contact"]) == (KEPT, robert)
    assert {(one["customer_id"], one["contact"]) for one in await ShopifyOrder.select()} == {(KEPT, robert)}
    assert await ShopifyOrder.count() == 2
    custom = await workspace.custom(robert)
    assert (custom["shopify_customer_id"], custom["shopify_orders_count"]) == (str(KEPT), 2)
    # Who is known to a channel by the old number is the same person, and late news of it is about the other.
    assert await resolve(workspace, Identity(kind="shopify_customer", value=str(GONE))) == robert
    late = recorded("order", customer={"id": GONE, "email": "robert@example.com"})
    await workspace.deliver("orders/updated", late, "late")
    await workspace.deliver("customers/update", {"id": GONE, "email": "robert@example.com"}, "later")
    await workspace.work(5)
    assert [one["shopify_id"] for one in await ShopifyCustomer.select()] == [KEPT]
    assert {one["customer_id"] for one in await ShopifyOrder.select()} == {KEPT}


async def test_merging_takes_the_fields_off_the_other_contact(here: Workspace) -> None:
    kept, gone = await here.contact("bob@example.com"), await here.contact("robert@example.com")
    here.server.shop.customers = [bob(order_worth(1, "900")), bob(email="robert@example.com", number=2)]
    await here.work()
    assert await here.custom(gone)
    # Of the one that stays nothing has been told as yet in another shop of the same numbers.
    await here.deliver("customers/merge", merge_of(KEPT, GONE), "w1")
    await here.deliver("customers/merge", merge_of(9, KEPT), "w2")
    await here.crm.worker.drain()
    assert await here.custom(gone) == {}
    assert (await here.custom(kept))["shopify_customer_id"] == "9"
    assert {(row["shopify_id"], row["customer_id"]) for row in await ShopifyFormer.select()} == {
        (GONE, 9),
        (KEPT, 9),
    }
    redacted = {"shop_domain": f"{SHOP}.myshopify.com", "customer": {"id": 9}}
    await here.deliver("customers/redact", redacted, "w3")
    await here.crm.worker.drain()
    assert (await ShopifyCustomer.count(), await ShopifyFormer.count()) == (0, 0)


async def test_tags_consent_and_purchases_that_are_told_in_part_are_asked_for(here: Workspace) -> None:
    contact = await here.contact("bob@example.com")
    customer = bob(order_worth(1, "900"))
    here.server.shop.customers = [customer]
    await here.work()
    assert (await here.custom(contact))["shopify_email_marketing"] == "subscribed"
    gid = f"gid://shopify/Customer/{KEPT}"
    for number, (topic, body, change, field, value) in enumerate(
        (
            ("customer.tags_added", {"customerId": gid, "tags": ["vip"]}, {"tags": ["vip"]}, "tags", "vip"),
            ("customer.tags_removed", {"customerId": gid, "tags": ["vip"]}, {"tags": ["x"]}, "tags", "x"),
            (
                "customers_email_marketing_consent/update",
                {"customer_id": KEPT, "email_marketing_consent": {"state": "unsubscribed"}},
                {
                    "defaultEmailAddress": {
                        "emailAddress": "bob@example.com",
                        "marketingState": "UNSUBSCRIBED",
                    }
                },
                "email_marketing",
                "unsubscribed",
            ),
            (
                "customers/purchasing_summary",
                {"customerId": gid, "numberOfOrders": 5},
                {"numberOfOrders": "5"},
                "orders_count",
                5,
            ),
        )
    ):
        customer |= change
        await here.deliver(topic, body, f"w{number}")
        await here.work(5)
        await here.work(5)
        assert (await here.custom(contact))[f"shopify_{field}"] == value
    await here.deliver("customer.tags_added", {"tags": []}, "bad")
    await here.crm.worker.drain()
    (newest,) = (await here.crm.conversations.deliveries(actor=ADMIN, limit=1)).items
    assert newest["state"] == "quarantined"


async def test_only_shopify_gets_in(here: Workspace) -> None:
    body = recorded("order")
    for header in (
        "x_shopify_hmac_sha256",
        "x_shopify_topic",
        "x_shopify_shop_domain",
        "x_shopify_api_version",
        "x_shopify_webhook_id",
    ):
        with pytest.raises(NotSignedIn):
            await here.deliver("orders/create", body, "w1", **{header: ""})
    for changes in (
        {"x_shopify_shop_domain": "other.myshopify.com"},
        {"x_shopify_hmac_sha256": "AAAA"},
        {"secret": "another"},
    ):
        with pytest.raises(NotSignedIn):
            await here.deliver("orders/create", body, "w1", **changes)
    # While the secret is rotated, what the old one signed is Shopify's too.
    await here.change(client_secret="new-secret", previous_secret="demo-secret")
    assert await here.deliver("orders/create", body, "w1") == 200
    assert await here.deliver("orders/create", body, "w2", secret="new-secret") == 200
    await here.change(previous_secret=None)
    with pytest.raises(NotSignedIn):
        await here.deliver("orders/create", body, "w3")


def test_the_official_signatures() -> None:
    vectors = json.loads((FIXTURES / "signature-vectors.json").read_text(encoding="utf-8"))["webhook"]
    for vector in vectors:
        config = ShopConfig(shop=SHOP, client_secret=vector["secret"])
        assert is_signed(vector["raw_body"].encode(), vector["signature"], config) is vector["valid"]
    assert not is_signed(b"", "", ShopConfig(shop=SHOP))


async def test_what_is_not_understood_is_kept_for_a_person(here: Workspace) -> None:
    for number, body in enumerate(
        ([], {"id": "x"}, recorded("order", total_price="NaN"), recorded("order", currency="<b>"))
    ):
        await here.deliver("orders/create", body, f"w{number}")
    await here.deliver("products/create", {"id": 1}, "other")
    await here.crm.worker.drain()
    assert await ShopifyOrder.count() == 0
    states = [row["state"] for row in (await here.crm.conversations.deliveries(actor=ADMIN, limit=10)).items]
    assert sorted(states) == ["done"] + ["quarantined"] * 4, states


async def test_an_uninstalled_app_stops(here: Workspace) -> None:
    await here.work()
    account = await here.account()
    assert account.config.access_token
    await here.plugin.store.set(f"connected:{account.id}", "2026-11-22T12:00:30+00:00")
    late = {"x_shopify_triggered_at": "2026-11-22T11:00:00Z"}
    await here.deliver("app/uninstalled", {"id": 1}, "w0", **late)
    await here.crm.worker.drain()
    assert len(await here.plugin.connections.list("shop")) == 1
    await here.deliver("app/uninstalled", {"id": 1}, "w1", x_shopify_triggered_at="2026-11-22T12:30:00Z")
    await here.crm.worker.drain()
    assert await here.plugin.connections.list("shop") == []
    assert (await here.account()).config.access_token == ""
    here.server.asked.clear()
    await here.work(24 * 3600)
    assert here.server.asked == []


async def test_the_privacy_topics(workspace: Workspace) -> None:
    contact = await workspace.contact("bob@example.com")
    other = await workspace.contact("ann@example.com")
    workspace.server.shop.customers = [
        bob(order_worth(1, "900"), number=1),
        bob(order_worth(2, "10"), email="ann@example.com", number=2),
    ]
    await workspace.work()
    asked = {
        "shop_domain": f"{SHOP}.myshopify.com",
        "customer": {"id": 7_200_000_001, "email": "bob@example.com"},
    }
    for id in ("w1", "w1", "w1"):
        await workspace.deliver("customers/data_request", {**asked, "orders_requested": [5_100_000_001]}, id)
    await workspace.crm.worker.drain()
    (task,) = (await workspace.crm.records.list("task", ListQuery(), actor=ADMIN)).items
    assert task.document["contact_id"] == contact
    assert "7200000001" in task.document["title"]

    await workspace.deliver("customers/redact", {**asked, "orders_to_redact": [5_100_000_001]}, "w2")
    await workspace.crm.worker.drain()
    assert [row["email"] for row in await ShopifyCustomer.select()] == ["ann@example.com"]
    assert [row["name"] for row in await ShopifyOrder.select()] == ["#1002"]
    assert await workspace.custom(contact) == {}
    assert await workspace.custom(other)

    await workspace.deliver("shop/redact", {"shop_id": 1, "shop_domain": f"{SHOP}.myshopify.com"}, "w3")
    await workspace.crm.worker.drain()
    assert (await ShopifyCustomer.count(), await ShopifyOrder.count()) == (0, 0)
    assert await workspace.custom(other) == {}


async def test_spending_more_than_the_limit_is_told_once(here: Workspace) -> None:
    await here.change(spent_over=1000)
    await here.contact("bob@example.com")
    customer = bob(order_worth(1, "900"))
    here.server.shop.customers = [customer]
    await here.work()
    for number, spent in enumerate(("999.99", "1000.00", "1200.00")):
        customer |= {"amountSpent": money(spent), "updatedAt": f"2026-11-22T13:0{number}:00+00:00"}
        await here.deliver(
            "customers/update", {"id": 7_200_000_001, "email": "bob@example.com"}, f"w{number}"
        )
        await here.work(10)
        await here.work(10)
    assert await told(here) == ["shopify.customer_spent_over"]


async def test_missing_subscriptions_are_made(here: Workspace) -> None:
    await here.work()
    made = {one["topic"] for one in here.server.shop.subscriptions}
    assert made == set(TOPICS)
    here.server.shop.subscriptions.pop()
    await here.work(16 * 3600)
    assert len(here.server.shop.subscriptions) == len(TOPICS)


async def test_a_topic_that_shopify_refuses_keeps_no_other_from_being_made(
    here: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = here.server.shop
    subscribed = shop._subscribe

    def refusing(info: Any, topic: str, webhookSubscription: Any) -> Any:  # noqa: N803
        if topic in refused:
            return {"userErrors": [{"field": ["topic"], "message": f"No permission for {topic}"}]}
        return subscribed(info, topic, webhookSubscription)

    monkeypatch.setattr(shop, "_subscribe", refusing)
    refused = {"CUSTOMERS_MERGE"}
    assert await subscribe(await here.account(), here.plugin) == len(TOPICS) - 1
    shop.subscriptions.clear()
    refused |= {"ORDERS_CREATE"}
    with pytest.raises(ShopifyTrouble, match="No permission for ORDERS_CREATE"):
        await subscribe(await here.account(), here.plugin)
    assert len(shop.subscriptions) == len(TOPICS) - 2
