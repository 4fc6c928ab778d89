"""Watch over every call into a plugin: deadline, breaker, figures, a named failure."""

import inspect
import time
import traceback
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from typing import Any

import structlog

from crmcore.clock import Clock, utc_now
from crmcore.contracts.channels import Forged, SendFailed
from crmcore.contracts.jobs import Retry
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import InvalidValue, Refusal
from crmcore.errors import CrmError, Unavailable
from crmcore.plugins import sentences
from crmcore.plugins.arguments import own_copy
from crmcore.plugins.breaker import Breaker
from crmcore.plugins.calling import call_foreign, call_trusted
from crmcore.plugins.deadline import Outcome, Overdue
from crmcore.plugins.failures import PluginFailed
from crmcore.plugins.logs import Redactor, plugin_log
from crmcore.plugins.names import CORE
from crmcore.plugins.reasons import detail
from crmcore.plugins.statistics import PluginStats, Tally
from crmcore.plugins.threads import PluginThreads, Saturated
from crmcore.telemetry.current import spanned
from crmcore.telemetry.tracing import Attributes

# What a plugin raises on purpose, and a database that is away: no failures of the plugin.
PASSED_ON = (InvalidValue, Refusal, Forged, SendFailed, Retry, Unavailable)

# A hook may change a record whose hooks change another; ten of that inside each other go in circles.
NESTING_LIMIT = 10
_ALWAYS_S = 10 * 366 * 86_400.0
_nesting: ContextVar[int] = ContextVar("crmcore_plugin_nesting", default=0)

Check = Callable[[Any], Label | None]
"""Returns what is wrong with an answer, or None."""


def _described(_: Any, plugin: str, point: str, *rest: Any) -> tuple[str, Attributes] | None:
    """Return the span of a call; the core's own calls are a part of what called them."""
    if plugin == CORE:
        return None
    return f"{plugin} {point}", {"crmcore.plugin": plugin, "crmcore.point": point}


class Supervisor:
    """Calls functions of plugins and keeps each plugin's breakers, threads and figures.

    The core's own functions run in the caller's task, within the same deadlines and without a breaker: the
    host does not mistrust itself.
    """

    def __init__(
        self,
        *,
        redactor: Redactor,
        clock: Clock = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._redactor = redactor
        self._clock = clock
        self._monotonic = monotonic
        self._threads: dict[str, PluginThreads] = {}
        self._breakers: dict[tuple[str, str], Breaker] = {}
        self._tallies: dict[str, Tally] = {}

    @spanned("internal", _described)
    async def call(
        self,
        plugin: str,
        point: str,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        timeout_s: float,
        check: Check | None = None,
    ) -> Any:
        """Return what ``function`` returns; raise :class:`PluginFailed`, or what it raised on purpose."""
        depth = _nesting.get()
        if depth >= NESTING_LIMIT:
            raise self._failure(plugin, point, sentences.circular(plugin))
        breaker = self._breakers.setdefault((plugin, point), Breaker(self._monotonic))
        left = breaker.refused_for() if plugin != CORE else None
        if left is not None:
            raise PluginFailed(plugin, point, sentences.paused(plugin, left), paused=True, retry_after_s=left)
        token = _nesting.set(depth + 1)
        started = time.perf_counter()
        try:
            outcome = await self._outcome(plugin, function, args, kwargs, timeout_s)
        except BaseException:
            breaker.cancelled()
            raise
        finally:
            _nesting.reset(token)
            self._tally(plugin).called(time.perf_counter() - started)
        failure = self._judge(plugin, point, outcome, timeout_s, check)
        if failure is not None:
            breaker.failed()
            raise failure from outcome.error
        breaker.succeeded()
        if outcome.error is not None:
            raise outcome.error
        return outcome.value

    async def stay(
        self, plugin: str, point: str, function: Callable[..., Any], args: tuple[Any, ...]
    ) -> None:
        """Run ``function`` until it ends; raise :class:`PluginFailed`, or what it raised on purpose.

        Its time is not a part of the plugin's figures: it is meant to take long. A line that breaks (OSError) is the
        other side's failure, and raised as it is.
        """
        outcome = await self._outcome(plugin, function, args, {}, _ALWAYS_S)
        if isinstance(outcome.error, OSError):
            raise outcome.error
        failure = self._judge(plugin, point, outcome, _ALWAYS_S, None)
        if failure is not None:
            raise failure from outcome.error
        if outcome.error is not None:
            raise outcome.error

    def stats(self, plugin: str) -> PluginStats:
        """Return how ``plugin`` does in this process."""
        paused = (
            point for (name, point), breaker in self._breakers.items() if name == plugin and breaker.is_open
        )
        return self._tallies.get(plugin, Tally()).stats(tuple(paused))

    def close(self) -> None:
        """Let the plugins' threads end."""
        for threads in self._threads.values():
            threads.close()

    async def _outcome(
        self,
        plugin: str,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        timeout_s: float,
    ) -> Outcome[Any]:
        if plugin == CORE:
            return await call_trusted(partial(function, *args, **kwargs), timeout_s)
        # Copies: what one plugin does to its arguments nobody else sees.
        call = partial(
            function, *map(own_copy, args), **{name: own_copy(value) for name, value in kwargs.items()}
        )
        threads = self._threads.setdefault(plugin, PluginThreads(plugin))
        # Whatever is logged on its behalf, by the core too, names it.
        with structlog.contextvars.bound_contextvars(plugin=plugin):
            return await call_foreign(call, inspect.iscoroutinefunction(function), threads, timeout_s)

    def _judge(
        self, plugin: str, point: str, outcome: Outcome[Any], timeout_s: float, check: Check | None
    ) -> PluginFailed | None:
        error = outcome.error
        if error is None:
            problem = check(outcome.value) if check else None
            return self._failure(plugin, point, sentences.unusable(plugin, problem)) if problem else None
        if isinstance(error, PASSED_ON) or (plugin == CORE and isinstance(error, CrmError)):
            return None
        if isinstance(error, Overdue):
            reason = sentences.overdue(plugin, timeout_s)
        elif isinstance(error, Saturated):
            reason = sentences.saturated(plugin)
        elif isinstance(error, SystemExit):
            reason = sentences.exited(plugin)
        else:
            reason = sentences.failed(plugin)
        return self._failure(plugin, point, reason, error)

    def _failure(
        self, plugin: str, point: str, reason: Label, error: BaseException | None = None
    ) -> PluginFailed:
        said = "" if error is None or isinstance(error, (Overdue, Saturated)) else detail(error)
        failure = PluginFailed(plugin, point, reason, detail=self._redactor.clean(said))
        trace = "".join(traceback.format_exception(error)) if said else failure.sentence()
        trace = self._redactor.clean(trace)
        self._tally(plugin).failed(point, trace, self._clock())
        plugin_log(plugin, self._redactor).error(
            "plugin failed", point=point, reason=failure.sentence(), trace=trace
        )
        return failure

    def _tally(self, plugin: str) -> Tally:
        return self._tallies.setdefault(plugin, Tally())
