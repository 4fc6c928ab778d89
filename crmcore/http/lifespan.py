"""What runs as long as the app runs: the workspace, its worker and the clearing of old answers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING

from litestar import Litestar

from crmcore.http.idempotency import forget_old_answers

if TYPE_CHECKING:
    from crmcore.workspace import Crm

STOP_TIMEOUT_S = 10.0
CLEARING_EVERY_S = 3600.0


def lifespan_of(
    crm: "Crm", *, start: bool, worker: bool
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """Return the app's lifespan: starts ``crm`` unless it runs already, works its jobs, stops both again."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        if start:
            await crm.start()
        stopping = asyncio.Event()
        tasks: list[asyncio.Task[None]] = []
        try:
            with crm.bound():
                tasks.append(asyncio.create_task(_clear(crm, stopping), name="crmcore.clearing"))
                if worker:
                    tasks.append(asyncio.create_task(crm.worker.run(stopping), name="crmcore.worker"))
            yield
        finally:
            stopping.set()
            await _finish(tasks)
            if start:
                await crm.stop()

    return lifespan


async def _clear(crm: "Crm", stopping: asyncio.Event) -> None:
    while not stopping.is_set():
        await forget_old_answers(crm)
        try:
            await asyncio.wait_for(stopping.wait(), CLEARING_EVERY_S)
        except TimeoutError:
            continue


async def _finish(tasks: list[asyncio.Task[None]]) -> None:
    _, unfinished = await asyncio.wait(tasks, timeout=STOP_TIMEOUT_S)
    for task in unfinished:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
