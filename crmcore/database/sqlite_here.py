"""Reads on the event loop's own thread: what takes no time needs no thread, which costs more than the read."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from time import perf_counter
from typing import TypeVar

from crmcore.database.budget import Budget

T = TypeVar("T")

# So many times a statement that was too slow goes to a thread at once, before it is tried here again.
_KEPT_AWAY = 50
_MAX_SLOW = 500
# Tasks that only read would never let others have their turn: after so long in one round of the loop they do.
_ROUND_S = 0.002


class ReadsHere:
    """One connection for the thread that opened the database, and the memory of what was too slow for it.

    A read that exceeds its budget is interrupted and done again on a thread.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._thread = threading.get_ident()
        self._connection: sqlite3.Connection | None = None
        self._budget = Budget()
        self._slow: dict[str, int] = {}
        self._spent = 0.0

    def at_home(self) -> bool:
        """Tell whether this is the thread that opened the database."""
        return threading.get_ident() == self._thread

    def possible(self, sql: str) -> bool:
        """Tell whether ``sql`` may be tried here: this is the thread, and it was not too slow lately."""
        if not self.at_home():
            return False
        if sql not in self._slow:
            return True
        self._slow[sql] -= 1
        if self._slow[sql] <= 0:
            del self._slow[sql]
        return False

    def read(self, sql: str, call: Callable[[sqlite3.Connection], T]) -> tuple[bool, T | None]:
        """Return whether ``call`` was quick enough, and its result."""
        if self._connection is None:
            self._connection = self._connect()
            self._connection.execute("PRAGMA busy_timeout = 0")
            self._connection.set_progress_handler(self._budget.over, 1000)
        connection = self._connection
        self._budget.start()
        return self.timed(sql, lambda: call(connection))

    def timed(self, sql: str, call: Callable[[], T]) -> tuple[bool, T | None]:
        """Run ``call``; interrupted and locked files are what a thread waits for."""
        began = perf_counter()
        try:
            return True, call()
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in (5, 6, 9):  # BUSY, LOCKED, INTERRUPT
                raise
            if len(self._slow) >= _MAX_SLOW:
                self._slow.clear()
            self._slow[sql] = _KEPT_AWAY
            return False, None
        finally:
            self._spent += perf_counter() - began

    async def breathe(self) -> None:
        """Let other tasks have their turn when those that read here have had theirs."""
        if self._spent == 0.0:
            asyncio.get_running_loop().call_soon(self._new_round)
            self._spent = 1e-9
        elif self._spent > _ROUND_S:
            await asyncio.sleep(0)

    def close(self) -> None:
        """Close the connection; in the thread that opened the database."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _new_round(self) -> None:
        self._spent = 0.0
