"""Whose customer is whose contact, what happened, and what is given out and erased."""

from typing import Any
from uuid import UUID

from crm_shopify.matching import same_customers
from crm_shopify.page import CUSTOMERS_PAGE
from crm_shopify.panel import ORDERS_PANEL
from crm_shopify.tables import ShopifyCustomer, ShopifyOrder
from crm_shopify.timeline import load_timeline
from shopify_workspace import ADMIN, Workspace, bob, order_worth
from test_shopify_panel import PARCEL

from crmcore import (
    Actor,
    Identity,
    InboundMessage,
    Note,
    PageContent,
    PageRequest,
    Ref,
    Subject,
    Table,
    text_of,
)
from crmcore.privacy.subject import subject_of

PHONE = "+14155552671"


async def joined(workspace: Workspace, **more: Any) -> UUID:
    """Return a contact whose Shopify customer has a phone number that the contact has not."""
    contact = await workspace.contact("bob@example.com", **more)
    workspace.server.shop.customers = [
        bob(order_worth(1, "900", fulfillments=[PARCEL]), order_worth(2, "10.5"), phone=PHONE)
    ]
    await workspace.work()
    return contact


async def resolve(workspace: Workspace, *identities: Identity) -> UUID | None:
    """Ask the plugin who wrote."""
    message = InboundMessage(external_id="1", text="Where is my order?", identities=identities)
    account = await workspace.account()
    match = await workspace.crm.host.dispatch.call_one(
        "shopify", "resolve_contact", message=message, account=account
    )
    return match.contact_id if match else None


async def test_who_writes_from_an_address_that_only_shopify_knows(here: Workspace) -> None:
    contact = await joined(here)
    assert await resolve(here, Identity(kind="phone", value=PHONE)) == contact
    assert await resolve(here, Identity(kind="shopify_customer", value="7200000001")) == contact
    assert await resolve(here, Identity(kind="shopify_customer", value="9" * 40)) is None
    assert await resolve(here, Identity(kind="handle", value=PHONE)) is None
    # A contact of that number is asked first: that is the core's own answer. The two may be one person.
    other = await here.contact(phones=(PHONE,))
    assert await resolve(here, Identity(kind="phone", value=PHONE)) is None
    (match,) = await same_customers([contact], here.plugin)
    assert (match.contact, match.other, match.strength) == (contact, other, "strong")
    assert text_of(match.reason, "ru") == "У клиента Shopify Bob Norman телефон другого контакта"


async def test_a_merged_contact_brings_its_purchases(workspace: Workspace) -> None:
    merged = await joined(workspace)
    kept = await workspace.contact("robert@example.com")
    await workspace.crm.contacts.merge(kept, merged, actor=ADMIN)
    assert {row["contact"] for row in await ShopifyCustomer.select()} == {kept}
    assert {row["contact"] for row in await ShopifyOrder.select()} == {kept}


async def test_what_happened_stands_in_the_timeline(here: Workspace) -> None:
    contact = await joined(here)
    document = await here.document(contact)
    subject = Subject(record_type="contact", id=contact, document=document, contact=document)
    entries = await load_timeline(subject, None, 50, here.plugin)
    assert [entry.title for entry in entries] == [
        "Order #1001 sent",
        "Order #1001",
        "Order #1002",
    ]
    assert entries[0].text == "UPS 1Z2345"
    assert entries[1].text.startswith("900.00 EUR · ")
    assert entries[1].href.endswith("/orders/5100000001")
    assert [one.title for one in await load_timeline(subject, entries[0].at, 1, here.plugin)] == [
        "Order #1001"
    ]


async def test_the_page_of_customers_shows_only_what_its_reader_may_see(here: Workspace) -> None:
    contact = await joined(here)

    async def load(actor: Actor) -> PageContent:
        return await CUSTOMERS_PAGE.load(PageRequest(actor=actor), here.plugin)

    table = (await load(ADMIN)).blocks[-1]
    assert isinstance(table, Table)
    assert table.rows[0][0] == Ref("contact", contact, "Bob Norman")
    nobody = Actor(kind="user", id="x", label="x", permissions=frozenset())
    assert isinstance((await load(nobody)).blocks[-1], Note)


async def test_purchases_are_given_out_and_erased(workspace: Workspace) -> None:
    contact = await joined(workspace)
    subject = await subject_of(contact)
    kind = workspace.crm.registry.personal_data["shopify.purchases"].item
    items = [item async for item in kind.export(subject, workspace.plugin)]
    assert [item.id for item in items] == ["customer-7200000001", "order-5100000001", "order-5100000002"]
    assert items[0].data["phone"] == PHONE
    assert await kind.erase(subject, workspace.plugin) == 3
    assert await kind.erase(subject, workspace.plugin) == 0
    assert (await ShopifyCustomer.count(), await ShopifyOrder.count()) == (0, 0)


def test_the_panel_stands_beside_conversations_and_contacts() -> None:
    assert ORDERS_PANEL.slots == ("conversation", "contact")
