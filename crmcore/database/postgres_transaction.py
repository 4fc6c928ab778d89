"""A transaction of the PostgreSQL engine."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from piccolo.engine.base import validate_savepoint_name
from piccolo.engine.postgres import PostgresTransaction

from crmcore.database.deadlines import Deadline
from crmcore.database.errors import TransactionBroken
from crmcore.database.postgres_errors import translated
from crmcore.database.transactions import TransactionState, open_transaction

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

    def __init__(self, engine: "PooledPostgresEngine", allow_nested: bool = True) -> None:
        TransactionState.__init__(self)
        self.engine = engine
        self._savepoint_id = 0
        # Statements of tasks that share the transaction take turns; a connection runs one at a time.
        self._turn = asyncio.Lock()
        self._parent: PooledTransaction | None = open_transaction(engine)
        if self._parent is not None and not allow_nested:
            raise TransactionBroken("a transaction is already open here")

    async def __aenter__(self) -> "PooledTransaction":
        if self._parent is not None:
            self._parent.must_be_whole()
            return self._parent
        deadline = Deadline()
        self.raw = await self.engine.acquire(deadline)
        try:
            await self.raw.execute("BEGIN", timeout=deadline.left())
        except BaseException as error:
            await self.engine.give_back(self.raw, healthy=False)
            shared = translated(error)
            if shared is error:
                raise
            raise shared from error
        self.context = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(self, exception_type: Any, exception: BaseException | None, traceback: Any) -> bool:
        if self._parent is not None:
            if exception is not None and self._parent.broken_by is None:
                self._parent.broken_by = exception
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

    @property
    def connection(self) -> "PooledTransaction":
        """Itself: Piccolo asks a transaction's connection to ``execute`` and to ``fetch``."""
        return self

    async def commit(self) -> None:
        """Commit, give the connection back, then run what was registered for after the commit."""
        self.must_be_whole()
        await self.engine.finish(self._commit())

    async def rollback(self) -> None:
        """Undo everything and give the connection back."""
        await self.engine.finish(self._rollback())

    async def _commit(self) -> None:
        self.finished = True
        try:
            await self.raw.execute("COMMIT", timeout=Deadline().left())
        except BaseException as error:
            await self.engine.give_back(self.raw, healthy=False)
            raise translated(error) from error
        await self.engine.give_back(self.raw)
        self.call_after_commit()

    async def _rollback(self) -> None:
        self.finished = True
        try:
            await self.raw.execute("ROLLBACK", timeout=Deadline().left())
        except Exception:  # the server rolls back a lost connection by itself
            await self.engine.give_back(self.raw, healthy=False)
        else:
            await self.engine.give_back(self.raw)

    async def fetch(self, sql: str, *arguments: Any) -> list[Any]:
        """Run one statement in the transaction and return its rows."""
        return await self.execute(sql, arguments)

    async def execute(self, sql: str, arguments: Sequence[Any] = ()) -> list[Any]:
        """Run one statement in the transaction and return its rows."""
        async with self._turn:
            self.must_be_whole()
            try:
                rows: list[Any] = await self.raw.fetch(sql, *arguments, timeout=Deadline().left())
            except BaseException as error:
                self.broken_by = shared = translated(error)
                if shared is error:
                    raise
                raise shared from error
            return rows

    async def savepoint(self, name: str | None = None) -> PooledSavepoint:  # type: ignore[override]  # own class, same methods
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
