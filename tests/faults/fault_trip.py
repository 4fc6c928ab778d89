"""Makes the n-th call fail: database statements, requests to others, writes to the disk."""

import errno
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from crmcore.files.spool import Spooled
from crmcore.workspace import Crm


class Trip:
    """Counts calls of one kind while it is armed, and says when the one is there that has to fail."""

    def __init__(self) -> None:
        self.armed = False
        self.count = 0
        self.at = 0
        self.sprung = False

    def arm(self, at: int) -> None:
        """Let call number ``at`` fail, counted from 1; 0 only counts."""
        self.armed, self.at, self.count, self.sprung = True, at, 0, False

    def disarm(self) -> None:
        """Let everything pass."""
        self.armed = False

    def step(self) -> bool:
        """Count a call; tell whether it has to fail. After it everything passes, as after a short outage."""
        if not self.armed or self.sprung:
            return False
        self.count += 1
        self.sprung = self.count == self.at
        return self.sprung


def sqlite_error(code: int = 10, name: str = "disk I/O error") -> sqlite3.OperationalError:
    """Return what SQLite raises: IOERR unless said."""
    error = sqlite3.OperationalError(name)
    error.sqlite_errorcode = code
    return error


@contextmanager
def failing_sqlite(crm: Crm, trip: Trip) -> Iterator[None]:
    """Statements and commits of a SQLite workspace fail as on a broken disk: the whole transaction is rolled back."""
    engine: Any = crm.database.engine
    rows, commit = engine.rows, engine.group.commit

    def failing_rows(connection: sqlite3.Connection, sql: str, arguments: Any) -> Any:
        if trip.armed and not trip.sprung:
            trip.last = sql
        if trip.step():
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise sqlite_error()
        return rows(connection, sql, arguments)

    class Failing:
        def __init__(self, connection: sqlite3.Connection) -> None:
            self._connection = connection

        def execute(self, sql: str) -> Any:
            if sql == "COMMIT" and trip.armed and not trip.sprung:
                trip.last = sql
            if sql == "COMMIT" and trip.step():
                raise sqlite_error(13, "database or disk is full")
            return self._connection.execute(sql)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._connection, name)

    def failing_commit(connection: sqlite3.Connection) -> None:
        commit(Failing(connection))

    engine.rows, engine.group.commit = failing_rows, failing_commit
    try:
        yield
    finally:
        del engine.rows, engine.group.commit


@contextmanager
def failing_postgres(crm: Crm, trip: Trip, *, answered: bool) -> Iterator[None]:
    """Connections to PostgreSQL are cut: before the statement is sent, or (``answered``) before its answer comes.

    A COMMIT whose answer is lost has happened, and nobody knows.
    """
    import asyncpg

    connections: Any = crm.database.engine.connections  # type: ignore[union-attr]
    acquire, give_back = connections.acquire, connections.give_back

    class Cut:
        def __init__(self, raw: Any) -> None:
            self.raw = raw

        async def _run(self, call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
            fails = trip.step()
            if not fails:
                return await call(*arguments, **named)
            if answered:
                await call(*arguments, **named)
            self.raw.terminate()
            raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")

        async def fetch(self, *arguments: Any, **named: Any) -> Any:
            return await self._run(self.raw.fetch, *arguments, **named)

        async def execute(self, *arguments: Any, **named: Any) -> Any:
            return await self._run(self.raw.execute, *arguments, **named)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.raw, name)

    async def failing_acquire(deadline: Any) -> Any:
        return Cut(await acquire(deadline))

    async def unwrapped(connection: Any, *, lost: bool) -> None:
        await give_back(getattr(connection, "raw", connection), lost=lost)

    connections.acquire, connections.give_back = failing_acquire, unwrapped
    try:
        yield
    finally:
        del connections.acquire, connections.give_back


@contextmanager
def failing_database(crm: Crm, trip: Trip, *, answered: bool = False) -> Iterator[None]:
    """The n-th statement, BEGIN or COMMIT of either engine fails."""
    broken = (
        failing_sqlite(crm, trip)
        if crm.database.kind == "sqlite"
        else failing_postgres(crm, trip, answered=answered)
    )
    with broken:
        yield


@contextmanager
def failing_requests(crm: Crm, trip: Trip, *, answered: bool = False) -> Iterator[None]:
    """The n-th request to others fails: not sent at all, or (``answered``) received while its answer is lost."""
    client: Any = crm.http_client
    transport = client._transport

    class Failing:
        async def handle_async_request(self, request: httpx2.Request) -> Any:
            if not trip.step():
                return await transport.handle_async_request(request)
            if answered:
                await (await transport.handle_async_request(request)).aclose()
            raise httpx2.ReadError("connection reset by peer")

        def __getattr__(self, name: str) -> Any:
            return getattr(transport, name)

    client._transport = Failing()
    try:
        yield
    finally:
        client._transport = transport


@contextmanager
def failing_disk(trip: Trip) -> Iterator[None]:
    """The n-th write of a file fails half done, its fsync, or its renaming: the disk is full."""
    with pytest.MonkeyPatch.context() as patch:
        copied, synced, replaced, written = shutil.copyfileobj, os.fsync, Path.replace, Spooled._write

        def full() -> OSError:
            return OSError(errno.ENOSPC, "No space left on device")

        def copy(source: Any, target: Any, length: int = 0) -> None:
            if trip.step():
                target.write(source.read(7))
                raise full()
            copied(source, target, length)

        def sync(handle: int) -> None:
            if trip.step():
                raise OSError(errno.EIO, "Input/output error")
            synced(handle)

        def replace(path: Path, target: Any) -> Any:
            if trip.step():
                raise full()
            return replaced(path, target)

        def write(spooled: Spooled, chunk: bytes) -> None:
            if trip.step():
                written(spooled, chunk[: len(chunk) // 2])
                raise full()
            written(spooled, chunk)

        patch.setattr(shutil, "copyfileobj", copy)
        patch.setattr(os, "fsync", sync)
        patch.setattr(Path, "replace", replace)
        patch.setattr(Spooled, "_write", write)
        yield
