"""The queue: work that is put down in the transaction that needs it, and is done later."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from crmcore.clock import Clock
from crmcore.contracts.jobs import Job, Priority
from crmcore.database.statement import insert_rows
from crmcore.errors import NotFound
from crmcore.jobs.calls import Caller
from crmcore.jobs.claimed_job import PERIODIC
from crmcore.jobs.dead_letter import DeadLetter
from crmcore.jobs.ids import AscendingIds
from crmcore.jobs.new_job import NewJob, bounded, json_text
from crmcore.jobs.priorities import RANKS
from crmcore.jobs.tables import JobRow
from crmcore.plugins.registry import Registered
from crmcore.telemetry.origin import origin_now

if TYPE_CHECKING:
    from crmcore.database.database import Database

Listener = Callable[[str, datetime], None]
"""Called after the commit of a new job with its plugin and the time it is due."""


# A job that runs has read its payload already: it runs once more, with the new one.
_AGAIN = (
    " ON CONFLICT (unique_key) DO UPDATE SET again = true, payload = excluded.payload, origin = excluded.origin "
    "WHERE job.state = 'running' RETURNING id"
)


class JobQueue:
    """A durable queue in the workspace's own database.

    A job joins the open transaction: when that rolls back, the job was never there. It is then run at least
    once, by any :class:`~crmcore.jobs.worker.Worker` on the same database. ``kinds`` are the registered jobs by
    ``plugin.key``; ``time_zone`` is the one by whose clocks periodic jobs run that name none.
    """

    def __init__(
        self,
        database: "Database",
        clock: Clock,
        kinds: Mapping[str, Registered[Job]] | None = None,
        time_zone: str = "UTC",
    ) -> None:
        self.database = database
        self.clock = clock
        self.time_zone = time_zone
        self._kinds = {} if kinds is None else kinds
        self._ids = AscendingIds()
        self._listeners: list[Listener] = []
        self._caller = Caller(database)

    async def enqueue(
        self,
        plugin: str,
        name: str,
        payload: Mapping[str, Any] | None = None,
        *,
        key: str = "",
        ordering_key: str = "",
        delay_s: float = 0,
        max_attempts: int | None = None,
        priority: Priority | None = None,
    ) -> UUID | None:
        """Put one job down and return its id; None when a job with that ``key`` is already there.

        A job of the same plugin, name and ``key`` that waits is not added twice; one that runs will run once
        more with the new payload, because it may have read what has changed since. Jobs with the same
        ``ordering_key`` run one after the other. ``delay_s`` is the least time until it runs.
        ``max_attempts`` and ``priority`` replace the registration's.
        """
        job = NewJob(
            plugin=plugin,
            name=name,
            payload=payload or {},
            key=key,
            ordering_key=ordering_key,
            delay_s=delay_s,
            max_attempts=max_attempts or 0,
            priority=priority,
        )
        row = self._values(job)
        id: UUID = row["id"]
        inserted = await insert_rows(JobRow, row, then=_AGAIN)
        if not inserted or UUID(str(inserted[0]["id"])) != id:
            return None
        self._announce(plugin, row["run_at"])
        return id

    async def enqueue_all(self, jobs: Sequence[NewJob]) -> None:
        """Put several jobs without keys down with one statement, in this order."""
        rows = [self._row(job) for job in jobs]
        if any(row.unique_key for row in rows):
            raise ValueError("enqueue jobs with a key one by one")
        if not rows:
            return
        await JobRow.insert(*rows)
        for row in rows:
            self._announce(row.plugin, row.run_at)

    async def enqueue_turn(
        self, plugin: str, name: str, run_at: datetime, *, ran_at: datetime | None = None
    ) -> None:
        """Add a periodic job's one row, unless it is there; ``ran_at`` is when it ran last."""
        row = self._row(NewJob(plugin=plugin, name=name))
        # The ordering key keeps turns apart in time, and tells a dead turn from other dead jobs.
        row.unique_key = row.ordering_key = f"{PERIODIC}{plugin}.{name}"
        row.run_at, row.ran_at, row.origin = run_at, ran_at, None
        await JobRow.insert(row).on_conflict(target=JobRow.unique_key, action="DO NOTHING")
        self._announce(plugin, run_at)

    async def dead(self, limit: int = 100) -> list[DeadLetter]:
        """Return the dead letters, the newest first."""
        rows = (
            await JobRow.select()
            .where(JobRow.state == "dead")
            .order_by(JobRow.updated_at, ascending=False)
            .order_by(JobRow.id, ascending=False)
            .limit(limit)
        )
        return [
            DeadLetter(
                id=row["id"],
                plugin=row["plugin"],
                name=row["name"],
                payload=msgspec.json.decode(row["payload"], type=dict[str, Any]),
                attempts=row["attempts"],
                error=row["error"],
                created_at=row["created_at"],
                died_at=row["updated_at"],
            )
            for row in rows
        ]

    async def retry(self, id: UUID) -> None:
        """Put a dead letter back to the waiting jobs with all its attempts. Raises NotFound."""
        if not await self.retry_all([id]):
            raise NotFound

    async def retry_all(self, ids: Sequence[UUID]) -> int:
        """Put those of ``ids`` that are dead letters back, with all their attempts; return how many."""
        now = self.clock()
        rows = (
            await JobRow.update(
                {
                    JobRow.state: "queued",
                    JobRow.attempts: 0,
                    JobRow.run_at: now,
                    JobRow.updated_at: now,
                    JobRow.done: None,
                    JobRow.total: None,
                }
            )
            .where(JobRow.id.is_in(list(ids)), JobRow.state == "dead")
            .returning(JobRow.plugin)
        )
        for plugin in {row["plugin"] for row in rows}:
            self._announce(plugin, now)
        return len(rows)

    async def discard(self, id: UUID) -> None:
        """Delete a dead letter for good. Raises NotFound."""
        rows = await JobRow.delete().where(JobRow.id == id, JobRow.state == "dead").returning(JobRow.id)
        if not rows:
            raise NotFound

    async def counts(self) -> dict[str, int]:
        """Return how many jobs are ``queued``, ``running`` and ``dead``."""
        rows = await JobRow.raw("SELECT state, count(*) AS jobs FROM job GROUP BY state")
        return {"queued": 0, "running": 0, "dead": 0} | {row["state"]: int(row["jobs"]) for row in rows}

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` after every commit that adds a job; return what ends that."""
        self._listeners.append(listener)
        return partial(self._listeners.remove, listener)

    def _values(self, job: NewJob) -> dict[str, Any]:
        now = self.clock()
        return {
            "id": self._ids.next(),
            "plugin": job.plugin,
            "name": job.name,
            "payload": json_text(dict(job.payload)),
            "unique_key": job.unique_key(),
            "ordering_key": bounded(job.ordering_key) if job.ordering_key else None,
            "run_at": now + timedelta(seconds=max(0.0, job.delay_s)),
            "max_attempts": job.max_attempts,
            "priority": RANKS[job.priority or self._registered_priority(job)],
            "origin": origin_now(),
            "created_at": now,
            "updated_at": now,
        }

    def _registered_priority(self, job: NewJob) -> Priority:
        registered = self._kinds.get(job.kind)
        return registered.item.priority if registered else "normal"

    def _row(self, job: NewJob) -> JobRow:
        return JobRow(**self._values(job))

    def _announce(self, plugin: str, run_at: datetime) -> None:
        self.database.after_commit(partial(self._tell, plugin, run_at))

    def _tell(self, plugin: str, run_at: datetime) -> None:
        for listener in list(self._listeners):
            listener(plugin, run_at)
        self._caller.call(plugin, run_at)
