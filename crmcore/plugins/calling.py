"""One call of a plugin's function, sync or async, within a deadline, whatever it raises."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from crmcore.plugins.deadline import Outcome, Overdue, outcome_of
from crmcore.plugins.threads import PluginThreads, Saturated

# What a cancelled coroutine gets to put its things away, before the caller goes on without it.
_GRACE_S = 0.5


async def call_trusted(function: Callable[[], Any], timeout_s: float) -> Outcome[Any]:
    """Call a function of the core here, in the caller's own task and thread."""
    try:
        async with asyncio.timeout(timeout_s) as limit:
            value = function()
            return Outcome(await value if inspect.isawaitable(value) else value)
    except TimeoutError as error:
        return Outcome(error=Overdue() if limit.expired() else error)
    except Exception as error:
        return Outcome(error=error)


async def call_foreign(
    function: Callable[[], Any], is_async: bool, threads: PluginThreads, timeout_s: float
) -> Outcome[Any]:
    """Call a plugin's function: async ones in a task of their own, others in one of the plugin's threads.

    The error of the outcome is :class:`Overdue` when the time is up. ``CancelledError`` is raised only when
    the caller itself is cancelled. Both carry the caller's context variables.
    """
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + timeout_s
    if is_async:
        outcome = outcome_of(function)
    else:
        outcome = await _in_thread(function, threads, timeout_s)
    if outcome.error is None and inspect.isawaitable(outcome.value):
        return await _in_task(outcome.value, max(0.0, ends_at - loop.time()))
    return outcome


async def _in_thread(function: Callable[[], Any], threads: PluginThreads, timeout_s: float) -> Outcome[Any]:
    try:
        call = threads.begin(function)
    except Saturated as error:
        return Outcome(error=error)
    try:
        async with asyncio.timeout(timeout_s):
            return await call.future
    except TimeoutError:
        threads.abandon(call)
        return Outcome(error=Overdue())
    except asyncio.CancelledError:
        threads.abandon(call)
        raise


async def _in_task(awaitable: Awaitable[Any], timeout_s: float) -> Outcome[Any]:
    task = asyncio.create_task(_caught(awaitable))
    try:
        await asyncio.wait({task}, timeout=timeout_s)
    except asyncio.CancelledError:
        await _give_up(task)
        raise
    if not task.done():
        await _give_up(task)
        return Outcome(error=Overdue())
    if task.cancelled():
        return Outcome(error=asyncio.CancelledError())
    return task.result()


async def _caught(awaitable: Awaitable[Any]) -> Outcome[Any]:
    # Caught inside the task: asyncio lets SystemExit out of a task end the whole loop.
    try:
        return Outcome(await awaitable)
    except (asyncio.CancelledError, KeyboardInterrupt):
        raise
    except BaseException as error:
        return Outcome(error=error)


async def _give_up(task: "asyncio.Task[Outcome[Any]]") -> None:
    """Cancel ``task`` and wait a moment, so that it lets go of the transaction it may be working in."""
    task.cancel()
    await asyncio.wait({task}, timeout=_GRACE_S)
