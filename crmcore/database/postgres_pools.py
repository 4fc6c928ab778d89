"""Pools of PostgreSQL connections, one for each event loop that asks."""

import asyncio
from typing import Any

import asyncpg

from crmcore.database.deadlines import Deadline
from crmcore.database.postgres_errors import shared_errors

_Loop = asyncio.AbstractEventLoop

# The server's own limits are the second line, for statements whose client is gone.
_SESSION = {
    "application_name": "crmcore",
    "timezone": "UTC",
    "statement_timeout": "600s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
}
_CONNECT_S = 10.0
_CLOSE_S = 2.0


class PostgresPools:
    """Connections to one database. asyncpg's belong to an event loop, so every loop has a pool of its own."""

    def __init__(self, url: str, max_size: int) -> None:
        self._url = url
        self._max_size = max_size
        self._pools: dict[_Loop, Any] = {}
        self._opening: dict[_Loop, asyncio.Lock] = {}

    async def here(self) -> Any:
        """Return the pool of this event loop; raise what asyncpg raises if the server is away."""
        loop = asyncio.get_running_loop()
        if (pool := self._pools.get(loop)) is not None:
            return pool
        async with self._opening.setdefault(loop, asyncio.Lock()):
            if loop not in self._pools:
                self._pools[loop] = await asyncpg.create_pool(
                    self._url,
                    min_size=1,
                    max_size=self._max_size,
                    timeout=_CONNECT_S,
                    server_settings=_SESSION,
                    reset=_keep,
                )
        return self._pools[loop]

    async def acquire(self, deadline: Deadline) -> Any:
        """Take a connection, or raise :class:`~crmcore.errors.Unavailable` when none comes in time."""
        with shared_errors():
            async with asyncio.timeout(deadline.left()):
                pool = await self.here()
                return await pool.acquire()

    async def give_back(self, connection: Any, *, lost: bool) -> None:
        """Return a connection, or cut it when it cannot be used again."""
        if lost:
            connection.terminate()
        pool = self._pools.get(asyncio.get_running_loop())
        if pool is None:
            return
        try:
            await pool.release(connection, timeout=_CLOSE_S)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            connection.terminate()

    async def renew(self) -> None:
        """Replace every connection before its next use: what it has prepared may be of an older schema."""
        for pool in self._pools.values():
            await pool.expire_connections()

    async def close(self) -> None:
        """Close the connections of this event loop, and cut those of the others."""
        pools, self._pools = self._pools, {}
        self._opening.clear()
        for loop, pool in pools.items():
            if loop is asyncio.get_running_loop():
                try:
                    async with asyncio.timeout(_CLOSE_S):
                        await pool.close()
                except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    pool.terminate()
            elif not loop.is_closed():
                loop.call_soon_threadsafe(pool.terminate)


async def _keep(connection: Any) -> None:
    """Leave a connection as it is: ours change no session state, and asyncpg's reset is a query each time."""
