"""A transaction of the PostgreSQL engine."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from piccolo.engine.postgres import PostgresTransaction

from crmcore.database.deadlines import Deadline, statement_seconds
from crmcore.database.postgres_along import Along, Waiting
from crmcore.database.postgres_errors import connection_lost, shared_errors
from crmcore.database.transactions import OwnTransaction

if TYPE_CHECKING:
    from crmcore.database.postgres_engine import PooledPostgresEngine


class PooledTransaction(OwnTransaction, PostgresTransaction):  # type: ignore[misc]  # its own savepoints
    """Holds a connection of the pool from its beginning to its end.

    Its end cannot be cancelled: a task that is cancelled in mid-transaction leaves a rollback behind, and the
    connection goes back to the pool.
    """

    engine: "PooledPostgresEngine"

    def __init__(self, engine: "PooledPostgresEngine", allow_nested: bool = True) -> None:
        super().__init__(engine, allow_nested)
        self.engine = engine
        self._lost = False
        self._failure: BaseException | None = None
        # Statements of tasks that share the transaction take turns; a connection runs one at a time.
        self._turn = asyncio.Lock()
        self._waiting = Waiting()

    async def begin(self) -> None:
        """Take a connection and begin; a connection that turns out to be cut is replaced once."""
        deadline = Deadline.of_statement()
        with shared_errors():
            try:
                await self._begin(deadline)
            except Exception as error:
                if deadline.over() or not connection_lost(error):
                    raise
                await self._begin(deadline)

    async def commit(self) -> None:
        """Commit, give the connection back, then run what was registered for after the commit."""
        self.must_be_whole()
        if self._waiting:
            try:
                await self._send_waiting()
            except BaseException:
                await self.rollback()
                raise
        await self.engine.finish(self._commit())

    async def rollback(self) -> None:
        """Undo everything and give the connection back."""
        await self.engine.finish(self._rollback(), self._failure)

    async def execute(self, sql: str, arguments: Sequence[Any] = ()) -> list[Any]:
        """Run one statement in the transaction and return its rows."""
        async with self._turn:
            with self.statement(sql), shared_errors():
                if self._waiting and not self._waiting.pass_by(sql):
                    if self._waiting.joins(sql):
                        return await self._fetch(*self._waiting.take(sql, arguments))
                    await self._fetch(*self._waiting.take())
                return await self._fetch(sql, arguments)

    async def write_along(self, insert: Along) -> None:
        """Write a row with the next statement, at the latest with the commit; what fails, fails there."""
        if self._waiting.knows(insert.name):
            await self._send_waiting()
        with self.statement(insert.sql):
            self._waiting.add(insert)

    async def rollback_to(self, savepoint_name: str) -> None:
        """Undo what happened since the savepoint; the transaction is whole again."""
        # Setting the savepoint has sent what waited then: all that waits now came later.
        self._waiting.forget()
        await super().rollback_to(savepoint_name)

    async def _send_waiting(self) -> None:
        async with self._turn:
            if self._waiting:
                sql, arguments = self._waiting.take()
                self.engine.statements += 1
                with self.statement(sql), shared_errors():
                    await self._fetch(sql, arguments)

    async def _begin(self, deadline: Deadline) -> None:
        self._raw = await self.engine.connections.acquire(deadline)
        try:
            await self._raw.execute("BEGIN", timeout=deadline.left())
        except BaseException as error:
            await self.engine.finish(self.engine.connections.give_back(self._raw, lost=True), error)
            raise

    async def _fetch(self, sql: str, arguments: Sequence[Any]) -> list[Any]:
        try:
            rows: list[Any] = await self._raw.fetch(sql, *arguments, timeout=statement_seconds())
        except BaseException as error:
            self._failure = error
            self._lost = self._lost or connection_lost(error)
            raise
        return rows

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
        self._waiting.forget()
        if not self._lost:
            try:
                await self._raw.execute("ROLLBACK", timeout=statement_seconds())
            except Exception:
                self._lost = True
        # The server itself rolls back what a cut connection leaves open.
        await self.engine.connections.give_back(self._raw, lost=self._lost)
