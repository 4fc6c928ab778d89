"""The turn to write to a SQLite database: one transaction at a time, first come first served."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable

from crmcore.database.unavailable import not_answering

_Turn = asyncio.Future[None]


class WriterGate:
    """Hands the writer from one transaction to the next, also between event loops of different threads."""

    def __init__(self, idle: Callable[[], None] = lambda: None) -> None:
        """``idle`` is called when a turn ends and nobody waits for the next."""
        self._idle = idle
        self._lock = threading.Lock()
        self._taken = False
        self._waiting: deque[_Turn] = deque()

    async def acquire(self, timeout_s: float) -> None:
        """Wait for the turn; raise :class:`~crmcore.errors.Unavailable` after ``timeout_s``."""
        with self._lock:
            if not self._taken:
                self._taken = True
                return
            turn: _Turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
        try:
            async with asyncio.timeout(timeout_s):
                await turn
        except BaseException as error:
            self._withdraw(turn)
            if isinstance(error, TimeoutError):
                raise not_answering() from error
            raise

    def release(self) -> None:
        """Give the turn to the next in the queue."""
        with self._lock:
            while self._waiting:
                turn = self._waiting.popleft()
                try:
                    turn.get_loop().call_soon_threadsafe(_grant, turn)
                except RuntimeError:  # its event loop is closed: nobody waits any more
                    continue
                return
            self._idle()
            self._taken = False

    def _withdraw(self, turn: _Turn) -> None:
        with self._lock:
            if turn in self._waiting:
                self._waiting.remove(turn)
                return
        self.release()  # the turn was already given to somebody who no longer wants it


def _grant(turn: _Turn) -> None:
    if not turn.done():
        turn.set_result(None)
