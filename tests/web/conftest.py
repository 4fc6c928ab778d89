"""A workspace with a story in it, and browsers of its people."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import httpx2
import pytest
import shop_plugin
import uvicorn
from browsing import Browse, Chromium
from story import PASSWORD, Story, tell

from crmcore.http.app import create_app
from crmcore.http.cookies import session_cookie_name
from crmcore.settings import WorkspaceSettings
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

CHROMIUM = next((path for name in ("chromium", "google-chrome") if (path := shutil.which(name))), "")
ADDRESS = "http://127.0.0.1:8000"


@pytest.fixture
async def shop(database_url: str, tmp_path: Path, clock: TurnableClock) -> AsyncIterator[Crm]:
    """A started, bound workspace with the shop's plugin, on each kind of database."""
    shop_plugin.ANSWERS["calls"] = 0
    settings = WorkspaceSettings(
        data_dir=str(tmp_path / "data"), database_url=database_url, name="Polar Coffee"
    )
    crm = Crm.build(settings, clock=clock, entry_points=[EntryPoint("shop", "shop_plugin", "crmcore")])
    await crm.start()
    try:
        with crm.bound():
            yield crm
    finally:
        await crm.stop()


@pytest.fixture
async def story(shop: Crm) -> Story:
    """What there is in the workspace."""
    return await tell(shop)


@pytest.fixture
async def browse(shop: Crm) -> AsyncIterator[Browse]:
    """Call it with an e-mail address for a signed-in browser, without one for a stranger's."""
    app = create_app(shop, start=False, worker=False)
    async with AsyncExitStack() as stack:

        async def browser(email: str = "", language: str = "en") -> httpx2.AsyncClient:
            client = httpx2.AsyncClient(
                transport=httpx2.ASGITransport(app=app),
                base_url=ADDRESS,
                headers={"accept": "text/html", "accept-language": language, "sec-fetch-site": "same-origin"},
            )
            stack.push_async_callback(client.aclose)
            if email:
                answer = await client.post("/login", data={"email": email, "password": PASSWORD})
                assert answer.status_code == 303, answer.text
            return client

        yield browser


@pytest.fixture
def chromium_path(shop: Crm) -> str:
    """Where the browser is; on one engine only, because pages are the same on the other."""
    pytest.importorskip("playwright.async_api")
    if not CHROMIUM or shop.database.kind != "sqlite":
        pytest.skip("no Chromium here, or another engine")
    return CHROMIUM


@pytest.fixture
async def chromium(shop: Crm, chromium_path: str, story: Story) -> AsyncIterator[Chromium]:
    """Call it with an e-mail address for a page of that person's browser; afterwards no script has failed."""
    playwright_api = pytest.importorskip("playwright.async_api")
    listening = socket.create_server(("127.0.0.1", 0))
    app = create_app(shop, start=False, worker=False)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on"))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    faults: list[str] = []
    try:
        async with playwright_api.async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=chromium_path, args=["--no-sandbox", "--disable-gpu"]
            )

            async def page_of(email: str) -> Any:
                secret = await shop.accounts.sign_in(email, PASSWORD, address="127.0.0.1", user_agent="tests")
                context = await browser.new_context(viewport={"width": 1440, "height": 900}, base_url=address)
                cookie = {"name": session_cookie_name(shop.settings), "value": secret, "url": address}
                await context.add_cookies([cookie])
                page = await context.new_page()
                page.on("pageerror", lambda fault: faults.append(str(fault)))
                page.set_default_timeout(15_000)
                return page

            yield page_of
            await browser.close()
    finally:
        shop.live.stop()
        server.should_exit = True
        await serving
    assert faults == []
