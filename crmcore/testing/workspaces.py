"""Workspaces for tests: a fresh database that has the core's tables already, a clock, an outside that is told."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, closing
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from crmcore.database.core_app import core_app
from crmcore.database.database import Database
from crmcore.settings import WorkspaceSettings
from crmcore.testing.clock import TurnableClock
from crmcore.testing.recorded_http import RecordedHttp

if TYPE_CHECKING:
    from crmcore.testing.postgres import PostgresServer
    from crmcore.workspace import Crm


class Databases:
    """Fresh databases in ``folder``. The core's migrations run once, into a template that is copied.

    With a ``server`` they are on PostgreSQL.
    """

    def __init__(self, folder: Path, server: "PostgresServer | None" = None) -> None:
        self._folder = folder
        self._server = server
        self._template = ""
        self._made: list[str] = []

    @property
    def kind(self) -> str:
        """``sqlite`` or ``postgres``."""
        return "postgres" if self._server else "sqlite"

    def fresh(self) -> str:
        """Return the URL of a database with the core's tables."""
        return self._copied_file() if self._server is None else self._copied_database(self._server)

    def close(self) -> None:
        """Drop what was made on the server; files go with their folder."""
        if self._server is not None:
            for name in [*self._made, *([self._template] if self._template else [])]:
                self._server.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _copied_file(self) -> str:
        if not self._template:
            self._template = str(self._folder / "template.sqlite")
            _run(_migrate(f"sqlite:///{self._template}?synchronous=off"))
            with closing(sqlite3.connect(self._template)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        file = self._folder / f"crm-{uuid4().hex[:12]}.sqlite"
        shutil.copy(self._template, file)
        return f"sqlite:///{file}?synchronous=off"

    def _copied_database(self, server: "PostgresServer") -> str:
        if not self._template:
            self._template = f"crmcore_kit_{uuid4().hex[:10]}"
            server.make(self._template)
            _run(_migrate(server.url_of(self._template)))
        name = f"crmcore_kit_{uuid4().hex[:10]}"
        server.run(f"CREATE DATABASE {name} TEMPLATE {self._template}")
        self._made.append(name)
        return server.url_of(name)


async def _migrate(url: str) -> None:
    database = Database.from_url(url)
    await database.open()
    try:
        await database.migrate([core_app()])
    finally:
        await database.close()


def _run(work: Any) -> None:
    """Run ``work`` to its end, also when an event loop runs in this thread already."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


@asynccontextmanager
async def workspace(
    folder: Path,
    database_url: str,
    plugins: Iterable[EntryPoint] = (),
    *,
    clock: TurnableClock | None = None,
    http: RecordedHttp | None = None,
    settings: Mapping[str, Any] | None = None,
) -> "AsyncIterator[Crm]":
    """Start a bound workspace with ``plugins``, strict: one that does not load is told at once."""
    from crmcore.workspace import Crm

    chosen = {"strict": True, **(settings or {})}
    crm = Crm.build(
        WorkspaceSettings(data_dir=str(folder), database_url=database_url, **chosen),
        clock=clock or TurnableClock(),
        entry_points=list(plugins),
    )
    if http is not None:
        await crm.http_client.aclose()
        # Whoever holds the client already, the webhooks for one, is answered from here too.
        crm.http_client._transport = http
    try:
        await crm.start()
        try:
            with crm.bound():
                yield crm
        finally:
            await crm.stop()
    finally:
        crm.host.close()
