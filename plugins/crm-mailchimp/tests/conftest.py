"""A database of each kind, a workspace with an audience, and Mailchimp at the other end of its client."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mailchimp_api import NOW, Mailchimp
from mailchimp_workspace import Workspace, opened

from crmcore.testing.canary_watch import CanaryWatch
from crmcore.testing.clock import TurnableClock
from crmcore.testing.workspaces import Databases

if TYPE_CHECKING:
    from crmcore.testing.postgres import PostgresServer


def pytest_configure(config: pytest.Config) -> None:
    """Watch over the secrets of every test."""
    if not config.pluginmanager.has_plugin(CanaryWatch.NAME):
        config.pluginmanager.register(CanaryWatch(), CanaryWatch.NAME)


@pytest.fixture(scope="session")
def postgres_server() -> "Iterator[PostgresServer]":
    """A PostgreSQL server, or a visible skip."""
    try:
        from crmcore.testing.postgres import find_server
    except ModuleNotFoundError:
        pytest.skip("no PostgreSQL: install crmcore[postgres]")
    server = find_server()
    if server is None:
        pytest.skip("no PostgreSQL: set CRMCORE_TEST_POSTGRES or install a server")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def sqlite_files(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """Database files with the core's tables."""
    return Databases(tmp_path_factory.mktemp("databases"))


@pytest.fixture(scope="session")
def postgres_databases(
    postgres_server: "PostgresServer", tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Databases]:
    """Databases on the server with the core's tables."""
    databases = Databases(tmp_path_factory.mktemp("postgres"), postgres_server)
    yield databases
    databases.close()


@pytest.fixture
def sqlite_url(sqlite_files: Databases) -> str:
    """The URL of a fresh SQLite file."""
    return sqlite_files.fresh()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh database of each kind."""
    name = "sqlite_files" if request.param == "sqlite" else "postgres_databases"
    databases: Databases = request.getfixturevalue(name)
    return databases.fresh()


@pytest.fixture
def clock() -> TurnableClock:
    """A clock to turn."""
    return TurnableClock(NOW)


@pytest.fixture
def mailchimp(clock: TurnableClock) -> Mailchimp:
    """The audience at the other end."""
    return Mailchimp(clock)


@pytest.fixture
async def workspace(
    mailchimp: Mailchimp, database_url: str, tmp_path: Path, clock: TurnableClock
) -> AsyncIterator[Workspace]:
    """A workspace with a connected audience, on each kind of database."""
    async with opened(database_url, tmp_path, mailchimp, clock) as workspace:
        await workspace.connect()
        yield workspace


@pytest.fixture
async def here(
    mailchimp: Mailchimp, sqlite_url: str, tmp_path: Path, clock: TurnableClock
) -> AsyncIterator[Workspace]:
    """The same on SQLite alone, for what does not depend on the database."""
    async with opened(sqlite_url, tmp_path, mailchimp, clock) as workspace:
        await workspace.connect()
        yield workspace
