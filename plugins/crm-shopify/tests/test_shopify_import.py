"""The first import and the nightly reconciliation, in a workspace against a server."""

from datetime import timedelta

import pytest
from crm_shopify.customers import keep_customers
from crm_shopify.standin.documents import money, seeded
from crm_shopify.syncing import standing
from crm_shopify.tables import ShopifyCustomer, ShopifyOrder
from shopify_workspace import ADMIN, NOW, Workspace, bob, order_worth

from crmcore.events.tables import EventRow
from crmcore.records.query import ListQuery


async def told(workspace: Workspace) -> list[str]:
    """Return the names of the plugin's events, oldest first."""
    rows = await EventRow.select(EventRow.name).where(EventRow.name.like("shopify.%")).order_by(EventRow.id)
    return [row["name"] for row in rows]


async def test_a_newly_connected_shop_is_fetched_and_its_customers_are_found(workspace: Workspace) -> None:
    by_mail = await workspace.contact("Bob@Example.com")
    by_phone = await workspace.contact(phones=("+14155552671",))
    workspace.server.shop.customers = [
        bob(order_worth(1, "900"), order_worth(2, "200.50")),
        bob(order_worth(3, "10"), email="", phone="+14155552671", number=2),
        bob(email="stranger@example.com", number=3),
    ]
    await workspace.work()

    assert await workspace.custom(by_mail) == {
        "shopify_customer_id": "7200000001",
        "shopify_orders_count": 2,
        "shopify_total_spent": {"amount": "1100.50", "currency": "EUR"},
        "shopify_last_order_at": "2026-11-11T12:00:00Z",
        "shopify_tags": "newsletter",
        "shopify_email_marketing": "subscribed",
        "shopify_most_valuable": True,
    }
    assert (await workspace.custom(by_phone))["shopify_customer_id"] == "7200000002"
    assert (await ShopifyCustomer.count(), await ShopifyOrder.count()) == (3, 3)
    sync = await standing((await workspace.account()).id, workspace.plugin)
    assert sync is not None
    assert (sync.kind, sync.phase, sync.done, sync.total) == ("import", "done", 6, 6)
    # The past is no news.
    assert await told(workspace) == []
    query = ListQuery(filter={"field": "custom.shopify_most_valuable", "op": "eq", "value": True})
    found = await workspace.crm.records.list("contact", query, actor=ADMIN)
    assert [record.id for record in found.items] == [by_mail]

    # A contact made later is joined at once, with the orders.
    stranger = await workspace.contact("stranger@example.com")
    await workspace.work()
    assert (await workspace.custom(stranger))["shopify_customer_id"] == "7200000003"


async def test_a_broken_off_import_goes_on_where_it_was(
    here: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm_shopify.syncing.CUSTOMERS_A_PAGE", 10)
    monkeypatch.setattr("crm_shopify.syncing.ORDERS_A_PAGE", 10)
    people = [(f"Person {number}", f"p{number}@example.com") for number in range(35)]
    here.server.shop.customers = seeded(people, NOW)
    failures = iter([True])

    async def failing(facts, account, plugin, *, tell):  # type: ignore[no-untyped-def]
        if facts[0].id in third_page and next(failures, False):
            raise OSError("the process was killed")
        await keep_customers(facts, account, plugin, tell=tell)

    ordered = sorted(here.server.shop.customers, key=lambda one: (one["updatedAt"], one["legacyResourceId"]))
    third_page = {int(one["legacyResourceId"]) for one in ordered[20:30]}
    monkeypatch.setattr("crm_shopify.syncing.keep_customers", failing)
    await here.work()
    sync = await standing((await here.account()).id, here.plugin)
    assert sync is not None
    assert (sync.phase, sync.done) == ("customers", 20)
    await here.work(600)
    assert await ShopifyCustomer.count() == 35
    assert await ShopifyOrder.count() == len(here.server.shop.orders)
    asked = [one["variables"].get("after") for one in here.server.asked if "customers(" in one["query"]]
    assert asked.count(None) == 1
    assert len(asked) == 5


async def test_the_night_finds_what_was_missed_and_tells_it(workspace: Workspace) -> None:
    contact = await workspace.contact("bob@example.com")
    await workspace.change(spent_over=1000)
    order = order_worth(1, "900", displayFinancialStatus="PENDING")
    customer = bob(order)
    workspace.server.shop.customers = [customer, bob(email="old@example.com", number=2)]
    await workspace.work()
    workspace.server.shop.customers[1]["updatedAt"] = "2020-01-01T00:00:00+00:00"
    changed = (workspace.clock() + timedelta(hours=1)).isoformat()
    order |= {"displayFinancialStatus": "PAID", "updatedAt": changed}
    customer |= {"amountSpent": money("1200"), "updatedAt": changed}
    workspace.server.asked.clear()
    await workspace.work(16 * 3600)

    assert (await workspace.custom(contact))["shopify_most_valuable"] is True
    assert await told(workspace) == ["shopify.customer_spent_over", "shopify.order_paid"]
    asked = next(one["variables"] for one in workspace.server.asked if "customers(" in one["query"])
    assert asked["query"] == "updated_at:>='2026-11-22T11:01:10Z'"
    # Another night with nothing new tells nothing twice.
    await workspace.work(24 * 3600)
    assert len(await told(workspace)) == 2


async def test_fetching_leaves_part_of_the_bucket_to_people_and_waits_out_a_throttle(here: Workspace) -> None:
    here.server.maximum, here.server.restore_rate = 40.0, 400.0
    here.server._available = 20.0
    here.server.shop.customers = [bob(order_worth(1, "10"))]
    await here.work()
    assert await ShopifyOrder.count() == 1


async def test_a_changed_limit_marks_anew(here: Workspace) -> None:
    contact = await here.contact("bob@example.com")
    here.server.shop.customers = [bob(order_worth(1, "900"))]
    await here.work()
    assert "shopify_most_valuable" not in await here.custom(contact)
    await here.change(most_valuable_from=500)
    await here.work()
    assert (await here.custom(contact))["shopify_most_valuable"] is True
    await here.change(most_valuable_from=0)
    await here.work()
    assert "shopify_most_valuable" not in await here.custom(contact)


async def test_unknown_customers_become_contacts_where_that_is_wanted(here: Workspace) -> None:
    await here.change(create_contacts=True)
    here.server.shop.customers = [bob(order_worth(1, "10"), phone="+14155552671")]
    await here.work()
    (contact,) = (await here.crm.records.list("contact", ListQuery(), actor=ADMIN)).items
    document = contact.document
    assert (document["first_name"], document["last_name"], document["emails"]) == (
        "Bob",
        "Norman",
        ["bob@example.com"],
    )
    await here.work(24 * 3600)
    assert len((await here.crm.records.list("contact", ListQuery(), actor=ADMIN)).items) == 1
