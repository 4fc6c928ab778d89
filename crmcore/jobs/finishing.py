"""Finished jobs, deleted together."""

import asyncio

from piccolo.querystring import QueryString

from crmcore.jobs.claimed_job import ClaimedJob
from crmcore.jobs.tables import JobRow

MOST_AT_ONCE = 50


class Finishing:
    """Deletes finished jobs; those that finish while one deletion is on its way share the next.

    A commit waits for the disk. Eight empty jobs side by side ran at 1,900 a second on SQLite with a commit
    each, and at 8,500 with shared ones.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[ClaimedJob, asyncio.Future[bool]]] = []
        self._deleting: asyncio.Task[None] | None = None

    async def delete(self, job: ClaimedJob) -> bool:
        """Delete ``job``; tell whether it was ours to delete and nobody asked for it again."""
        outcome: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((job, outcome))
        if self._deleting is None or self._deleting.done():
            self._deleting = asyncio.create_task(self._delete_waiting())
        return await outcome

    async def _delete_waiting(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            # Pairs, not two lists: a lease of one job says nothing about another.
            pairs = [QueryString("(id = {} AND lease = {})", job.id, job.lease) for job, _ in batch]
            try:
                rows = await JobRow.raw(
                    "DELETE FROM job WHERE ({}) AND again = {} RETURNING id",
                    QueryString(" OR ".join(["{}"] * len(pairs)), *pairs),
                    False,
                )
            except Exception as error:
                for _, outcome in batch:
                    if not outcome.done():
                        outcome.set_exception(error)
                continue
            deleted = {str(row["id"]) for row in rows}
            for job, outcome in batch:
                if not outcome.done():
                    outcome.set_result(str(job.id) in deleted)
