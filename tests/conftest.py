"""What every test may ask for: a database of each kind, a workspace on it, a clock to turn."""

import asyncio
import gc
import logging
import os
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
import structlog
from jinja2 import FileSystemBytecodeCache

from crmcore.database.core_app import core_app
from crmcore.database.database import Database
from crmcore.settings import WorkspaceSettings
from crmcore.testing.canary_places import dump_of
from crmcore.testing.canary_watch import CanaryWatch, is_drawn
from crmcore.testing.clock import TurnableClock

if TYPE_CHECKING:
    from crmcore.testing.postgres import PostgresServer
    from crmcore.testing.postgres_databases import CleanDatabases
    from crmcore.workspace import Crm


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    """Take back what a command that ran in this process did to the log."""
    root = logging.getLogger()
    level, known, configured = root.level, set(root.handlers), structlog.is_configured()
    yield
    for handler in root.handlers[:]:
        if type(handler) is logging.StreamHandler and handler not in known:
            root.removeHandler(handler)
            root.setLevel(level)
    if not configured:
        structlog.reset_defaults()


def pytest_configure(config: pytest.Config) -> None:
    """Watch over the secrets of every test."""
    # The tests' own client writes down every address that it asks, links with their tokens too.
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    if not config.pluginmanager.has_plugin(CanaryWatch.NAME):
        config.pluginmanager.register(CanaryWatch(), CanaryWatch.NAME)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note a test that is told once more; a worker's reports come to the process that counts."""
    folder = os.environ.get("REPORTS")
    if report.outcome == "rerun" and folder and "PYTEST_XDIST_WORKER" not in os.environ:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with (Path(folder) / "again.txt").open("a", encoding="utf-8") as again:
            again.write(f"  {report.nodeid}\n")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs PostgreSQL where there is none; the summary says so in one line."""
    if not _missing_postgres():
        return
    needy = {item for item in items if _needs_postgres(item)}
    config.hook.pytest_deselected(items=list(needy))
    items[:] = [item for item in items if item not in needy]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Collect garbage less often: looking through what is loaded anyway was a quarter of the tests' time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why the tests on PostgreSQL did not run, and what tests have counted (``record_property``)."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "counted" and report.when == "call":
                terminalreporter.write_line(f"counted: {value}")
    if missing := _missing_postgres():
        terminalreporter.write_line(f"SKIPPED every test on PostgreSQL: {missing}", yellow=True)


def _missing_postgres() -> str:
    try:
        from crmcore.testing.postgres import find_programs, named_server
    except ModuleNotFoundError:
        return "install crmcore[postgres]"
    if named_server() or find_programs():
        return ""
    return "set CRMCORE_TEST_POSTGRES or install a server"


def _needs_postgres(item: pytest.Item) -> bool:
    if "postgres_server" in getattr(item, "fixturenames", ()):
        return True
    call = getattr(item, "callspec", None)
    return call is not None and call.params.get("fresh_database") == "postgres"


@pytest.fixture(scope="session", autouse=True)
def _pages_compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Compile templates and read catalogues once for all applications: both were a third of a page's test."""
    from crmcore.web import site

    compiled = FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(site, "load_texts", cache(site.load_texts))
        patch.setattr(site, "Environment", partial(site.Environment, bytecode_cache=compiled))
        yield


@pytest.fixture(scope="session")
def postgres_server() -> Iterator["PostgresServer"]:
    """A PostgreSQL server for the session; what needs it is not even collected where there is none."""
    from crmcore.testing.postgres import find_server

    server = find_server()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the core's tables, to be copied."""
    file = tmp_path_factory.mktemp("template") / "crm.sqlite"
    asyncio.run(_migrate(f"sqlite:///{file}"))
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return file


@pytest.fixture(scope="session")
def postgres_databases(postgres_server: "PostgresServer") -> "Iterator[CleanDatabases]":
    """PostgreSQL databases with the core's tables."""
    from crmcore.testing.postgres_databases import CleanDatabases

    template = f"crmcore_template_{uuid4().hex[:8]}"
    postgres_server.make(template)
    asyncio.run(_migrate(postgres_server.url_of(template)))
    databases = CleanDatabases(postgres_server, template)
    yield databases
    databases.close()
    postgres_server.run(f"DROP DATABASE {template} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgres"])
def fresh_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Call it for the URL of another fresh, migrated database of each kind."""
    if request.param == "sqlite":
        migrated: Path = request.getfixturevalue("migrated_sqlite")

        def copied_file() -> str:
            file = tmp_path / f"crm-{uuid4().hex[:12]}.sqlite"
            shutil.copy(migrated, file)
            return f"sqlite:///{file}"

        yield copied_file
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    databases: CleanDatabases = request.getfixturevalue("postgres_databases")
    taken: list[str] = []

    def clean_database() -> str:
        taken.append(databases.take())
        return server.url_of(taken[-1])

    yield clean_database
    watch: CanaryWatch | None = request.config.pluginmanager.get_plugin(CanaryWatch.NAME)
    for name in taken:
        if watch is not None and is_drawn(request.node.nodeid):
            watch.canaries.hear("the PostgreSQL database", server.ask(name, dump_of))
        databases.give_back(name)


@pytest.fixture
def database_url(fresh_database: Callable[[], str]) -> str:
    """The URL of a fresh, migrated database of each kind."""
    return fresh_database()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open, migrated, bound database of each kind."""
    database = Database.from_url(database_url)
    await database.open()
    try:
        with database.bound():
            yield database
    finally:
        await database.close()


@pytest.fixture
def clock() -> TurnableClock:
    """A clock that stands still until it is turned: ``clock.advance(seconds)``."""
    return TurnableClock()


@pytest.fixture
async def crm(database_url: str, tmp_path: Path, clock: TurnableClock) -> "AsyncIterator[Crm]":
    """A started, bound workspace on each kind of database, with the core's own plugin only."""
    from crmcore.workspace import Crm

    settings = WorkspaceSettings(data_dir=str(tmp_path / "data"), database_url=database_url)
    crm = Crm.build(settings, clock=clock, entry_points=[])
    await crm.start()
    try:
        with crm.bound():
            yield crm
    finally:
        await crm.stop()


async def _migrate(url: str) -> None:
    database = Database.from_url(url)
    await database.open()
    try:
        await database.migrate([core_app()])
    finally:
        await database.close()
