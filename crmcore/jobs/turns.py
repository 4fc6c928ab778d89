"""Turns of periodic jobs: each periodic job is one row of the queue that is put back after every run."""

from collections.abc import Mapping

from crmcore.contracts.jobs import Job
from crmcore.jobs.claimed_job import PERIODIC
from crmcore.jobs.queue import JobQueue
from crmcore.jobs.tables import JobRow
from crmcore.jobs.timetable import next_turn
from crmcore.plugins.registry import Registered


class Turns:
    """Keeps one row per periodic job, however many workers start and whenever they stop."""

    def __init__(self, queue: JobQueue) -> None:
        self._queue = queue

    async def seed(self, jobs: Mapping[str, Registered[Job]]) -> None:
        """Make sure that every periodic job has its row; the first turn of one that comes every so often is now.

        A turn further away than the next one, left by other times or by a clock that was ahead, is drawn nearer.
        """
        periodic = {PERIODIC + kind: job for kind, job in jobs.items() if job.item.periodic}
        if not periodic:
            return
        rows = await JobRow.select(JobRow.unique_key, JobRow.run_at, JobRow.state).where(
            JobRow.unique_key.is_in(list(periodic))
        )
        there = {row["unique_key"]: row for row in rows}
        now = self._queue.clock()
        for key, registered in periodic.items():
            latest = next_turn(registered.item, now, self._queue.time_zone)
            if key not in there:
                first = latest if registered.item.at else now
                await self._queue.enqueue_turn(registered.plugin, registered.item.key, first)
            elif there[key]["state"] == "queued" and there[key]["run_at"] > latest:
                await JobRow.update({JobRow.run_at: latest}).where(
                    JobRow.unique_key == key, JobRow.state == "queued", JobRow.run_at > latest
                )
