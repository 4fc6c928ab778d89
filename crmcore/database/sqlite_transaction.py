"""A transaction of the SQLite engine."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from piccolo.engine.sqlite import SQLiteTransaction

from crmcore.database.quick import quick_write
from crmcore.database.sqlite_errors import shared_errors
from crmcore.database.sqlite_here import ReadsHere
from crmcore.database.transactions import OwnTransaction, only_reads
from crmcore.database.unavailable import not_answering

if TYPE_CHECKING:
    from crmcore.database.sqlite_engine import SqliteEngine


class SqliteTransaction(OwnTransaction, SQLiteTransaction):  # type: ignore[misc]  # its own savepoints
    """Holds the writer from its beginning to its end; ``BEGIN IMMEDIATE`` rides with the first statement.

    Its end cannot be cancelled: a task that is cancelled in mid-transaction leaves a rollback behind, and the
    next one gets the writer.
    """

    engine: "SqliteEngine"

    def __init__(self, engine: "SqliteEngine", allow_nested: bool = True) -> None:
        super().__init__(engine, allow_nested)
        self.engine = engine
        self._begun = False
        self._part: bool | None = None  # None until it has really begun

    async def begin(self) -> None:
        """Wait for the writer."""
        await self.engine.gate.acquire(self.engine.write_wait_s)

    async def commit(self) -> None:
        """Commit, give the writer back, then run what was registered for after the commit."""
        self.must_be_whole()
        await self.engine.finish(self._commit())

    async def rollback(self) -> None:
        """Undo everything and give the writer back."""
        await self.engine.finish(self._rollback())

    async def execute(self, sql: str, arguments: Sequence[Any] = ()) -> list[Any]:
        """Run one statement in the transaction and return its rows."""
        engine = self.engine
        with self.statement(sql), shared_errors():
            here = engine.reads_here
            reads = only_reads(sql)
            short = reads or quick_write(sql, arguments)
            if here is not None and short and here.possible(sql):
                await here.breathe()
                if engine.writer.idle() and (self._begun or self._begin_here(here)):
                    done, rows = here.timed(sql, lambda: self._here(sql, arguments))
                    if done and rows is not None:
                        return rows
            begin, self._begun = not self._begun, True

            def call(connection: sqlite3.Connection) -> list[dict[str, Any]]:
                if begin:
                    # What may take long does not keep others from their commit.
                    self._part = engine.group.enter(connection, alone=not short)
                return self._run(connection, sql, arguments)

            # SQLite rolls the whole transaction back with a write that is interrupted, others' parts too.
            return await engine.writer.submit(call, kept=lambda: self._part is True and not reads)

    def _begin_here(self, here: ReadsHere) -> bool:
        """Begin on this thread; tell whether it was possible without waiting for the disk or another process."""
        if self.engine.group.full():
            return False

        def begin(connection: sqlite3.Connection) -> bool:
            self._part = self.engine.group.enter(connection, timeout_ms=0)
            return True

        self._begun, _ = here.timed("BEGIN IMMEDIATE", lambda: self.engine.writer.here(begin))
        return self._begun

    def _here(self, sql: str, arguments: Sequence[Any]) -> list[dict[str, Any]]:
        # A write that is interrupted takes the whole transaction with it, a read only itself.
        return self.engine.writer.here(
            lambda connection: self._run(connection, sql, arguments), limited=only_reads(sql)
        )

    def _run(
        self, connection: sqlite3.Connection, sql: str, arguments: Sequence[Any]
    ) -> list[dict[str, Any]]:
        if (
            not connection.in_transaction
        ):  # disk full, I/O error, interrupted: here, or in the group that it is part of
            raise not_answering()
        return self.engine.rows(connection, sql, arguments)

    async def _commit(self) -> None:
        self.finished = True
        engine, committed = self.engine, asyncio.get_running_loop().create_future()
        try:
            if self._begun:
                engine.group.promise()
                self._end(lambda connection: engine.group.leave(connection, self._part is True, committed))
                if engine.group.full():
                    engine.writer.submit(engine.group.commit, needed=True)
        finally:
            engine.gate.release()
        if self._begun:
            with shared_errors():
                await committed
        self.call_after_commit()

    async def _rollback(self) -> None:
        self.finished = True
        ended: asyncio.Future[None] | None = None
        try:
            if self._begun:
                ended = self._end(lambda connection: self.engine.group.undo(connection, self._part))
        finally:
            self.engine.gate.release()
        if ended is not None:
            await ended

    def _end(self, call: Callable[[sqlite3.Connection], None]) -> "asyncio.Future[None] | None":
        """Run ``call`` after what has been submitted; the next transaction's calls come after it."""
        engine = self.engine
        if engine.reads_here is not None and engine.reads_here.at_home() and engine.writer.idle():
            engine.writer.here(call)
            return None
        return engine.writer.submit(call, needed=True)
