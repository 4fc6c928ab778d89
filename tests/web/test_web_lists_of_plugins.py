"""A plugin's records have the same list, form and page, without a line of its own."""

import re
from collections.abc import AsyncIterator
from importlib.metadata import EntryPoint
from pathlib import Path

import httpx2
import pytest
from markup import Page
from order_plugin import Order

from crmcore.http.app import create_app
from crmcore.settings import WorkspaceSettings
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

PASSWORD = "correct horse battery"
HERE = "/records/orders_orders"


@pytest.fixture
async def browser(
    database_url: str, tmp_path: Path, clock: TurnableClock
) -> AsyncIterator[httpx2.AsyncClient]:
    settings = WorkspaceSettings(data_dir=str(tmp_path / "data"), database_url=database_url)
    crm = Crm.build(settings, clock=clock, entry_points=[EntryPoint("orders", "order_plugin", "crmcore")])
    await crm.start()
    try:
        with crm.bound():
            await Order.create_table(if_not_exists=True)
            await crm.accounts.create_user("a@example.com", "Ada", PASSWORD, role="admin")
            app = create_app(crm, start=False, worker=False)
            headers = {"accept": "text/html", "sec-fetch-site": "same-origin"}
            transport = httpx2.ASGITransport(app=app)
            async with httpx2.AsyncClient(
                transport=transport, base_url="http://127.0.0.1:8000", headers=headers
            ) as client:
                await client.post("/login", data={"email": "a@example.com", "password": PASSWORD})
                yield client
            await Order.alter().drop_table(if_exists=True)
    finally:
        await crm.stop()


async def test_orders_are_listed_made_changed_and_filtered(browser: httpx2.AsyncClient) -> None:
    made = await browser.post("/contacts/new", data={"first_name": "Ann"})
    assert made.status_code == 303
    for number in ("A-1", "A-2"):
        sent = {
            "number": number,
            "pieces": "3",
            "paid": "true",
            "contact_id": "Ann",
            "paid_at": "2026-01-02T03:04",
        }
        answer = await browser.post(f"{HERE}/new", data=sent)
        assert answer.status_code == 303, Page(answer.text).shown
    one = answer.headers["location"].split("?")[0]
    for address in (
        HERE,
        one,
        f"{one}/edit",
        f"{one}/fields/pieces",
        f"{HERE}/new",
        f"{HERE}?peek={one[-36:]}",
    ):
        page = await browser.get(address)
        assert page.status_code == 200, address
        assert Page(page.text).problems() == [], address
    listed = (await browser.get(f"{HERE}?sort=-number")).text
    assert re.findall("<b>(#[^<]*)</b>", listed) == ["#A-2", "#A-1"]
    assert 'href="/records/orders_orders"' in (await browser.get("/contacts")).text
    asked = "f0=pieces&o0=gte&v0=3&f1=paid&o1=eq&v1=true&f2=contact_id&o2=eq&v2=ann"
    asked += "&f3=number&o3=contains&v3=a-&do=apply"
    found = await browser.get((await browser.get(f"{HERE}/filter?{asked}")).headers["location"])
    assert sorted(re.findall("<b>(#[^<]*)</b>", found.text)) == ["#A-1", "#A-2"]
    work = {"everything": "1", "pick": "paid", "paid": "", "do": "change"}
    run = await browser.get((await browser.post(f"{HERE}/bulk/begin", data=work)).headers["location"])
    assert "Were changed2" in Page(run.text).shown
    wrong = await browser.post(f"{one}/fields/pieces", data={"pieces": "-1"})
    assert wrong.status_code == 422
    gone = await browser.post(f"{HERE}/bulk/begin", data={"do": "delete", "id": one[-36:]})
    assert "Were deleted1" in Page((await browser.get(gone.headers["location"])).text).shown
