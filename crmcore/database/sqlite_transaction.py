"""A transaction of the SQLite engine."""

import sqlite3
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from piccolo.engine.sqlite import SQLiteTransaction

from crmcore.database.errors import TransactionBroken
from crmcore.database.sqlite_errors import shared_errors
from crmcore.database.transactions import OwnTransaction

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

    async def begin(self) -> None:
        """Wait for the writer."""
        await self.engine.gate.acquire(self.engine.write_wait_s)

    async def commit(self) -> None:
        """Commit, give the writer back, then run what was registered for after the commit."""
        self.must_be_whole()
        await self.engine.finish(self._commit())

    async def rollback(self) -> None:
        """Undo everything and give the writer back."""
        await self.engine.finish(self._end(_rollback))

    async def execute(self, sql: str, arguments: Sequence[Any] = ()) -> list[Any]:
        """Run one statement in the transaction and return its rows."""
        with self.statement(sql), shared_errors():
            begin, self._begun = not self._begun, True

            def call(connection: sqlite3.Connection) -> list[dict[str, Any]]:
                if begin:
                    connection.execute("BEGIN IMMEDIATE")
                elif not connection.in_transaction:  # disk full, I/O error, interrupted
                    raise TransactionBroken("SQLite has rolled the transaction back")
                return self.engine.rows(connection, sql, arguments)

            return await self.engine.writer.submit(call)

    async def _commit(self) -> None:
        with shared_errors():
            await self._end(_commit)
        self.call_after_commit()

    async def _end(self, call: Callable[[sqlite3.Connection], None]) -> None:
        self.finished = True
        try:
            # The writer's queue is in order, so the next transaction may have its turn before this call ran.
            ended = self.engine.writer.submit(call, needed=True) if self._begun else None
        finally:
            self.engine.gate.release()
        if ended is not None:
            await ended


def _commit(connection: sqlite3.Connection) -> None:
    if not connection.in_transaction:
        raise TransactionBroken("SQLite has rolled the transaction back")
    try:
        connection.execute("COMMIT")
    except BaseException:
        _rollback(connection)
        raise


def _rollback(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")
