"""Piccolo on PostgreSQL with a pool of connections that have timeouts and come back after a restart."""

import asyncio
from collections.abc import Coroutine, Sequence
from contextvars import Context
from typing import Any

from piccolo.engine.postgres import PostgresEngine
from piccolo.querystring import QueryString

from crmcore.database.changes import Changes, written_table
from crmcore.database.compiling import compiled
from crmcore.database.deadlines import Deadline
from crmcore.database.endings import Endings
from crmcore.database.postgres_connections import PostgresConnections
from crmcore.database.postgres_errors import connection_lost, shared_errors
from crmcore.database.postgres_transaction import PooledTransaction
from crmcore.database.transactions import only_reads, open_transaction
from crmcore.telemetry.current import spanned
from crmcore.telemetry.statements import describe_statement


class PooledPostgresEngine(PostgresEngine):
    """A PostgreSQL database behind a pool.

    A read outside a transaction is tried a second time when its connection turns out to be cut, so that a
    restart of the server is not noticed by whoever comes after it.
    """

    def __init__(self, url: str, *, max_size: int = 10) -> None:
        super().__init__(config={"dsn": url})
        self.statements = 0
        self.changes = Changes()
        self.connections = PostgresConnections(url, max_size)
        self._endings = Endings()

    async def check_version(self) -> None:
        """Ask nothing: the server need not be there yet."""

    async def prep_database(self) -> None:
        """Make no extensions: none is needed."""

    async def start_connection_pool(self, **kwargs: Any) -> None:
        """Open the pool; raise :class:`~crmcore.errors.Unavailable` if the server is away."""
        connection = await self.connections.acquire(Deadline.of_statement())
        await self.connections.give_back(connection, lost=False)

    async def close_connection_pool(self) -> None:
        """Finish the transactions that are ending, and close every connection."""
        await self._endings.wait()
        await self.connections.close()

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> list[Any]:
        """Run a query of Piccolo's and return its rows."""
        sql, arguments = compiled(querystring, "postgres")
        return await self.execute(sql, arguments)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> list[Any]:
        """Run a statement that changes tables."""
        return await self.execute(ddl, ())

    @spanned("client", describe_statement)
    async def execute(self, sql: str, arguments: Sequence[Any]) -> list[Any]:
        """Run one statement in the open transaction, or on any connection of the pool."""
        self.statements += 1
        transaction: PooledTransaction | None = open_transaction(self)
        if transaction is not None:
            return await transaction.execute(sql, arguments)
        deadline = Deadline.of_statement()
        with shared_errors():
            try:
                return await self._fetch(sql, arguments, deadline)
            except Exception as error:
                if deadline.over() or not connection_lost(error) or not only_reads(sql):
                    raise
                return await self._fetch(sql, arguments, deadline)
            finally:
                if not only_reads(sql):
                    self.changes.note(written_table(sql))

    async def tuples(self, sql: str, arguments: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Run one statement as :meth:`execute` does, and return the values of its rows without their names."""
        found: list[Sequence[Any]] = await self.execute(sql, arguments)
        return found

    def transform_response_to_dicts(self, results: list[Any]) -> list[dict[str, Any]]:
        """Return rows as dictionaries: their names are asked for once."""
        if not results:
            return []
        names = tuple(results[0].keys())
        return [dict(zip(names, row, strict=True)) for row in results]

    async def notify(self, channel: str, payload: str) -> None:
        """Tell the sessions that listen on ``channel``, outside of any transaction."""
        with shared_errors():
            await self._fetch("SELECT pg_notify($1, $2)", (channel, payload), Deadline.of_statement())

    async def _fetch(self, sql: str, arguments: Sequence[Any], deadline: Deadline) -> list[Any]:
        connection = await self.connections.acquire(deadline)
        try:
            rows: list[Any] = await connection.fetch(sql, *arguments, timeout=deadline.left())
        except BaseException as error:
            await self.finish(self.connections.give_back(connection, lost=connection_lost(error)), error)
            raise
        await self.connections.give_back(connection, lost=False)
        return rows

    async def before_migrating(self, seconds: float) -> None:
        """Prepare nothing: each migration waits for its lock itself."""

    async def after_migrating(self) -> None:
        """Forget the statements that were prepared for the older schema."""
        await self.connections.renew()

    async def finish(self, end: Coroutine[Any, Any, None], failure: BaseException | None = None) -> None:
        """Bring a transaction or connection to its end even if the task that waits for it is cancelled.

        After a statement that took too long nobody waits for the end: a server that hangs would be waited for
        twice.
        """
        if isinstance(failure, TimeoutError):
            self._endings.leave(end)
        else:
            await self._endings.run(end)

    def say(self, saying: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run ``saying`` beside everything, outside of the open transaction; connections are not closed before."""
        # In a context of its own: what is said follows the transaction and is no part of it.
        return self._endings.keep(asyncio.get_running_loop().create_task(saying, context=Context()))

    def transaction(self, allow_nested: bool = True) -> PooledTransaction:
        """Return a transaction on a connection of its own."""
        return PooledTransaction(self, allow_nested)

    def transaction_exists(self) -> bool:
        """Tell whether this task is in a transaction."""
        return open_transaction(self) is not None
