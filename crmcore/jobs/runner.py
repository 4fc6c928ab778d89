"""Running one claimed job and writing down what became of it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from time import perf_counter
from typing import Any, Literal

import structlog

from crmcore.contracts.durations import duration
from crmcore.contracts.jobs import Job, Retry
from crmcore.errors import Unavailable
from crmcore.jobs.backoff import backoff_s
from crmcore.jobs.claimed_job import ClaimedJob
from crmcore.jobs.claims import Claims
from crmcore.jobs.host import JobHost
from crmcore.jobs.progress import Progress, reporting
from crmcore.jobs.queue import JobQueue
from crmcore.jobs.settling import Settling
from crmcore.jobs.timetable import next_turn
from crmcore.plugins.failures import PluginFailed
from crmcore.plugins.names import CORE
from crmcore.telemetry.origin import working_on
from crmcore.telemetry.tracing import Attributes

PAUSED_S = 30.0
"""How long a job waits whose plugin is paused after failures and does not say for how long."""

_SETTLE_PAUSES_S = (0.2, 0.5, 1.0, 2.0, 4.0)

Ended = Literal["done", "failed", "dead", "paused"]
Observer = Callable[[ClaimedJob, Ended, float], None]
"""Called with a job, what became of it, and how many seconds it took."""


class Runner:
    """Runs claimed jobs. No failure of a job leaves :meth:`run`; only a cancellation does."""

    def __init__(
        self, host: JobHost, queue: JobQueue, claims: Claims, observers: list[Observer] | None = None
    ) -> None:
        self._host = host
        self._queue = queue
        self._claims = claims
        self._settling = Settling(queue)
        self._observers = [] if observers is None else observers
        self._log = structlog.get_logger("crmcore.jobs")

    async def run(self, claimed: ClaimedJob) -> None:
        """Run ``claimed`` and settle it: done, to be tried again, or dead."""
        attributes: Attributes = {
            "crmcore.job": claimed.kind,
            "crmcore.job_id": str(claimed.id),
            "crmcore.attempt": claimed.attempts,
        }
        with working_on(
            f"job {claimed.kind}", attributes, claimed.origin, plugin=claimed.plugin, job=claimed.name
        ):
            await self._run(claimed)

    async def _run(self, claimed: ClaimedJob) -> None:
        registered = self._host.registry.jobs.get(claimed.kind)
        if registered is None:
            await self._settled(claimed, lambda: self._released(claimed, PAUSED_S))
            return
        job = registered.item
        if claimed.attempts > self._most_attempts(claimed, job):
            # Every attempt is counted when it begins: this one's predecessors never came to an end.
            await self._failed(claimed, job, "The worker ended in the middle of this job each time.", None)
            return
        began = perf_counter()
        ended: Ended = "failed"
        try:
            with reporting(Progress(self._queue.database, claimed)):
                await self._called(claimed, registered.plugin, job)
        except Retry as retry:
            ended = await self._failed(claimed, job, str(retry), retry.after_s)
        except PluginFailed as failure:
            if failure.paused:
                delay_s, ended = failure.retry_after_s or PAUSED_S, "paused"
                await self._settled(claimed, lambda: self._released(claimed, delay_s))
            else:
                error = f"{failure.plugin}, {failure.point}: {failure}"
                ended = await self._failed(claimed, job, error, None)
        except TimeoutError:
            error = f"It did not end within {duration(job.timeout_s, 'en')}."
            ended = await self._failed(claimed, job, error, None)
        except Exception as failure:
            ended = await self._failed(claimed, job, f"{type(failure).__name__}: {failure}", None)
        else:
            ended = "done"
            if (turn := self._next_turn(claimed, job)) is not None:
                await self._settled(claimed, lambda: self._settling.next_turn(claimed, turn))
            else:
                await self._settled(claimed, lambda: self._settling.done(claimed))
        for observer in self._observers:
            observer(claimed, ended, perf_counter() - began)

    async def _called(self, claimed: ClaimedJob, owner: str, job: Job) -> None:
        context = self._host.context(owner)
        if owner == CORE:
            # Without the breaker: one delivery that cannot be read must not pause all the others.
            async with asyncio.timeout(job.timeout_s):
                await job.run(claimed.payload, context)
        else:
            await self._host.dispatch.run(
                owner, f"job.{job.key}", job.run, claimed.payload, context, timeout_s=job.timeout_s
            )

    async def _failed(self, claimed: ClaimedJob, job: Job, error: str, after_s: float | None) -> Ended:
        turn = self._next_turn(claimed, job)
        if claimed.attempts >= self._most_attempts(claimed, job):
            self._say("error", "job_dead", claimed, attempts=claimed.attempts)
            await self._settled(claimed, lambda: self._settling.dead(claimed, error, turn))
            return "dead"
        delay_s = backoff_s(claimed.attempts) if after_s is None else max(0.0, after_s)
        if turn is not None:
            # A periodic job is never tried less often than it would run by itself.
            delay_s = min(delay_s, (turn - self._queue.clock()).total_seconds())
        self._say("warning", "job_failed", claimed, attempts=claimed.attempts, again_in_s=round(delay_s, 1))
        await self._settled(claimed, lambda: self._settling.try_again(claimed, delay_s, error))
        return "failed"

    def _next_turn(self, claimed: ClaimedJob, job: Job) -> datetime | None:
        """Return when a periodic job's own row is due again; None for all others."""
        if not (claimed.periodic and job.periodic):
            return None
        # The clock may have gone back meanwhile; the turn that was taken is over all the same.
        after = (
            claimed.claimed_at if job.every_s is not None else max(claimed.claimed_at, self._queue.clock())
        )
        return next_turn(job, after, self._queue.time_zone)

    async def _settled(self, claimed: ClaimedJob, settle: Callable[[], Awaitable[bool]]) -> None:
        """Settle, also when the database is away for a moment: what was done should not be done again."""
        for pause_s in _SETTLE_PAUSES_S:
            with suppress(Unavailable):
                if not await settle():
                    self._say("warning", "job_lease_lost", claimed)
                return
            await asyncio.sleep(pause_s)
        self._say("error", "job_not_settled", claimed)

    async def _released(self, claimed: ClaimedJob, delay_s: float) -> bool:
        await self._claims.release(claimed, delay_s)
        return True

    def _say(self, level: str, event: str, job: ClaimedJob, **fields: Any) -> None:
        # Never the payload nor the error's text, which may hold what a customer wrote.
        getattr(self._log, level)(event, plugin=job.plugin, job=job.name, id=str(job.id), **fields)

    @staticmethod
    def _most_attempts(claimed: ClaimedJob, job: Job) -> int:
        return claimed.max_attempts or job.max_attempts
