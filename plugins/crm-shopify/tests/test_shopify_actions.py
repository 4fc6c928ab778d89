"""Refund and coupon, as the web interface and the API run them."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from crm_shopify.tables import ShopifyCustomer, ShopifyOrder
from shopify_workspace import ADMIN, Workspace, bob, order_worth

from crmcore import Actor, text_of
from crmcore.contributions.actions import Actions, Outcome, Place
from crmcore.errors import Forbidden

ORDER = "5100000001"
AGENT = Actor(kind="user", id="a", label="Agent", permissions=frozenset({"contact.*", "conversation.*"}))


class Desk:
    """A contact with an order, and buttons."""

    def __init__(self, workspace: Workspace, contact: UUID, account: UUID) -> None:
        self.workspace = workspace
        self.contact = contact
        self.account = account
        self.actions = Actions(workspace.crm)

    async def press(
        self, action: str, token: str, item: str = "", actor: Actor = ADMIN, **form: Any
    ) -> Outcome:
        """Press a button beside the contact."""
        owned = self.actions.get(f"shopify.{action}", actor)
        number = ORDER if action == "refund" else "7200000001"
        place = Place(record_type="contact", id=self.contact, item=item or f"{self.account}:{number}")
        return await self.actions.run(owned, place, form, token=token, actor=actor, language="en")

    async def first(self, action: str) -> dict[str, Any]:
        """Return what stands in the form at first."""
        owned = self.actions.get(f"shopify.{action}", ADMIN)
        place = Place(record_type="contact", id=self.contact, item=f"{self.account}:{ORDER}")
        return await self.actions.first_values(owned, place, actor=ADMIN, language="en")


@pytest.fixture
async def desk(here: Workspace) -> AsyncIterator[Desk]:
    """Bob, who paid 100 for an order."""
    contact = await here.contact("bob@example.com")
    here.server.shop.customers = [bob(order_worth(1, "100"))]
    await here.work()
    yield Desk(here, contact, (await here.account()).id)


async def test_money_goes_back_once_for_each_press(desk: Desk) -> None:
    assert await desk.first("refund") == {
        "order": "#1001",
        "amount": "100.00",
        "reason": "",
        "notify": True,
    }
    for _ in range(2):
        done = await desk.press("refund", "press-number-1", amount="30,50", reason="broken", notify=False)
        assert (done.state, text_of(done.message)) == ("done", "30.50 EUR of order #1001 refunded.")
    (order,) = desk.workspace.server.shop.orders
    assert [one["totalRefundedSet"]["shopMoney"]["amount"] for one in order["refunds"]] == ["30.50"]
    assert (await desk.first("refund"))["amount"] == "69.50"
    await desk.press("refund", "press-number-2", amount="30.50")
    assert len(order["refunds"]) == 2
    # What is kept follows.
    await desk.workspace.work(5)
    (row,) = await ShopifyOrder.select()
    assert row["payment"] == "PARTIALLY_REFUNDED"


async def test_what_cannot_be_refunded(desk: Desk) -> None:
    for number, amount in enumerate(("100.01", "0", "-1", "NaN", "1e9999", "1.2345", "1,500", "ten")):
        outcome = await desk.press("refund", f"press-number-{number}", amount=amount)
        assert (outcome.state, [one.path for one in outcome.problems]) == ("refused", ["/amount"]), amount
    for number, item in enumerate(("", "x:y", f"{desk.account}:0", f"{desk.contact}:{ORDER}", "a" * 200)):
        outcome = await desk.press("refund", f"press-item-{number}", item=item or "-", amount="1")
        assert outcome.state == "refused", item
    outcome = await desk.press("refund", "press-other", amount="1", order="#1002")
    assert (outcome.state, [one.path for one in outcome.problems]) == ("refused", ["/order"])
    assert desk.workspace.server.shop.orders[0]["refunds"] == []
    desk.workspace.server.instead = (500, b"{}", {})
    outcome = await desk.press("refund", "press-again", amount="1")
    assert outcome.state == "refused"
    assert "fault of its own" in outcome.problems[0].sentence()


async def test_a_button_reaches_no_other_customers_orders(desk: Desk) -> None:
    workspace = desk.workspace
    desk.contact = await workspace.contact("ann@example.com")
    for action, form in (("refund", {"amount": "1"}), ("coupon", {})):
        outcome = await desk.press(action, f"press-{action}", **form)
        assert (outcome.state, [one.code for one in outcome.problems]) == ("refused", ["other_customer"])
    # Joined to the customer, a contact without the address is the customer too.
    row = {ShopifyCustomer.contact: desk.contact}
    await ShopifyCustomer.update(row).where(ShopifyCustomer.account == desk.account)
    assert (await desk.press("coupon", "press-joined")).state == "done"


async def test_only_whom_the_role_lets_gives_money_away(desk: Desk) -> None:
    for action in ("refund", "coupon"):
        with pytest.raises(Forbidden):
            await desk.press(action, "press-number-1", actor=AGENT, amount="1")


async def test_a_coupon_is_one_customers_and_good_once(desk: Desk) -> None:
    for _ in range(2):
        done = await desk.press("coupon", "press-number-1", percent=15, days=7)
        assert done.state == "done"
    (coupon,) = desk.workspace.server.shop.coupons.values()
    assert coupon["code"] in text_of(done.message)
    assert coupon["usageLimit"] == 1
    assert coupon["context"] == {"customers": {"add": ["gid://shopify/Customer/7200000001"]}}
    assert coupon["customerGets"]["value"] == {"percentage": 0.15}
    taken = await desk.press("coupon", "press-number-2", code=coupon["code"])
    assert (taken.state, "must be unique" in taken.problems[0].sentence()) == ("refused", True)
