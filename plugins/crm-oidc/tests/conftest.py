"""A workspace with this plugin, a provider beside it, and browsers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx2
import pytest
from openid_provider import CLIENT, SECRET, Provider
from pytest_httpserver import HTTPServer

from crmcore.http.app import create_app
from crmcore.testing.canary_watch import CanaryWatch
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

ADDRESS = "http://127.0.0.1:8000"


def pytest_configure(config: pytest.Config) -> None:
    """Watch over the secrets of every test."""
    if not config.pluginmanager.has_plugin(CanaryWatch.NAME):
        config.pluginmanager.register(CanaryWatch(), CanaryWatch.NAME)


@pytest.fixture
def provider(httpserver: HTTPServer, clock: TurnableClock) -> Provider:
    """The provider."""
    return Provider(httpserver, clock)


@pytest.fixture
def http() -> None:
    """Nothing is recorded: the provider is a server that really answers."""


@pytest.fixture
def crm_settings(provider: Provider) -> dict[str, Any]:
    """Let the workspace reach the provider on this machine."""
    host = provider.server.url_for("").removeprefix("http://").rstrip("/")
    return {"outgoing_hosts": [host, host.partition(":")[0]]}


@pytest.fixture
async def crm(crm: Crm, provider: Provider) -> Crm:
    """A workspace that trusts the provider."""
    await configure(crm, provider)
    return crm


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
