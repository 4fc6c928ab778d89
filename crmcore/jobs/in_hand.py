"""The jobs that one worker is running."""

import asyncio
from collections.abc import Callable
from uuid import UUID

import structlog

from crmcore.jobs.claimed_job import ClaimedJob
from crmcore.jobs.claims import Claims
from crmcore.jobs.runner import Runner

CANCEL_S = 5.0
"""How long a cancelled job may take to end before it is given back all the same."""


class InHand:
    """Starts claimed jobs, keeps their leases, and gives back what cannot be finished."""

    def __init__(self, claims: Claims, runner: Runner, lease_s: float) -> None:
        self._claims = claims
        self._runner = runner
        # Two beats may fail before a lease is lost.
        self._beat_s = lease_s / 3
        self._jobs: dict[UUID, tuple[ClaimedJob, asyncio.Task[None]]] = {}
        self._log = structlog.get_logger("crmcore.jobs")

    def start(self, job: ClaimedJob, ended: Callable[[ClaimedJob], None] | None = None) -> asyncio.Task[None]:
        """Run ``job`` in a task of its own; ``ended`` is called when it is over in whatever way."""
        task = asyncio.create_task(self._runner.run(job), name=f"job {job.kind} {job.id}")
        self._jobs[job.id] = (job, task)
        task.add_done_callback(lambda task: self._over(job, task, ended))
        return task

    async def keep(self) -> None:
        """Extend the leases until cancelled; stop a job whose lease was lost, because another runs it."""
        while True:
            await asyncio.sleep(self._beat_s)
            jobs = [job for job, _ in self._jobs.values()]
            try:
                held = await self._claims.extend(jobs)
            except Exception as error:
                self._log.warning("job_leases_not_extended", error=type(error).__name__)
                continue
            for job in jobs:
                current = self._jobs.get(job.id)
                if job.id not in held and current is not None and current[0].lease == job.lease:
                    self._log.warning("job_lease_lost", plugin=job.plugin, job=job.name, id=str(job.id))
                    current[1].cancel()

    async def finish(self, grace_s: float) -> None:
        """Let the running jobs end for ``grace_s``, then cancel them and give them back."""
        if self._jobs and grace_s > 0:
            await asyncio.wait({task for _, task in self._jobs.values()}, timeout=grace_s)
        left = list(self._jobs.values())
        for _, task in left:
            task.cancel()
        if left:
            await asyncio.wait({task for _, task in left}, timeout=CANCEL_S)
        for job, _ in left:
            try:
                await self._claims.release(job)
            except Exception as error:
                # Its lease ends by itself, and another worker takes it then.
                self._log.warning("job_not_released", id=str(job.id), error=type(error).__name__)

    def _over(
        self, job: ClaimedJob, task: asyncio.Task[None], ended: Callable[[ClaimedJob], None] | None
    ) -> None:
        self._jobs.pop(job.id, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            # Not settled: the lease ends by itself, and the job is run again.
            self._log.error("job_runner_failed", id=str(job.id), error=f"{type(error).__name__}: {error}")
        if ended is not None:
            ended(job)
