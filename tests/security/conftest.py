"""An application with its pages, and clients that speak to it as different people."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import httpx2
import pytest
from litestar import Litestar

from crmcore.http.app import create_app
from crmcore.workspace import Crm

ADDRESS = "http://127.0.0.1:8000"
PASSWORD = "correct horse battery staple"


@pytest.fixture
def app(crm: Crm) -> Litestar:
    """The workspace's application; the fixture ``crm`` starts and stops the workspace itself."""
    return create_app(crm, start=False, worker=False)


@pytest.fixture
async def connect(app: Litestar, crm: Crm) -> AsyncIterator[Callable[..., httpx2.AsyncClient]]:
    """Return clients in the test's own event loop, with the headers given."""
    async with AsyncExitStack() as stack:

        def make(**headers: str) -> httpx2.AsyncClient:
            client = httpx2.AsyncClient(
                transport=httpx2.ASGITransport(app=cast(Any, app)), base_url=ADDRESS, headers=headers
            )
            stack.push_async_callback(client.aclose)
            return client

        yield make


@pytest.fixture
async def admin_id(crm: Crm) -> UUID:
    return await crm.accounts.create_user("ada@example.com", "Ada Admin", PASSWORD, role="admin")


@pytest.fixture
async def client(connect: Callable[..., httpx2.AsyncClient], crm: Crm, admin_id: UUID) -> httpx2.AsyncClient:
    """A client with an administrator's token."""
    return connect(authorization=f"Bearer {await crm.accounts.create_token(admin_id, 'tests', ['all'])}")


@pytest.fixture
async def viewer(connect: Callable[..., httpx2.AsyncClient], crm: Crm) -> httpx2.AsyncClient:
    """A client with the token of somebody who may only look."""
    id = await crm.accounts.create_user("vic@example.com", "Vic Viewer", PASSWORD, role="viewer")
    return connect(authorization=f"Bearer {await crm.accounts.create_token(id, 'tests', ['all'])}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep each file on one worker, but the published API's two databases on two; what watches the loop goes last.

    The published API takes longest and begins; the battery measures how long the loop is held, so that it runs when
    the most is done.
    """
    here = [item for item in items if Path(__file__).parent in item.path.parents]
    for item in here:
        group = item.path.stem
        if group == "test_published_api":
            group += "-postgres" if "postgres" in item.nodeid else "-sqlite"
        item.add_marker(pytest.mark.xdist_group(group))
    turns = {"test_published_api": 0, "test_hostile_battery": 2}
    here.sort(key=lambda item: turns.get(item.path.stem, 1))
    items[:] = [item for item in items if item not in set(here)] + here


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how much the matrices have tried."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, ()):
            for name, value in getattr(report, "user_properties", ()):
                if name == "matrix":
                    engine = "PostgreSQL" if "postgres" in report.nodeid else "SQLite"
                    terminalreporter.write_line(f"Access matrix on {engine}: {value}")
