"""What becomes of a job that was run: done, tried again, or dead; only the lease's holder may say."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from piccolo.columns import Column

from crmcore.clock import Clock
from crmcore.jobs.claimed_job import ClaimedJob
from crmcore.jobs.finishing import Finishing
from crmcore.jobs.queue import JobQueue
from crmcore.jobs.tables import JobRow

if TYPE_CHECKING:
    from crmcore.database.database import Database

LONGEST_ERROR = 4000


class Settling:
    """Writes outcomes. Every method tells whether the lease was still held; if not, it changes nothing."""

    def __init__(self, queue: JobQueue) -> None:
        self._queue = queue
        self._database: Database = queue.database
        self._clock: Clock = queue.clock
        self._finishing = Finishing()

    async def done(self, job: ClaimedJob) -> bool:
        """Delete a finished job, or queue it once more when its key was asked for meanwhile."""
        return await self._finishing.delete(job) or await self._queued(job, self._clock(), attempts=0)

    async def next_turn(self, job: ClaimedJob, turn: datetime) -> bool:
        """Queue a finished periodic job for its next turn."""
        now = self._clock()
        fresh: dict[str, Any] = {"attempts": 0, "ran_at": now, "done": None, "total": None}
        return await self._queued(job, max(turn, now), **fresh)

    async def try_again(self, job: ClaimedJob, delay_s: float, error: str) -> bool:
        """Queue a failed job to be tried again after ``delay_s``."""
        return await self._queued(job, self._clock() + timedelta(seconds=delay_s), error=error)

    async def dead(self, job: ClaimedJob, error: str, turn: datetime | None = None) -> bool:
        """Keep a job that failed too often as a dead letter, and free its key.

        A periodic job gets a new row for its next ``turn``, and only its last dead letter stays: a job that fails
        every minute for a week is one thing to look at.
        """
        async with self._database.transaction():
            rows = await self._update(job, state="dead", unique_key=None, error=error, again=False)
            if rows and job.periodic and turn is not None:
                await JobRow.delete().where(
                    JobRow.state == "dead", JobRow.ordering_key == job.ordering_key, JobRow.id != job.id
                )
                await self._queue.enqueue_turn(job.plugin, job.name, turn, ran_at=job.ran_at)
        return rows

    async def _queued(self, job: ClaimedJob, run_at: datetime, *, error: str = "", **changes: Any) -> bool:
        return await self._update(job, state="queued", run_at=run_at, error=error, again=False, **changes)

    async def _update(self, job: ClaimedJob, **values: Any) -> bool:
        if "error" in values:
            # NUL is refused by PostgreSQL's text.
            values["error"] = values["error"].replace("\0", "")[:LONGEST_ERROR]
        values |= {"lease": None, "updated_at": self._clock()}
        changes: dict[Column | str, Any] = {
            JobRow._meta.get_column_by_name(name): value for name, value in values.items()
        }
        rows = (
            await JobRow.update(changes)
            .where(JobRow.id == job.id, JobRow.lease == job.lease)
            .returning(JobRow.id)
        )
        return bool(rows)
