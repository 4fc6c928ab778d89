"""A transaction of the SQLite engine."""

import sqlite3
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from piccolo.engine.base import validate_savepoint_name
from piccolo.engine.sqlite import SQLiteTransaction

from crmcore.database.errors import TransactionBroken
from crmcore.database.sqlite_errors import shared_errors
from crmcore.database.transactions import Joined, TransactionState, only_reads, open_transaction

if TYPE_CHECKING:
    from crmcore.database.sqlite_engine import SqliteEngine


class SqliteSavepoint:
    """A point within a transaction to which it can be rolled back."""

    def __init__(self, name: str, transaction: "SqliteTransaction") -> None:
        self.name = name
        self.transaction = transaction

    async def rollback_to(self) -> None:
        """Undo what happened since; the transaction is whole again."""
        await self.transaction.rollback_to(self.name)

    async def release(self) -> None:
        """Keep what happened since and forget the point."""
        await self.transaction.execute(f"RELEASE SAVEPOINT {self.name}")


class SqliteTransaction(SQLiteTransaction, TransactionState):
    """Holds the writer from its beginning to its end; ``BEGIN IMMEDIATE`` rides with the first statement.

    Inside another transaction of the same task it joins that one. Its end cannot be cancelled: a task that is
    cancelled in mid-transaction leaves a rollback behind, and the next one gets the writer.
    """

    engine: "SqliteEngine"

    def __init__(self, engine: "SqliteEngine", allow_nested: bool = True) -> None:
        TransactionState.__init__(self)
        self.engine = engine
        self._savepoint_id = 0
        self._begun = False
        self._parent: SqliteTransaction | None = open_transaction(engine)
        self._joined: Joined | None = None
        if self._parent is not None and not allow_nested:
            raise TransactionBroken("a transaction is already open here")

    @property
    def connection(self) -> "SqliteTransaction":
        """Itself: Piccolo asks a transaction's connection to ``execute``."""
        return self

    async def __aenter__(self) -> "SqliteTransaction":
        if self._parent is not None:
            self._joined = Joined(self._parent)
            return self._parent
        await self.engine.gate.acquire(self.engine.write_wait_s)
        self.context = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(self, exception_type: Any, exception: BaseException | None, traceback: Any) -> bool:
        if self._joined is not None:
            self._joined.end(exception)
            return False
        self.engine.current_transaction.reset(self.context)
        if self.finished:
            return False
        if exception is not None:
            await self.rollback()
            return False
        if self.broken_by is not None:
            await self.rollback()
            self.must_be_whole()
        await self.commit()
        return False

    async def commit(self) -> None:
        """Commit, give the writer back, then run what was registered for after the commit."""
        self.must_be_whole()
        await self.engine.finish(self._commit())

    async def rollback(self) -> None:
        """Undo everything and give the writer back."""
        await self.engine.finish(self._end(_rollback))

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

    async def execute(self, sql: str, arguments: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Run one statement in the transaction and return its rows."""
        self.must_be_whole()
        begin, self._begun = not self._begun, True
        if not only_reads(sql):
            self.writes += 1

        def call(connection: sqlite3.Connection) -> list[dict[str, Any]]:
            if begin:
                connection.execute("BEGIN IMMEDIATE")
            elif (
                not connection.in_transaction
            ):  # SQLite itself rolled back: disk full, I/O error, interrupted
                raise TransactionBroken("SQLite has rolled the transaction back")
            return self.engine.rows(connection, sql, arguments)

        with self.watched(), shared_errors():
            return await self.engine.writer.submit(call)

    async def savepoint(self, name: str | None = None) -> SqliteSavepoint:  # type: ignore[override]  # same methods
        """Set a point to roll back to."""
        self._savepoint_id += 1
        name = name or f"savepoint_{self._savepoint_id}"
        validate_savepoint_name(name)
        await self.execute(f"SAVEPOINT {name}")
        return SqliteSavepoint(name, self)

    async def rollback_to(self, savepoint_name: str) -> None:
        """Undo what happened since the savepoint; the transaction is whole again."""
        validate_savepoint_name(savepoint_name)
        self.broken_by = None
        await self.execute(f"ROLLBACK TO SAVEPOINT {savepoint_name}")


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
