"""Clients of the whole application, pages included."""

from collections.abc import AsyncIterator, Callable

import httpx2
import pytest

from crmcore.http.app import create_app
from crmcore.workspace import Crm

ADDRESS = "http://crm.test"


@pytest.fixture
async def connect(crm: Crm) -> AsyncIterator[Callable[..., httpx2.AsyncClient]]:
    """Return clients of the whole application, pages included."""
    app = create_app(crm, start=False, worker=False)
    clients: list[httpx2.AsyncClient] = []

    def make(**headers: str) -> httpx2.AsyncClient:
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        clients.append(httpx2.AsyncClient(transport=transport, base_url=ADDRESS, headers=named))
        return clients[-1]

    yield make
    for client in clients:
        await client.aclose()
