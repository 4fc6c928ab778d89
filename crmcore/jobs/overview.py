"""The queue in numbers, and the periodic jobs with their turns."""

from collections.abc import Mapping
from typing import Any

from crmcore.clock import Clock
from crmcore.contracts.actors import Actor
from crmcore.contracts.jobs import Job
from crmcore.contracts.labels import text_of
from crmcore.jobs.claimed_job import PERIODIC, moment_of
from crmcore.jobs.desk import READ
from crmcore.jobs.entry import PeriodicEntry, QueueEntry
from crmcore.jobs.tables import JobRow
from crmcore.plugins.registry import Registered
from crmcore.records.scope import demand

# A periodic job that waits for its turn is not counted.
_QUEUES = """
SELECT plugin,
  sum(CASE WHEN state = 'queued' AND run_at <= {} THEN 1 ELSE 0 END) AS due,
  sum(CASE WHEN state = 'queued' AND run_at > {}
    AND (unique_key IS NULL OR unique_key NOT LIKE 'every:%' OR attempts > 0) THEN 1 ELSE 0 END) AS later,
  sum(CASE WHEN state = 'queued' AND attempts > 0 THEN 1 ELSE 0 END) AS failing,
  sum(CASE WHEN state = 'running' THEN 1 ELSE 0 END) AS running,
  sum(CASE WHEN state = 'dead' THEN 1 ELSE 0 END) AS dead,
  min(CASE WHEN state = 'queued' AND run_at <= {} THEN run_at END) AS oldest
FROM job GROUP BY plugin ORDER BY plugin"""


class JobOverview:
    """Looks over the queue of one workspace."""

    def __init__(self, clock: Clock, kinds: Mapping[str, Registered[Job]], time_zone: str) -> None:
        self._clock = clock
        self._kinds = kinds
        self.time_zone = time_zone

    async def queues(self, *, actor: Actor) -> list[QueueEntry]:
        """Return the queues in which there is anything, by name."""
        demand(actor, READ)
        now = self._clock()
        entries = []
        for row in await JobRow.raw(_QUEUES, now, now, now):
            oldest = moment_of(row["oldest"])
            numbers = {name: int(row[name]) for name in ("due", "later", "failing", "running", "dead")}
            waited_s = max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
            if any(numbers.values()):
                entries.append(QueueEntry(plugin=row["plugin"], oldest_wait_s=round(waited_s, 3), **numbers))
        return entries

    async def periodic(self, *, actor: Actor) -> list[PeriodicEntry]:
        """Return the periodic jobs of all loaded plugins, by their keys."""
        demand(actor, READ)
        kinds = {kind: owned for kind, owned in sorted(self._kinds.items()) if owned.item.periodic}
        if not kinds:
            return []
        rows = await JobRow.select().where(JobRow.unique_key.is_in([PERIODIC + kind for kind in kinds]))
        there = {row["unique_key"].removeprefix(PERIODIC): row for row in rows}
        return [self._entry(kind, owned, there.get(kind), actor.language) for kind, owned in kinds.items()]

    def _entry(
        self, kind: str, owned: Registered[Job], row: dict[str, Any] | None, language: str
    ) -> PeriodicEntry:
        job = owned.item
        return PeriodicEntry(
            id=row["id"] if row else None,
            plugin=owned.plugin,
            name=job.key,
            label=text_of(job.label, language) if job.label else kind,
            every_s=job.every_s,
            at=job.at,
            time_zone=(job.time_zone or self.time_zone) if job.at else "",
            state=row["state"] if row else "new",
            # While it runs the column is its lease's end.
            next_at=row["run_at"] if row and row["state"] == "queued" else None,
            ran_at=row["ran_at"] if row else None,
            error=row["error"] if row else "",
        )
