"""Bringing transactions to their end whatever happens to the task that waits for it."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Endings:
    """Commits and rollbacks under way; a cancelled task leaves its own behind, and it still runs."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    async def run(self, end: Coroutine[Any, Any, None]) -> None:
        """Run ``end`` to its end, and raise what it raises unless nobody waits any more."""
        await asyncio.shield(self.leave(end))

    def leave(self, end: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """Let ``end`` run by itself."""
        return self.keep(asyncio.ensure_future(end))

    def keep(self, task: "asyncio.Task[None]") -> "asyncio.Task[None]":
        """Wait for ``task`` too before connections are closed."""
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    async def wait(self) -> None:
        """Wait for those that are still under way in this event loop."""
        loop = asyncio.get_running_loop()
        here = [task for task in self._running if task.get_loop() is loop]
        await asyncio.gather(*here, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, so that an end nobody waited for is not reported as forgotten
