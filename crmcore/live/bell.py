"""What rings when something was committed, so that nobody has to look all the time."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from crmcore.errors import CrmError

if TYPE_CHECKING:
    from crmcore.database.database import Database

CHANNEL = "crmcore_live"
PAUSE_S = 0.02
"""Other processes are told of all commits of so long together."""
LAST_S = 1.0


class Bell:
    """Rings in this process at once, and on PostgreSQL in all others that listen.

    It carries no news: what was committed is read from the database. A ring that is lost costs time, nothing else.
    Other processes on SQLite look for themselves.
    """

    def __init__(self, database: "Database") -> None:
        self._database = database
        self.name = uuid4().hex[:16]
        self._heard: Callable[[], None] | None = None
        self._telling: set[asyncio.Task[None]] = set()
        self._again = False

    def hear(self, heard: Callable[[], None] | None) -> None:
        """Call ``heard`` at every ring in this process; None ends that."""
        self._heard = heard

    def ring(self) -> None:
        """Tell that something was committed; called after the commit."""
        if self._heard is not None:
            self._heard()
        if self._database.kind == "postgres":
            self._tell_others()

    async def finish(self) -> None:
        """Wait for what is being told; a command's process ends right after its last commit."""
        loop = asyncio.get_running_loop()
        here = [task for task in self._telling if task.get_loop() is loop]
        if here:
            _, late = await asyncio.wait(here, timeout=LAST_S)
            for task in late:
                task.cancel()

    def _tell_others(self) -> None:
        loop = asyncio.get_running_loop()
        if any(task.get_loop() is loop for task in self._telling):
            self._again = True
            return
        # In a context of its own: this one may belong to a transaction, and to a request with little patience.
        task = loop.create_task(self._tell(), name="crmcore.bell", context=Context())
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tell(self) -> None:
        engine: Any = self._database.engine
        while True:
            self._again = False
            try:
                await engine.notify(CHANNEL, self.name)
            except (CrmError, OSError, RuntimeError):
                return  # who listens looks now and then without being told
            await asyncio.sleep(PAUSE_S)
            if not self._again:
                return
