"""What runs as long as the app runs: the workspace, its worker and the clearing of old answers."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any

import structlog
from litestar import Litestar

from crmcore.errors import CrmError
from crmcore.http.failures import scrubbed
from crmcore.http.idempotency import forget_old_answers

if TYPE_CHECKING:
    from crmcore.jobs.worker import Worker
    from crmcore.workspace import Crm

STOP_TIMEOUT_S = 10.0
CLEARING_EVERY_S = 3600.0


def lifespan_of(
    crm: "Crm", *, start: bool, worker: bool
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """Return the app's lifespan: starts ``crm`` unless it runs already, works its jobs, stops both again."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with running(crm, start=start, worker=crm.worker if worker else None):
            yield

    return lifespan


@asynccontextmanager
async def running(crm: "Crm", *, start: bool, worker: "Worker | None") -> AsyncIterator[None]:
    """Do as long as the block runs what a workspace does beside answering; ``worker`` works its jobs."""
    if start:
        await crm.start()
    stopping = asyncio.Event()
    tasks: list[asyncio.Task[None]] = []
    crm.live.start()
    try:
        with crm.bound():
            tasks.append(_started("crmcore.clearing", _clear(crm, stopping)))
            if worker:
                tasks.append(_started("crmcore.worker", worker.run(stopping)))
                tasks.append(_started("crmcore.listening", crm.listening.run(stopping)))
        yield
    finally:
        crm.live.stop()
        stopping.set()
        await _finish(tasks)
        await crm.live.finish()
        if start:
            await crm.stop()


def _started(name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Return a running task whose unexpected end is logged."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_ended)
    return task


def _ended(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        structlog.get_logger("crmcore.http").error(
            "task_ended", task=task.get_name(), error=scrubbed(repr(error))
        )


async def _clear(crm: "Crm", stopping: asyncio.Event) -> None:
    while not stopping.is_set():
        try:
            await forget_old_answers(crm)
            await crm.contributions.actions.forget_old()
        except CrmError as error:
            structlog.get_logger("crmcore.http").warning("old_answers_kept", error=error.code)
        try:
            await asyncio.wait_for(stopping.wait(), CLEARING_EVERY_S)
        except TimeoutError:
            continue


async def _finish(tasks: list[asyncio.Task[None]]) -> None:
    _, unfinished = await asyncio.wait(tasks, timeout=STOP_TIMEOUT_S)
    for task in unfinished:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
