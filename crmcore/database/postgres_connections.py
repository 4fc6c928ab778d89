"""Connections to PostgreSQL, kept in a pool."""

import asyncio
from contextlib import suppress
from typing import Any

import asyncpg

from crmcore.database.deadlines import Deadline
from crmcore.database.postgres_errors import shared_errors
from crmcore.spared_imports import know_ids_of

know_ids_of(asyncpg)

# The server's own limits are the second line, for statements whose client is gone.
# No statement of ours gains by being compiled to machine code: it takes 100 ms and more, and is done whenever the
# planner guesses a search among millions of messages to be costly.
_SESSION = {
    "application_name": "crmcore",
    "timezone": "UTC",
    "statement_timeout": "600s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
    "jit": "off",
}
_CONNECT_S = 10.0
_CLOSE_S = 2.0


class PostgresConnections:
    """A pool of connections that belongs to the event loop that came first.

    asyncpg's connections live in one event loop. Another one, as of a thread that calls ``asyncio.run``, gets a
    connection for each use, because nobody would close its pool when it ends.
    """

    def __init__(self, url: str, max_size: int) -> None:
        self._url = url
        self._max_size = max_size
        self._pool: Any = None
        self._home: asyncio.AbstractEventLoop | None = None
        self._opening: asyncio.Lock | None = None

    async def acquire(self, deadline: Deadline) -> Any:
        """Take a connection, or raise :class:`~crmcore.errors.Unavailable` when none comes in time."""
        with shared_errors():
            async with asyncio.timeout(deadline.left()):
                if not self._at_home():
                    return await asyncpg.connect(self._url, timeout=_CONNECT_S, server_settings=_SESSION)
                if self._pool is None:
                    await self._open()
                return await self._pool.acquire()

    async def give_back(self, connection: Any, *, lost: bool) -> None:
        """Return a connection, or cut it when it cannot be used again."""
        if lost:
            _cut(connection)
        try:
            if not self._at_home():
                await connection.close(timeout=_CLOSE_S)
            elif self._pool is not None:
                await self._pool.release(connection, timeout=_CLOSE_S)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            _cut(connection)

    def counts(self) -> dict[str, int]:
        """Return how many connections are ``busy`` and ``idle``, and how many there may be: ``limit``."""
        pool = self._pool
        size, idle = (pool.get_size(), pool.get_idle_size()) if pool is not None else (0, 0)
        return {"busy": size - idle, "idle": idle, "limit": self._max_size}

    async def renew(self) -> None:
        """Replace every connection before its next use: what it has prepared may be of an older schema."""
        if self._pool is not None:
            await self._pool.expire_connections()

    async def close(self) -> None:
        """Close every connection."""
        pool, self._pool, self._opening = self._pool, None, None
        if pool is None:
            return
        if not self._at_home():
            pool.terminate()
            return
        try:
            async with asyncio.timeout(_CLOSE_S):
                await pool.close()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            pool.terminate()

    def _at_home(self) -> bool:
        loop = asyncio.get_running_loop()
        if self._home is None or self._home.is_closed():
            self._home, self._pool, self._opening = loop, None, None
        return loop is self._home

    async def _open(self) -> None:
        self._opening = self._opening or asyncio.Lock()
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._url,
                    min_size=0,
                    max_size=self._max_size,
                    timeout=_CONNECT_S,
                    server_settings=_SESSION,
                    reset=_keep,
                )


def _cut(connection: Any) -> None:
    with suppress(asyncpg.InterfaceError):  # the pool has already noticed and taken it back
        connection.terminate()


async def _keep(connection: Any) -> None:
    """Leave a connection as it is: ours change no session state, and asyncpg's reset is a query each time."""
