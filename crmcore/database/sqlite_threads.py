"""Threads that each keep one SQLite connection: a statement is one hop there and back."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

from crmcore.database.deadlines import Deadline

T = TypeVar("T")

# SQLite asks between virtual-machine steps whether to go on; 10,000 steps are about half a millisecond.
_STEPS_BETWEEN_LOOKS = 10_000


class _Job:
    __slots__ = ("call", "deadline", "future", "loop", "needed")

    def __init__(
        self, call: Callable[[sqlite3.Connection], Any], seconds: float | None, needed: bool
    ) -> None:
        self.call = call
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()
        self.needed = needed
        self.deadline = None if needed else Deadline(seconds)

    def pointless(self) -> bool:
        """Tell whether nobody waits for the result any more."""
        return self.deadline is not None and (self.future.cancelled() or self.deadline.over())

    def finish(self, result: Any, error: BaseException | None) -> None:
        try:
            self.loop.call_soon_threadsafe(_deliver, self.future, result, error)
        except RuntimeError:  # the event loop is closed: nobody is left to tell
            return


def _deliver(future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


class ConnectionThreads:
    """Run calls, in the order they come, on ``count`` threads with a connection each."""

    def __init__(self, name: str, count: int, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True)
            for number in range(count)
        ]

    def start(self) -> None:
        """Start the threads; a connection is opened when its thread gets its first call."""
        for thread in self._threads:
            thread.start()

    def submit(
        self, call: Callable[[sqlite3.Connection], T], seconds: float | None = None, *, needed: bool = False
    ) -> asyncio.Future[T]:
        """Queue ``call`` and return the future of its result.

        A call is interrupted when its future is cancelled or when it takes longer than ``seconds`` (None: the
        task's own limit). One that is ``needed`` (a commit, a rollback) runs to its end in any case.
        """
        job = _Job(call, seconds, needed)
        self._jobs.put(job)
        return job.future

    def stop(self) -> None:
        """Let the threads finish what is queued, close their connections, and wait for them."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        connection: sqlite3.Connection | None = None
        current: _Job | None = None

        def interrupted() -> bool:
            return current is not None and current.pointless()

        while (current := self._jobs.get()) is not None:
            if current.future.cancelled() and not current.needed:
                continue
            result: Any = None
            error: BaseException | None = None
            try:
                if connection is None:
                    connection = self._connect()
                    connection.set_progress_handler(interrupted, _STEPS_BETWEEN_LOOKS)
                result = current.call(connection)
            except BaseException as caught:
                error = caught
            current.finish(result, error)
            del result, error
        if connection is not None:
            if connection.in_transaction:
                connection.rollback()
            connection.close()
