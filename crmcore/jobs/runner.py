"""Running one claimed job and writing down what became of it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import structlog

from crmcore.contracts.durations import duration
from crmcore.contracts.jobs import Job, Retry
from crmcore.errors import Unavailable
from crmcore.jobs.backoff import backoff_s
from crmcore.jobs.claimed_job import ClaimedJob
from crmcore.jobs.claims import Claims
from crmcore.jobs.host import JobHost
from crmcore.jobs.settling import Settling
from crmcore.plugins.failures import PluginFailed
from crmcore.plugins.names import CORE

PAUSED_S = 30.0
"""How long a job waits whose plugin is paused after failures and does not say for how long."""

_SETTLE_PAUSES_S = (0.2, 0.5, 1.0, 2.0, 4.0)


class Runner:
    """Runs claimed jobs. No failure of a job leaves :meth:`run`; only a cancellation does."""

    def __init__(self, host: JobHost, claims: Claims, settling: Settling) -> None:
        self._host = host
        self._claims = claims
        self._settling = settling
        self._log = structlog.get_logger("crmcore.jobs")

    async def run(self, claimed: ClaimedJob) -> None:
        """Run ``claimed`` and settle it: done, to be tried again, or dead."""
        registered = self._host.registry.jobs.get(claimed.kind)
        if registered is None:
            await self._settled(claimed, lambda: self._released(claimed, PAUSED_S))
            return
        job = registered.item
        if claimed.attempts > self._most_attempts(claimed, job):
            # Every attempt is counted when it begins: this one's predecessors never came to an end.
            await self._failed(claimed, job, "The worker ended in the middle of this job each time.", None)
            return
        try:
            await self._called(claimed, registered.plugin, job)
        except Retry as retry:
            await self._failed(claimed, job, str(retry), retry.after_s)
        except PluginFailed as failure:
            if failure.paused:
                delay_s = failure.retry_after_s or PAUSED_S
                await self._settled(claimed, lambda: self._released(claimed, delay_s))
            else:
                await self._failed(claimed, job, f"{failure.plugin}, {failure.point}: {failure}", None)
        except TimeoutError:
            await self._failed(claimed, job, f"It did not end within {duration(job.timeout_s, 'en')}.", None)
        except Exception as error:
            await self._failed(claimed, job, f"{type(error).__name__}: {error}", None)
        else:
            every_s = job.every_s
            if claimed.periodic and every_s is not None:
                await self._settled(claimed, lambda: self._settling.next_turn(claimed, every_s))
            else:
                await self._settled(claimed, lambda: self._settling.done(claimed))

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

    async def _failed(self, claimed: ClaimedJob, job: Job, error: str, after_s: float | None) -> None:
        every_s = job.every_s if claimed.periodic else None
        if claimed.attempts >= self._most_attempts(claimed, job):
            self._say("error", "job_dead", claimed, attempts=claimed.attempts)
            await self._settled(claimed, lambda: self._settling.dead(claimed, error, every_s))
            return
        delay_s = backoff_s(claimed.attempts) if after_s is None else max(0.0, after_s)
        if every_s is not None:
            # A periodic job is never tried less often than it would run by itself.
            delay_s = min(delay_s, every_s)
        self._say("warning", "job_failed", claimed, attempts=claimed.attempts, again_in_s=round(delay_s, 1))
        await self._settled(claimed, lambda: self._settling.try_again(claimed, delay_s, error))

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
