"""Turns of periodic jobs: each periodic job is one row of the queue that is put back after every run."""

from collections.abc import Mapping
from datetime import timedelta

from crmcore.contracts.jobs import Job
from crmcore.jobs.claimed_job import PERIODIC
from crmcore.jobs.queue import JobQueue
from crmcore.jobs.tables import JobRow
from crmcore.plugins.registry import Registered


class Turns:
    """Keeps one row per periodic job, however many workers start and whenever they stop."""

    def __init__(self, queue: JobQueue) -> None:
        self._queue = queue

    async def seed(self, jobs: Mapping[str, Registered[Job]]) -> None:
        """Make sure that every periodic job has its row; the first turn of a new one is now.

        A turn further away than one period, left by a longer period or by a clock that was ahead, is drawn
        nearer.
        """
        periodic = {PERIODIC + kind: job for kind, job in jobs.items() if job.item.every_s is not None}
        if not periodic:
            return
        rows = await JobRow.select(JobRow.unique_key, JobRow.run_at, JobRow.state).where(
            JobRow.unique_key.is_in(list(periodic))
        )
        there = {row["unique_key"]: row for row in rows}
        now = self._queue.clock()
        for key, registered in periodic.items():
            latest = now + timedelta(seconds=registered.item.every_s or 0)
            if key not in there:
                await self._queue.enqueue_turn(registered.plugin, registered.item.key, now)
            elif there[key]["state"] == "queued" and there[key]["run_at"] > latest:
                await JobRow.update({JobRow.run_at: latest}).where(
                    JobRow.unique_key == key, JobRow.state == "queued", JobRow.run_at > latest
                )
