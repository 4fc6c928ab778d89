"""A workspace with a story in it, and browsers of its people."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from importlib.metadata import EntryPoint
from pathlib import Path

import httpx2
import pytest
import shop_plugin
from browsing import Browse
from story import PASSWORD, Story, tell

from crmcore.http.app import create_app
from crmcore.settings import WorkspaceSettings
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

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
