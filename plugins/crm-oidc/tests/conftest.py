"""A workspace with this plugin, a provider beside it, and browsers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from importlib.metadata import EntryPoint
from pathlib import Path

import httpx2
import pytest
from openid_provider import CLIENT, SECRET, Provider
from pytest_httpserver import HTTPServer

from crmcore.http.app import create_app
from crmcore.settings import WorkspaceSettings
from crmcore.testing.canary_watch import CanaryWatch
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

ADDRESS = "http://127.0.0.1:8000"


def pytest_configure(config: pytest.Config) -> None:
    """Watch over the secrets of every test."""
    if not config.pluginmanager.has_plugin(CanaryWatch.NAME):
        config.pluginmanager.register(CanaryWatch(), CanaryWatch.NAME)


@pytest.fixture
def clock() -> TurnableClock:
    """A clock to turn."""
    return TurnableClock()


@pytest.fixture
def provider(httpserver: HTTPServer, clock: TurnableClock) -> Provider:
    """The provider."""
    return Provider(httpserver, clock)


@pytest.fixture
async def crm(tmp_path: Path, provider: Provider, clock: TurnableClock) -> AsyncIterator[Crm]:
    """A workspace that trusts the provider."""
    point = EntryPoint("oidc", "crm_oidc.plugin", "crmcore")
    host = provider.server.url_for("").removeprefix("http://").rstrip("/")
    settings = WorkspaceSettings(
        data_dir=str(tmp_path), strict=True, outgoing_hosts=[host, host.partition(":")[0]]
    )
    crm = Crm.build(settings, clock=clock, entry_points=[point])
    await crm.start()
    try:
        with crm.bound():
            await configure(crm, provider)
            yield crm
    finally:
        await crm.stop()


async def configure(crm: Crm, provider: Provider, **changes: object) -> None:
    """Set the plugin up, with ``changes``."""
    basic = {"issuer": provider.issuer, "client_id": CLIENT, "client_secret": SECRET, "name": "Acme"}
    await crm.plugin_settings.save("oidc", basic | changes)


@pytest.fixture
async def browse(crm: Crm) -> AsyncIterator[Callable[[], Awaitable[httpx2.AsyncClient]]]:
    """Call it for a browser of its own."""
    app = create_app(crm, start=False, worker=False)
    async with AsyncExitStack() as stack:

        async def browser() -> httpx2.AsyncClient:
            client = httpx2.AsyncClient(
                transport=httpx2.ASGITransport(app=app),
                base_url=ADDRESS,
                headers={"accept": "text/html", "accept-language": "en", "sec-fetch-site": "same-origin"},
            )
            stack.push_async_callback(client.aclose)
            return client

        yield browser
