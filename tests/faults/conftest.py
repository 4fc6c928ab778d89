"""A furnished workspace on each database, and a receiver of its webhooks."""

from collections.abc import AsyncIterator, Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fault_tally import Tally
from fault_world import World, furnish
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from crmcore.http.app import create_app
from crmcore.settings import WorkspaceSettings
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

PLUGINS = [
    EntryPoint("chat", "chat_plugin", "crmcore"),
    EntryPoint("neighbour", "fault_neighbour", "crmcore"),
]


class Receiver:
    """Remembers what is posted to ``/hook``."""

    def __init__(self, server: HTTPServer) -> None:
        self.got: list[Request] = []
        self.url = server.url_for("/hook")
        server.expect_request("/hook", method="POST").respond_with_handler(self._take)

    def _take(self, request: Request) -> Response:
        request.get_data()
        self.got.append(request)
        return Response(status=204)


@pytest.fixture
def tally(record_property: Callable[[str, object], None]) -> Tally:
    return Tally(record_property)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many faults of each kind were injected on which database, and how much was looked at afterwards."""
    told: dict[tuple[str, str], list[int]] = {}
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "fault" and report.when == "call":
                what, engine, *figures = str(value).split("|")
                sums = told.setdefault((what, engine), [0, 0, 0])
                told[what, engine] = [a + int(b) for a, b in zip(sums, figures, strict=True)]
    for (what, engine), (count, examined, looked) in sorted(told.items()):
        line = f"faults: {count:6,} x {what}, {engine}"
        if looked:
            line += f"; invariants {examined:,} times over {looked:,} things"
        terminalreporter.write_line(line)
    if told:
        count, examined, looked = (sum(sums[place] for sums in told.values()) for place in range(3))
        terminalreporter.write_line(
            f"faults: {count:6,} in all; invariants {examined:,} times over {looked:,} things, all of them held"
        )


@pytest.fixture
def receiver(httpserver: HTTPServer) -> Receiver:
    return Receiver(httpserver)


@pytest.fixture
async def world(
    database_url: str, tmp_path: Path, clock: TurnableClock, httpserver: HTTPServer, receiver: Receiver
) -> AsyncIterator[World]:
    """A workspace with channels, a plugin that listens, an endpoint and an administrator's client."""
    settings = WorkspaceSettings(
        data_dir=str(tmp_path / "data"),
        database_url=database_url,
        outgoing_hosts=[f"{httpserver.host}:{httpserver.port}"],
        plugins=[plugin.name for plugin in PLUGINS],
    )
    crm = Crm.build(settings, clock=clock, entry_points=PLUGINS)
    await crm.start()
    clients: list[httpx2.AsyncClient] = []
    application: Any = create_app(crm, start=False, worker=False, pages=False)

    def connect(token: str) -> httpx2.AsyncClient:
        transport = httpx2.ASGITransport(app=application, raise_app_exceptions=False)
        clients.append(
            httpx2.AsyncClient(
                transport=transport,
                base_url="http://127.0.0.1:8000",
                headers={"Authorization": f"Bearer {token}"},
            )
        )
        return clients[-1]

    try:
        with crm.bound():
            yield await furnish(crm, clock, connect, receiver)
    finally:
        for client in clients:
            await client.aclose()
        await crm.stop()
