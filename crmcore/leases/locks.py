"""Locks: a block that one task of all processes runs at a time."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog

from crmcore.contracts.jobs import Busy
from crmcore.database.database import Database
from crmcore.errors import CrmError
from crmcore.leases.leases import Leases

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.02, 0.5
MAX_NAME = 150


class Locks:
    """Locks on leases. A holder that cannot prove that it is alive is stopped before another gets the lock."""

    def __init__(self, database: Database, leases: Leases) -> None:
        self._database = database
        self._leases = leases

    @asynccontextmanager
    async def held(self, owner: str, name: str, timeout_s: float) -> AsyncIterator[None]:
        """Hold ``name`` of ``owner`` while the block runs.

        Raises Busy when it was not free within ``timeout_s``, ValueError for a name of more than 150 characters,
        RuntimeError inside a transaction (others would not see it), and TimeoutError when the database was away so
        long that another may have it.
        """
        if not name or len(name) > MAX_NAME:
            raise ValueError(f"the name of a lock has 1 to {MAX_NAME} characters")
        if self._database.engine.transaction_exists():
            raise RuntimeError(f"the lock {name!r} has to be taken outside the transaction")
        full, holder = f"lock:{owner}:{name}", self._leases.new_holder()
        await self._wait(full, holder, name, timeout_s)
        loop = asyncio.get_running_loop()
        safe_s = self._leases.lease_s * 2 / 3
        try:
            async with asyncio.timeout(safe_s) as limit:
                beating = loop.create_task(self._beat(full, holder, limit, safe_s), name=f"lock {name}")
                try:
                    yield
                finally:
                    beating.cancel()
                    await asyncio.gather(beating, return_exceptions=True)
        finally:
            with suppress(CrmError):  # its beat stands still from now on: that frees it as well
                await self._leases.release([full], holder)

    async def _wait(self, full: str, holder: str, name: str, timeout_s: float) -> None:
        until, pause_s = time.monotonic() + timeout_s, FIRST_PAUSE_S
        while not await self._leases.take(full, holder):
            left = until - time.monotonic()
            if left <= 0:
                raise Busy(name)
            await asyncio.sleep(min(pause_s, left))
            pause_s = min(LONGEST_PAUSE_S, pause_s * 1.5)

    async def _beat(self, full: str, holder: str, limit: asyncio.Timeout, safe_s: float) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(safe_s / 3)
            began = loop.time()
            try:
                if full not in await self._leases.beat(holder):
                    limit.reschedule(loop.time())
                    return
            except CrmError as error:
                structlog.get_logger("crmcore.leases").info("lock_not_kept", error=error.code)
                continue
            limit.reschedule(began + safe_s)
