"""A database of each kind with the core's tables and ours."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from crm_telephony.tables import telephony_app
from piccolo.conf.apps import AppConfig

from crmcore.database.core_app import core_app
from crmcore.database.database import Database
from crmcore.testing.canary_watch import CanaryWatch

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


async def _migrate(url: str, apps: list[AppConfig]) -> None:
    database = Database.from_url(url)
    await database.open()
    try:
        await database.migrate(apps)
    finally:
        await database.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables, which is copied for each test."""
    file = tmp_path_factory.mktemp("template") / "crm.sqlite"
    asyncio.run(_migrate(f"sqlite:///{file}", [core_app(), telephony_app()]))
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return file


@pytest.fixture(scope="session")
def clean_databases(postgres_server: "PostgresServer") -> "Iterator[CleanDatabases]":
    """Databases with the core's tables: cleaned after each test, which is faster than making new ones."""
    from crmcore.testing.postgres_databases import CleanDatabases

    name = f"telephony_{uuid4().hex[:12]}"
    postgres_server.make(name)
    asyncio.run(_migrate(postgres_server.url_of(name), [core_app()]))
    databases = CleanDatabases(postgres_server, name)
    yield databases
    databases.close()
    postgres_server.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database of each kind with the core's tables, and no rows."""
    if request.param == "sqlite":
        file = tmp_path / "crm.sqlite"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        yield f"sqlite:///{file}?synchronous=off"
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
