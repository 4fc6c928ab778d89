"""A database of each kind with the core's tables and ours."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from crm_telephony.tables import telephony_app

from crmcore.database.core_app import core_app
from crmcore.database.database import Database
from crmcore.testing.canary_watch import CanaryWatch

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


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'crm.sqlite'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = f"telephony_{uuid4().hex[:12]}"
    server.run(f"CREATE DATABASE {name}")
    yield server.url_of(name)
    server.run(f"DROP DATABASE {name} WITH (FORCE)")


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
