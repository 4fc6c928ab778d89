"""A database of each kind, a workspace with an audience, and Mailchimp at the other end of its client."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from crm_mailchimp.tables import mailchimp_app
from mailchimp_api import NOW, Mailchimp
from mailchimp_workspace import Workspace, opened

from crmcore.database.core_app import core_app
from crmcore.database.database import Database
from crmcore.testing.canary_watch import CanaryWatch
from crmcore.testing.clock import TurnableClock

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
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables, to be copied."""
    file = tmp_path_factory.mktemp("template") / "crm.sqlite"
    asyncio.run(_migrate(f"sqlite:///{file}"))
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return file


async def _migrate(url: str) -> None:
    database = Database.from_url(url)
    await database.open()
    try:
        await database.migrate([core_app(), mailchimp_app()])
    finally:
        await database.close()


@pytest.fixture
def sqlite_url(migrated: Path, tmp_path: Path) -> str:
    """The URL of a fresh SQLite file."""
    file = tmp_path / "crm.sqlite"
    shutil.copy(migrated, file)
    return f"sqlite:///{file}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a fresh database of each kind."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = f"mailchimp_{uuid4().hex[:12]}"
    server.run(f"CREATE DATABASE {name}")
    yield server.url_of(name)
    server.run(f"DROP DATABASE {name} WITH (FORCE)")


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
