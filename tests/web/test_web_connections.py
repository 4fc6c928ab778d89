"""Connections on their pages: added, tested, paused, deleted, connected by consent; deliveries worked on again."""

from collections.abc import AsyncIterator
from importlib.metadata import EntryPoint
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import connect_plugin
import pytest
from browsing import Browse
from markup import Page
from posting import deliveries, drained, request
from story import ADMIN, AGENT, PASSWORD

from crmcore import InvalidValue
from crmcore.contracts.actors import system_actor
from crmcore.conversations.tables import ChannelAccountRow
from crmcore.settings import WorkspaceSettings
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

LIST = "/settings/connections"
WRONG = InvalidValue({"en": "No such order.", "ru": "Нет такого заказа."})


@pytest.fixture
async def shop(database_url: str, tmp_path: Path, clock: TurnableClock) -> AsyncIterator[Crm]:
    """A workspace with the connections of the test plugin, and its people."""
    connect_plugin.FAILURES.clear()
    settings = WorkspaceSettings(data_dir=str(tmp_path / "data"), database_url=database_url)
    crm = Crm.build(settings, clock=clock, entry_points=[EntryPoint("connect", "connect_plugin", "crmcore")])
    await crm.start()
    with crm.bound():
        await crm.accounts.create_user(ADMIN, "Anna", PASSWORD, role="admin")
        await crm.accounts.create_user(AGENT, "Ivan", PASSWORD, role="agent")
        yield crm
    await crm.stop()


async def test_a_connection_is_added_tested_paused_and_deleted(shop: Crm, browse: Browse) -> None:
    browser = await browse(ADMIN)
    assert Page((await browser.get(LIST)).text).problems() == []
    assert Page((await browser.get(f"{LIST}/new?connection=shop")).text).problems() == []
    assert (await browser.get(f"{LIST}/new?connection=chat")).status_code == 404
    new = {"account_name": "Berlin", "account_slug": "berlin", "secret": "s3cret", "mode": "impossible"}
    refused = await browser.post(f"{LIST}/new?connection=shop", data=new)
    assert refused.status_code == 422 and "Not that." in refused.text
    added = await browser.post(f"{LIST}/new?connection=shop", data={**new, "mode": "ok"})
    here = added.headers["location"].partition("?")[0]
    page = await browser.get(here)
    assert Page(page.text).problems() == [] and "s3cret" not in page.text
    assert "http://127.0.0.1:8000/hooks/berlin" in page.text or "/hooks/berlin" in page.text
    sent = {"account_name": "Berlin", "account_slug": "berlin", "mode": "ok", "version": "1"}
    tried = await browser.post(here, data={**sent, "then": "test"})
    assert (tried.status_code, "Connected." in tried.text) == (200, True)
    assert (await browser.post(here, data=sent)).status_code == 409
    assert (await shop.channel_accounts.get("berlin")).account.config.secret == "s3cret"
    # What could not be handled is worked on again from here.
    connect_plugin.FAILURES["o-1"] = [WRONG]
    headers = {"x-shop-secret": "s3cret", "x-shop-id": "o-1"}
    await shop.conversations.receive("berlin", request(shop, b"{}", **headers))
    await drained(shop)
    page = await browser.get(here)
    assert "No such order." in page.text and Page(page.text).problems() == []
    [delivery] = await deliveries()
    again = await browser.post(f"/settings/deliveries/{delivery['id']}/replay", data={"next": here})
    assert again.headers["location"].startswith(here)
    await drained(shop)
    assert [row["state"] for row in await deliveries()] == ["done"]
    for step, state in (("pause", "paused"), ("resume", "active"), ("pause", "paused")):
        assert (await browser.post(f"{here}/{step}")).status_code == 303
        assert [row["state"] for row in await ChannelAccountRow.select()] == [state]
    russian = await browse(ADMIN, language="ru")
    listed = await russian.get(LIST)
    assert Page(listed.text).problems() == [] and "Berlin" in listed.text
    assert Page((await browser.get(f"{here}/delete")).text).problems() == []
    assert (await browser.post(f"{here}/delete")).status_code == 303
    assert await ChannelAccountRow.count() == 0


async def test_a_line_says_how_listening_goes_and_channels_are_no_connections(
    shop: Crm, browse: Browse
) -> None:
    browser, admin = await browse(ADMIN), shop.host.context("connect")
    assert admin is not None
    added = await browser.post(f"{LIST}/new?connection=line", data={"account_name": "Line", "mode": "ok"})
    here = added.headers["location"].partition("?")[0]
    page = await browser.get(here)
    assert (
        "Not listening" in page.text and "/hooks/line" not in page.text and Page(page.text).problems() == []
    )
    assert (await browser.get(here.replace("connections", "channels"))).status_code == 404
    await shop.channel_accounts.create("api", "Api", {}, actor=system_actor("tests"))
    kinds = (await browser.get("/api/connections")).json()["items"]
    assert [(one["key"], one["receives"], one["listens"], one["authorizes"]) for one in kinds] == [
        ("line", False, True, False),
        ("shop", True, False, True),
    ]
    for kind, names in (("connection", ["Line"]), ("channel", ["Api"])):
        listed = (await browser.get(f"/api/channel-accounts?kind={kind}")).json()["items"]
        assert [(one["name"], one["kind"], one["listening"]) for one in listed] == [
            (name, kind, None) for name in names
        ]
    assert (await browser.get("/api/channel-accounts?kind=odd")).status_code == 422
    agent = await browse(AGENT)
    assert (await agent.get(here)).status_code == 403
    assert (await agent.post(f"{here}/delete")).status_code == 403


async def test_consent_is_stored_once_and_only_for_the_browser_that_left(shop: Crm, browse: Browse) -> None:
    browser, other = await browse(ADMIN), await browse(ADMIN)
    added = await browser.post(
        f"{LIST}/new?connection=shop", data={"account_name": "Shop", "account_slug": "s"}
    )
    here = added.headers["location"].partition("?")[0]
    leave = f"/connections/{here.rpartition('/')[2]}/authorize"
    assert leave in (await browser.get(here)).text

    async def left() -> str:
        answer = await browser.get(leave)
        url = urlsplit(answer.headers["location"])
        query = parse_qs(url.query)
        assert (answer.status_code, url.hostname) == (303, "vendor.example")
        assert query["redirect_uri"] == [shop.consents.callback_url]
        return query["state"][0]

    async def token() -> str:
        return str((await shop.channel_accounts.get("s")).account.config.token)

    async def back(client: object, **query: str) -> int:
        answer = await client.get("/connections/callback", params=query)  # type: ignore[attr-defined]
        if answer.status_code == 200:
            assert Page(answer.text).problems() == []
        return int(answer.status_code)

    state = await left()
    assert await back(other, state=state, code="x", hmac="good") == 403
    assert await back(browser, state="", code="x", hmac="good") == 403
    assert await back(browser, state=state, code="forged", hmac="bad") == 409
    assert await back(browser, state=state, code="late", hmac="good") == 403
    assert await back(browser, state=await left(), error="access_denied") == 409
    assert await token() == ""
    state = await left()
    assert await back(browser, state=state, code="1", hmac="good") == 303
    assert await back(browser, state=state, code="2", hmac="good") == 403
    assert await token() == "granted-1"
    [row] = await ChannelAccountRow.select()
    assert "granted-1" not in row["config"]
    foreign = await browser.get(leave, headers={"sec-fetch-site": "cross-site"})
    assert foreign.status_code == 403
    clock: TurnableClock = shop.clock  # type: ignore[assignment]
    state = await left()
    clock.advance(601)
    assert await back(browser, state=state, code="3", hmac="good") == 403
