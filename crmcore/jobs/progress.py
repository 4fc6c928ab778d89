"""How far a long job has come: told by the job itself, kept in its row, seen on the page and in the command line."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from crmcore.errors import Unavailable
from crmcore.jobs.claimed_job import ClaimedJob
from crmcore.jobs.tables import JobRow

if TYPE_CHECKING:
    from crmcore.database.database import Database

EVERY_S = 1.0
MOST = 2**31 - 1
_reporting: ContextVar["Progress | None"] = ContextVar("crmcore_job_progress", default=None)


class Progress:
    """Writes how far one job has come, at most once a second."""

    def __init__(self, database: "Database", job: ClaimedJob) -> None:
        self._database = database
        self._job = job
        self._told_at = -EVERY_S

    async def tell(self, done: int, total: int) -> None:
        """Keep that ``done`` of ``total`` are through, unless that was told within the last second.

        Inside a transaction nothing is told: the row would be locked, for the heartbeat too, until its end.
        """
        now = time.monotonic()
        if (now - self._told_at < EVERY_S and done != total) or self._database.engine.transaction_exists():
            return
        self._told_at = now
        try:
            await JobRow.update(
                {JobRow.done: max(0, min(done, MOST)), JobRow.total: max(0, min(total, MOST))}
            ).where(JobRow.id == self._job.id, JobRow.lease == self._job.lease)
        except Unavailable:
            return  # the work goes on, only nobody sees how far it is


@contextmanager
def reporting(progress: Progress) -> Iterator[None]:
    """Let :func:`tell_progress` in this task tell of one job."""
    token = _reporting.set(progress)
    try:
        yield
    finally:
        _reporting.reset(token)


async def tell_progress(done: int, total: int) -> None:
    """Tell how far the job has come that runs in this task; outside of a job nobody listens."""
    progress = _reporting.get()
    if progress is not None:
        await progress.tell(done, total)
