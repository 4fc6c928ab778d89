"""A database of each kind with the core's tables and ours."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from ami_sessions import AmiServer, ami_server
from crm_telephony.tables import telephony_app
from workspace import Pops

from crmcore.database.core_app import core_app
from crmcore.database.database import Database
from crmcore.testing.canary_watch import CanaryWatch
from crmcore.testing.workspaces import Databases

if TYPE_CHECKING:
    from crmcore.testing.postgres import PostgresServer
    from crmcore.testing.postgres_databases import CleanDatabases


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


async def _migrate(url: str) -> None:
    database = Database.from_url(url)
    await database.open()
    try:
        await database.migrate([core_app()])
    finally:
        await database.close()


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """SQLite files with the core's tables, copied from one that was migrated."""
    return Databases(tmp_path_factory.mktemp("files"))


@pytest.fixture
def sqlite_url(files: Databases) -> str:
    """The URL of a fresh SQLite file, for what does not depend on the database."""
    return files.fresh()


@pytest.fixture(scope="session")
def clean_databases(postgres_server: "PostgresServer") -> "Iterator[CleanDatabases]":
    """Databases with the core's tables: cleaned after each test, which is faster than making new ones."""
    from crmcore.testing.postgres_databases import CleanDatabases

    name = f"telephony_{uuid4().hex[:12]}"
    postgres_server.make(name)
    asyncio.run(_migrate(postgres_server.url_of(name)))
    databases = CleanDatabases(postgres_server, name)
    yield databases
    databases.close()
    postgres_server.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database of each kind with the core's tables, and no rows."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    databases: CleanDatabases = request.getfixturevalue("clean_databases")
    name = databases.take()
    yield server.url_of(name)
    databases.give_back(name)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open, migrated, bound database of each kind."""
    database = Database.from_url(database_url)
    await database.open()
    try:
        await database.migrate([core_app(), telephony_app()])
        with database.bound():
            yield database
    finally:
        await database.close()


@pytest.fixture
async def ami() -> AsyncIterator[AmiServer]:
    """A server on a port of its own that plays what Asterisk said."""
    async with ami_server() as server:
        yield server


@pytest.fixture
def pops(monkeypatch: pytest.MonkeyPatch) -> Pops:
    """The cards that would have popped up, in their order."""
    pops = Pops()
    monkeypatch.setattr("crmcore.services.show_pop", pops)
    return pops
