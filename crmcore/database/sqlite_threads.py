"""Threads that each keep one SQLite connection: a statement is one hop there and back."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

from crmcore.database.budget import Budget
from crmcore.database.deadlines import Deadline, statement_seconds

T = TypeVar("T")

# SQLite asks between virtual-machine steps whether to go on; 2,000 steps are about a tenth of a millisecond.
_STEPS_BETWEEN_LOOKS = 2_000


class _Job:
    __slots__ = ("call", "deadline", "future", "kept", "loop", "needed", "seconds")

    def __init__(
        self, call: Callable[[sqlite3.Connection], Any], needed: bool, kept: Callable[[], bool]
    ) -> None:
        self.call = call
        self.needed = needed
        self.kept = kept
        self.seconds = statement_seconds()
        self.deadline: Deadline | None = None
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()

    def start(self) -> bool:
        """Start the clock; tell whether there is anything to do."""
        self.deadline = Deadline(self.seconds)
        return self.needed or not self.future.cancelled()

    def pointless(self) -> bool:
        """Tell whether to stop in the middle."""
        if self.needed:
            return False
        if self.deadline is not None and self.deadline.over():
            return True
        return self.future.cancelled() and not self.kept()

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
        self._lock = threading.Lock()
        self._unfinished = 0
        # The connection of the only thread there is, lent to the event loop's thread while it has nothing to do.
        self._lent: sqlite3.Connection | None = None
        self._limited = False
        self._budget = Budget()
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True)
            for number in range(count)
        ]

    def start(self) -> None:
        """Start the threads; a connection is opened when its thread gets its first call."""
        for thread in self._threads:
            thread.start()

    def submit(
        self,
        call: Callable[[sqlite3.Connection], T],
        *,
        needed: bool = False,
        kept: Callable[[], bool] = lambda: False,
    ) -> "asyncio.Future[T]":
        """Queue ``call`` and return the future of its result.

        A call is interrupted when its future is cancelled or when it takes longer than the task's limit for a
        statement. One that is ``needed`` (a commit, a rollback) runs to its end in any case; while ``kept`` says
        so, only the limit interrupts.
        """
        job = _Job(call, needed, kept)
        with self._lock:
            self._unfinished += 1
        self._jobs.put(job)
        return job.future

    def idle(self) -> bool:
        """Tell whether :meth:`here` can be used: a connection is open, and its one thread has nothing to do.

        True stays true as long as nobody submits.
        """
        return self._unfinished == 0 and self._lent is not None

    def here(self, call: Callable[[sqlite3.Connection], T], *, limited: bool = False) -> T:
        """Run ``call`` at once on the caller's thread, and interrupt it when it is ``limited`` and takes too long."""
        if self._lent is None:
            raise RuntimeError("no connection is open")
        self._limited = limited
        if limited:
            self._budget.start()
        try:
            return call(self._lent)
        finally:
            self._limited = False

    def stop(self) -> None:
        """Let the threads finish what is queued, close their connections, and wait for them."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        connection: sqlite3.Connection | None = None
        job: _Job | None = None

        def interrupted() -> bool:
            if job is not None:
                return job.pointless()
            return self._limited and self._budget.over()

        while (job := self._jobs.get()) is not None:
            if not job.start():
                job = None  # before the connection is lent: what runs there is not this job's
                self._finished()
                continue
            result: Any = None
            error: BaseException | None = None
            try:
                if connection is None:
                    connection = self._connect()
                    connection.set_progress_handler(interrupted, _STEPS_BETWEEN_LOOKS)
                    if len(self._threads) == 1:
                        self._lent = connection
                result = job.call(connection)
            except BaseException as caught:
                error = caught
            done, job = job, None
            self._finished()
            done.finish(result, error)
            del result, error, done
        self._lent = None
        if connection is not None:
            if connection.in_transaction:
                connection.rollback()
            connection.close()

    def _finished(self) -> None:
        with self._lock:
            self._unfinished -= 1
