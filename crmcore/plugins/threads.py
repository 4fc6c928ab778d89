"""Threads for a plugin's synchronous functions, few and its own."""

import asyncio
import contextvars
import queue
import threading
from collections.abc import Callable
from typing import Any

from crmcore.plugins.deadline import Outcome, outcome_of

THREADS = 4
# Calls that hang keep their thread for ever; beyond this many the plugin gets no more.
STUCK_LIMIT = 16
_IDLE_S = 10.0


class Saturated(Exception):
    """So many calls of the plugin hang that no further one is begun."""


class Call:
    """One function call on its way through a thread. ``future`` gets its :class:`Outcome`."""

    __slots__ = ("abandoned", "context", "finished", "function", "future", "loop", "started")

    def __init__(self, function: Callable[[], Any]) -> None:
        self.function = function
        self.context = contextvars.copy_context()
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Outcome[Any]] = self.loop.create_future()
        self.started = False
        self.finished = False
        self.abandoned = False

    def deliver(self, outcome: Outcome[Any]) -> None:
        """Hand the outcome to whoever waits, unless nobody does any more."""

        def hand_over() -> None:
            if not self.future.done():
                self.future.set_result(outcome)

        try:
            self.loop.call_soon_threadsafe(hand_over)
        except RuntimeError:
            # The loop was closed while the call hung.
            return


class PluginThreads:
    """Up to four daemon threads of one plugin, started when needed, gone when idle.

    A plugin that hangs uses up its own threads and nobody else's. Daemons do not keep the process from
    ending, which the standard library's pool would.
    """

    def __init__(self, plugin: str) -> None:
        self._plugin = plugin
        self._calls: queue.SimpleQueue[Call | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._waiting = 0
        self._live = 0
        self._busy = 0
        self._stuck = 0

    @property
    def stuck(self) -> int:
        """How many abandoned calls still hang."""
        return self._stuck

    def begin(self, function: Callable[[], Any]) -> Call:
        """Queue ``function``, with the caller's context variables. Raises :class:`Saturated`."""
        call = Call(function)
        with self._lock:
            if self._stuck >= STUCK_LIMIT:
                raise Saturated
            self._waiting += 1
            self._calls.put(call)
            self._staff()
        return call

    def abandon(self, call: Call) -> None:
        """Stop waiting for ``call``; its thread no longer counts among the plugin's four."""
        with self._lock:
            call.abandoned = True
            if call.started and not call.finished:
                self._stuck += 1
                self._live -= 1
                self._busy -= 1
                self._staff()

    def close(self) -> None:
        """Let idle threads end."""
        for _ in range(THREADS):
            self._calls.put(None)

    def _staff(self) -> None:
        """Start a thread when calls wait that no idle thread will take. Needs the lock."""
        room = self._live < THREADS and self._live + self._stuck < THREADS + STUCK_LIMIT
        if room and self._waiting > self._live - self._busy:
            self._live += 1
            threading.Thread(target=self._work, name=f"crmcore-plugin-{self._plugin}", daemon=True).start()

    def _work(self) -> None:
        while True:
            try:
                call = self._calls.get(timeout=_IDLE_S)
            except queue.Empty:
                call = None
            with self._lock:
                if call is None:
                    if self._waiting:
                        continue
                    self._live -= 1
                    return
                self._waiting -= 1
                if call.abandoned:
                    continue
                call.started = True
                self._busy += 1
            call.deliver(call.context.run(outcome_of, call.function))
            if not self._free(call):
                return
            # An idle thread keeps nothing of its last call alive.
            del call

    def _free(self, call: Call) -> bool:
        """Tell whether the thread that ran ``call`` still counts; nobody's place is taken twice."""
        with self._lock:
            call.finished = True
            if call.abandoned:
                self._stuck -= 1
                return False
            self._busy -= 1
            return True
