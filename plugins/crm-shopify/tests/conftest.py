"""A database of each kind, a stand-in for Shopify that listens on this machine, and a workspace with its shop."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
import uvicorn
from crm_shopify.standin.schema import trimmed
from crm_shopify.standin.server import StandInServer
from crm_shopify.standin.shop import StandInShop
from shopify_workspace import NOW, Workspace

from crmcore.testing.canary_watch import CanaryWatch
from crmcore.testing.clock import TurnableClock
from crmcore.testing.workspaces import Databases
from crmcore.testing.workspaces import workspace as started


def pytest_configure(config: pytest.Config) -> None:
    """Watch over the secrets of every test."""
    if not config.pluginmanager.has_plugin(CanaryWatch.NAME):
        config.pluginmanager.register(CanaryWatch(), CanaryWatch.NAME)


@pytest.fixture
def clock() -> TurnableClock:
    """A clock to turn."""
    return TurnableClock(NOW)


@pytest.fixture
def server(clock: TurnableClock) -> StandInServer:
    """Shopify, with one shop and nobody in it."""
    return StandInServer(StandInShop(trimmed(), now=clock))


class _Quiet(uvicorn.Server):
    """Leaves the signals to pytest."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def listening(app: StandInServer) -> AsyncIterator[str]:
    """Serve ``app`` on this machine; yield its ``127.0.0.1:PORT``."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        web = _Quiet(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
        task = asyncio.create_task(web.serve(sockets=[bound]))
        while not web.started:  # noqa: ASYNC110 - it says so in no other way
            await asyncio.sleep(0.005)
        try:
            yield f"127.0.0.1:{bound.getsockname()[1]}"
        finally:
            web.should_exit = True
            await task


@asynccontextmanager
async def _workspace(
    server: StandInServer, url: str, folder: Path, clock: TurnableClock
) -> AsyncIterator[Workspace]:
    point = EntryPoint("shopify", "crm_shopify.plugin", "crmcore")
    async with listening(server) as address:
        settings = {"outgoing_hosts": [address]}
        async with started(folder / "data", url, [point], clock=clock, settings=settings) as crm:
            workspace = Workspace(crm, server, clock, f"http://{address}")
            await workspace.connect()
            yield workspace


@pytest.fixture
async def workspace(
    server: StandInServer, crm_url: str, tmp_path: Path, clock: TurnableClock
) -> AsyncIterator[Workspace]:
    """A workspace with a connected shop, on each kind of database."""
    async with _workspace(server, crm_url, tmp_path, clock) as workspace:
        yield workspace


@pytest.fixture
async def here(
    server: StandInServer, crm_sqlite: Databases, tmp_path: Path, clock: TurnableClock
) -> AsyncIterator[Workspace]:
    """The same on SQLite alone, for what does not depend on the database."""
    async with _workspace(server, crm_sqlite.fresh(), tmp_path, clock) as workspace:
        yield workspace
