"""Piccolo on PostgreSQL with a pool of connections that have timeouts and come back after a restart."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import asyncpg
from piccolo.engine.postgres import PostgresEngine
from piccolo.querystring import QueryString

from crmcore.database.deadlines import Deadline
from crmcore.database.postgres_errors import connection_failed, translated
from crmcore.database.postgres_transaction import PooledTransaction
from crmcore.database.transactions import open_transaction

_Loop = asyncio.AbstractEventLoop

# The server's own limits are the second line, for statements whose client is gone.
_SESSION = {
    "application_name": "crmcore",
    "timezone": "UTC",
    "statement_timeout": "600s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
}


class PooledPostgresEngine(PostgresEngine):
    """A PostgreSQL database behind a pool.

    asyncpg's connections belong to one event loop, so each loop that comes gets a pool of its own.
    """

    def __init__(self, url: str, *, max_size: int = 10) -> None:
        super().__init__(config={"dsn": url, "server_settings": dict(_SESSION)})
        self.max_size = max_size
        self.statements = 0
        self._pools: dict[_Loop, asyncpg.Pool] = {}
        self._finishing: set[asyncio.Task[None]] = set()

    async def check_version(self) -> None:
        """Ask nothing: the server need not be there yet."""

    async def prep_database(self) -> None:
        """Make no extensions: none is needed."""

    async def start_connection_pool(self, **kwargs: Any) -> None:
        """Open the pool of this event loop; raise :class:`~crmcore.errors.Unavailable` if the server is away."""
        loop = asyncio.get_running_loop()
        if loop in self._pools:
            return
        try:
            pool = asyncpg.create_pool(
                **self.config, min_size=1, max_size=self.max_size, timeout=2.0, command_timeout=None, **kwargs
            )
            async with asyncio.timeout(Deadline().left()):
                self._pools[loop] = await pool
        except Exception as error:
            shared = translated(error)
            if shared is error:
                raise
            raise shared from error

    async def close_connection_pool(self) -> None:
        """Close the pool of this event loop, and cut the connections of the others."""
        await asyncio.gather(*self._finishing, return_exceptions=True)
        here = self._pools.pop(asyncio.get_running_loop(), None)
        for loop, pool in self._pools.items():
            if not loop.is_closed():
                loop.call_soon_threadsafe(pool.terminate)
        self._pools.clear()
        if here is not None:
            try:
                async with asyncio.timeout(2.0):
                    await here.close()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                here.terminate()

    async def acquire(self, deadline: Deadline) -> Any:
        """Take a connection out of the pool."""
        loop = asyncio.get_running_loop()
        if loop not in self._pools:
            await self.start_connection_pool()
        try:
            return await self._pools[loop].acquire(timeout=deadline.left())
        except Exception as error:
            shared = translated(error)
            if shared is error:
                raise
            raise shared from error

    async def give_back(self, connection: Any, *, healthy: bool = True) -> None:
        """Return a connection to the pool, or cut it when it cannot be trusted any more."""
        if not healthy:
            connection.terminate()
        pool = self._pools.get(asyncio.get_running_loop())
        if pool is not None:
            await pool.release(connection, timeout=2.0)

    async def finish(self, end: Coroutine[Any, Any, None]) -> None:
        """Bring a transaction to its end even if the task that waits for it is cancelled."""
        task = asyncio.ensure_future(end)
        self._finishing.add(task)
        task.add_done_callback(self._finishing.discard)
        await asyncio.shield(task)

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> list[Any]:
        """Run a query of Piccolo's and return its rows."""
        sql, arguments = querystring.compile_string(engine_type="postgres")
        return await self.execute(sql, arguments)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> list[Any]:
        """Run a statement that changes tables."""
        return await self.execute(ddl, ())

    async def execute(self, sql: str, arguments: Sequence[Any]) -> list[Any]:
        """Run one statement in the open transaction, or on any connection of the pool."""
        self.statements += 1
        transaction: PooledTransaction | None = open_transaction(self)
        if transaction is not None:
            return await transaction.execute(sql, arguments)
        deadline = Deadline()
        connection = await self.acquire(deadline)
        healthy = True
        try:
            rows: list[Any] = await connection.fetch(sql, *arguments, timeout=deadline.left())
            return rows
        except BaseException as error:
            healthy = not connection_failed(error)
            shared = translated(error)
            if shared is error:
                raise
            raise shared from error
        finally:
            await self.give_back(connection, healthy=healthy)

    def transaction(self, allow_nested: bool = True) -> PooledTransaction:
        """Return a transaction on a connection of its own."""
        return PooledTransaction(self, allow_nested)

    def transaction_exists(self) -> bool:
        """Tell whether this task is in a transaction."""
        return open_transaction(self) is not None
