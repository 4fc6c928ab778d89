"""A transaction of the PostgreSQL engine."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from piccolo.engine.base import validate_savepoint_name
from piccolo.engine.postgres import PostgresTransaction

from crmcore.database.deadlines import Deadline, statement_seconds
from crmcore.database.errors import TransactionBroken
from crmcore.database.postgres_errors import connection_lost, shared_errors
from crmcore.database.transactions import Joined, TransactionState, only_reads, open_transaction

if TYPE_CHECKING:
    from crmcore.database.postgres_engine import PooledPostgresEngine


class PooledSavepoint:
    """A point within a transaction to which it can be rolled back."""

    def __init__(self, name: str, transaction: "PooledTransaction") -> None:
        self.name = name
        self.transaction = transaction

    async def rollback_to(self) -> None:
        """Undo what happened since; the transaction is whole again."""
        await self.transaction.rollback_to(self.name)

    async def release(self) -> None:
        """Keep what happened since and forget the point."""
        await self.transaction.execute(f"RELEASE SAVEPOINT {self.name}")


class PooledTransaction(PostgresTransaction, TransactionState):
    """Holds a connection of the pool from its beginning to its end.

    Inside another transaction of the same task it joins that one. Its end cannot be cancelled: a task that is
    cancelled in mid-transaction leaves a rollback behind, and the connection goes back to the pool.
    """

    engine: "PooledPostgresEngine"

    def __init__(self, engine: "PooledPostgresEngine", allow_nested: bool = True) -> None:
        TransactionState.__init__(self)
        self.engine = engine
        self._savepoint_id = 0
        self._lost = False
        self._failure: BaseException | None = None
        # Statements of tasks that share the transaction take turns; a connection runs one at a time.
        self._turn = asyncio.Lock()
        self._parent: PooledTransaction | None = open_transaction(engine)
        self._joined: Joined | None = None
        if self._parent is not None and not allow_nested:
            raise TransactionBroken("a transaction is already open here")

    @property
    def connection(self) -> "PooledTransaction":
        """Itself: Piccolo asks a transaction's connection to ``execute`` and to ``fetch``."""
        return self

    async def __aenter__(self) -> "PooledTransaction":
        if self._parent is not None:
            self._joined = Joined(self._parent)
            return self._parent
        deadline = Deadline.of_statement()
        self._raw = await self.engine.connections.acquire(deadline)
        try:
            with shared_errors():
                await self._raw.execute("BEGIN", timeout=deadline.left())
        except BaseException:
            await self.engine.connections.give_back(self._raw, lost=True)
            raise
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
        """Commit, give the connection back, then run what was registered for after the commit."""
        self.must_be_whole()
        await self.engine.finish(self._commit())

    async def rollback(self) -> None:
        """Undo everything and give the connection back."""
        await self.engine.finish(self._rollback(), self._failure)

    async def _commit(self) -> None:
        self.finished = True
        try:
            with shared_errors():
                await self._raw.execute("COMMIT", timeout=statement_seconds())
        except BaseException:
            await self.engine.connections.give_back(self._raw, lost=True)
            raise
        await self.engine.connections.give_back(self._raw, lost=False)
        self.call_after_commit()

    async def _rollback(self) -> None:
        self.finished = True
        if not self._lost:
            try:
                await self._raw.execute("ROLLBACK", timeout=statement_seconds())
            except Exception:
                self._lost = True
        # The server itself rolls back what a cut connection leaves open.
        await self.engine.connections.give_back(self._raw, lost=self._lost)

    async def fetch(self, sql: str, *arguments: Any) -> list[Any]:
        """Run one statement in the transaction and return its rows."""
        return await self.execute(sql, arguments)

    async def execute(self, sql: str, arguments: Sequence[Any] = ()) -> list[Any]:
        """Run one statement in the transaction and return its rows."""
        async with self._turn:
            self.must_be_whole()
            if not only_reads(sql):
                self.writes += 1
            with self.watched(), shared_errors():
                return await self._fetch(sql, arguments)

    async def _fetch(self, sql: str, arguments: Sequence[Any]) -> list[Any]:
        try:
            rows: list[Any] = await self._raw.fetch(sql, *arguments, timeout=statement_seconds())
        except BaseException as error:
            self._failure = error
            self._lost = self._lost or connection_lost(error)
            raise
        return rows

    async def savepoint(self, name: str | None = None) -> PooledSavepoint:  # type: ignore[override]  # same methods
        """Set a point to roll back to."""
        self._savepoint_id += 1
        name = name or f"savepoint_{self._savepoint_id}"
        validate_savepoint_name(name)
        await self.execute(f"SAVEPOINT {name}")
        return PooledSavepoint(name, self)

    async def rollback_to(self, savepoint_name: str) -> None:
        """Undo what happened since the savepoint; the transaction is whole again."""
        validate_savepoint_name(savepoint_name)
        self.broken_by = None
        await self.execute(f"ROLLBACK TO SAVEPOINT {savepoint_name}")
