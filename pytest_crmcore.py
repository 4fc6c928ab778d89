"""The fixtures of crmcore for tests of plugins; pytest finds them by itself.

Outside of the package, and importing none of it: pytest loads this module in every run of every project in the
environment. What the fixtures need is imported when a test asks for one.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

try:
    from pytest_asyncio import fixture as async_fixture
except ImportError:  # the fixtures below then say what is missing, as pytest does for any async fixture
    async_fixture = pytest.fixture  # type: ignore[assignment]

if TYPE_CHECKING:
    import httpx2  # noqa: TID251 - its type alone

    from crmcore.testing.clock import TurnableClock
    from crmcore.testing.factories import Factories
    from crmcore.testing.inbound import Inbound
    from crmcore.testing.people import People
    from crmcore.testing.recorded_events import RecordedEvents
    from crmcore.testing.recorded_http import RecordedHttp
    from crmcore.testing.suite import Report
    from crmcore.testing.workspaces import Databases
    from crmcore.workspace import Crm

ENGINES = ("sqlite", "postgres")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the flag for the databases, and the list of plugins that a project's workspaces have."""
    group = parser.getgroup("crmcore")
    group.addoption(
        "--crmcore-engine",
        choices=(*ENGINES, "both"),
        default="sqlite",
        help="Databases on which tests with a workspace run. Default: sqlite.",
    )
    parser.addini("crmcore_plugins", "Plugins that the fixture crm loads.", type="args", default=[])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what needs a workspace on each chosen database, and a contract once for each of its rules."""
    if "crm_engine" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--crmcore-engine")
        engines = ENGINES if chosen == "both" else (chosen,)
        metafunc.parametrize("crm_engine", engines, indirect=True, scope="session")
    rules = getattr(metafunc.cls, "crmcore_rules", None)
    if rules is not None and "crmcore_rule" in metafunc.fixturenames:
        metafunc.parametrize("crmcore_rule", rules(), ids=lambda rule: rule.key)


@pytest.fixture(scope="session")
def crm_engine(request: pytest.FixtureRequest) -> str:
    """The kind of database: sqlite or postgres."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture(scope="session")
def crm_databases(
    crm_engine: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> "Iterator[Databases]":
    """Fresh databases of the chosen kind, with the core's tables."""
    from crmcore.testing.workspaces import Databases

    server = None
    if crm_engine == "postgres":
        from crmcore.testing.postgres import find_server

        server = find_server()
    databases = Databases(tmp_path_factory.mktemp("crmcore"), server)
    yield databases
    databases.close()
    if server is not None:
        server.stop()


@pytest.fixture(scope="session")
def crm_sqlite(tmp_path_factory: pytest.TempPathFactory) -> "Databases":
    """Fresh SQLite files with the core's tables, whatever kind was chosen: ``crm_sqlite.fresh()`` is a URL."""
    from crmcore.testing.workspaces import Databases

    return Databases(tmp_path_factory.mktemp("crmcore-sqlite"))


@pytest.fixture(scope="session")
def crm_postgres(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Databases]":
    """Fresh PostgreSQL databases with the core's tables, or a visible skip where there is no server."""
    from crmcore.testing.workspaces import Databases

    try:
        from crmcore.testing.postgres import find_server
    except ModuleNotFoundError:
        pytest.skip("no PostgreSQL: install crmcore[postgres]")
    server = find_server()
    if server is None:
        pytest.skip("no PostgreSQL: set CRMCORE_TEST_POSTGRES or install a server")
    databases = Databases(tmp_path_factory.mktemp("crmcore-postgres"), server)
    yield databases
    databases.close()
    server.stop()


@pytest.fixture(params=ENGINES)
def crm_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh database with the core's tables; the test runs on each kind."""
    databases: Databases = request.getfixturevalue(f"crm_{request.param}")
    return databases.fresh()


@pytest.fixture
def crm_plugins(request: pytest.FixtureRequest) -> list[Any]:
    """What the workspace loads; override it in a module that wants others: names, files, modules, entry points."""
    return list(request.config.getini("crmcore_plugins"))


@pytest.fixture
def crm_settings() -> dict[str, Any]:
    """Settings of the workspace that differ from the defaults; override it."""
    return {}


@pytest.fixture
def clock() -> "TurnableClock":
    """A clock that stands still until it is turned: ``clock.advance(seconds)``."""
    from crmcore.testing.clock import TurnableClock

    return TurnableClock()


@pytest.fixture
def http() -> "RecordedHttp":
    """The outside: ``http.answer(url, json=…)`` says what comes back, ``http.requests`` what was asked."""
    from crmcore.testing.recorded_http import RecordedHttp

    return RecordedHttp()


@pytest.fixture
def no_network() -> Iterator[None]:
    """Refuse every connection beyond this machine."""
    from crmcore.testing.no_network import no_network as refused

    with refused():
        yield


@async_fixture
async def crm(
    crm_databases: "Databases",
    crm_plugins: list[Any],
    crm_settings: dict[str, Any],
    clock: "TurnableClock",
    http: "RecordedHttp",
    tmp_path: Path,
) -> "AsyncIterator[Crm]":
    """A started, bound workspace with the plugins under test, in strict mode."""
    from crmcore.testing.plugin_points import entry_point_of
    from crmcore.testing.workspaces import workspace

    points = [entry_point_of(plugin) for plugin in crm_plugins]
    url = crm_databases.fresh()
    async with workspace(
        tmp_path / "data", url, points, clock=clock, http=http, settings=crm_settings
    ) as started:
        yield started


@async_fixture
async def people(crm: "Crm") -> "AsyncIterator[People]":
    """Users by role, and clients that speak as them: ``await people.browser("viewer")``."""
    from crmcore.testing.people import People

    found = People(crm)
    yield found
    await found.aclose()


@async_fixture
async def client(people: "People") -> "httpx2.AsyncClient":
    """A client of the JSON API with an administrator's token."""
    return await people.program("admin")


@async_fixture
async def admin(people: "People") -> "httpx2.AsyncClient":
    """A signed-in administrator's browser."""
    return await people.browser("admin")


@async_fixture
async def agent(people: "People") -> "httpx2.AsyncClient":
    """A signed-in agent's browser."""
    return await people.browser("agent")


@async_fixture
async def viewer(people: "People") -> "httpx2.AsyncClient":
    """The browser of somebody who may only look."""
    return await people.browser("viewer")


@pytest.fixture
def make(crm: "Crm") -> "Factories":
    """Records: ``await make.contact(first_name="Ann")``, ``await make.message("Hello", email=…)``."""
    from crmcore.testing.factories import Factories

    return Factories(crm)


@pytest.fixture
def inbound(crm: "Crm") -> "Inbound":
    """Deliveries of vendors: ``await inbound.account("telegram", {…})``, ``await inbound("telegram", {…})``."""
    from crmcore.testing.inbound import Inbound

    return Inbound(crm)


@pytest.fixture
def events(crm: "Crm") -> "RecordedEvents":
    """What has happened: ``await events("contact_created")``."""
    from crmcore.testing.recorded_events import RecordedEvents

    return RecordedEvents()


@pytest.fixture
def context(crm: "Crm", crm_plugins: list[Any]) -> "Callable[[str], Any]":
    """Call it with a plugin's name for that plugin's context; without one, for that of the only plugin."""

    def of(name: str = "") -> Any:
        names = [plugin for plugin in crm.host.plugins if plugin != "core"]
        return crm.host.context(name or names[0])

    return of


@pytest.fixture(scope="session")
def crmcore_report(
    crm_databases: "Databases", tmp_path_factory: pytest.TempPathFactory
) -> "Callable[..., Report]":
    """Call it with a plugin and samples, or None for the plugin's own: what came of all rules, tried once."""
    from crmcore.testing.plugin_points import entry_point_of
    from crmcore.testing.suite import try_plugin

    known: dict[tuple[str, int], Report] = {}

    def report(plugin: Any, samples: Any = None) -> "Report":
        point = entry_point_of(plugin)
        key = (f"{point.name} {point.value}", id(samples))
        if key not in known:
            known[key] = try_plugin(point, crm_databases, tmp_path_factory.mktemp("kit"), samples=samples)
        return known[key]

    return report
