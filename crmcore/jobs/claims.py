"""Taking jobs: which worker may run which job, and for how long."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4
from zlib import crc32

from piccolo.querystring import QueryString

from crmcore.clock import Clock
from crmcore.jobs.claimed_job import ClaimedJob, claimed_from
from crmcore.jobs.tables import JobRow

if TYPE_CHECKING:
    from crmcore.database.database import Database

# Two subqueries for two indexes. As one with OR it took PostgreSQL 1,100 ms with 30,000 jobs in 50 orders, before
# it had statistics of the table; these take 1 ms, with and without.
_DUE = """
    SELECT j.id FROM job AS j
    WHERE j.state = 'queued' AND j.run_at <= {} AND j.plugin IN ({})
      AND (j.name LIKE 'core.%' OR j.plugin || '.' || j.name IN ({}))
      AND (j.ordering_key IS NULL OR (
        NOT EXISTS (
          SELECT 1 FROM job AS older
          WHERE older.ordering_key = j.ordering_key AND older.id < j.id AND older.state <> 'dead'
        )
        AND NOT EXISTS (
          SELECT 1 FROM job AS running
          WHERE running.state = 'running' AND running.ordering_key = j.ordering_key
        )
      ))
    ORDER BY j.priority, j.run_at, j.id LIMIT {}"""

_CLAIM = """
    UPDATE job SET state = 'running', lease = {}, run_at = {}, updated_at = {}, began_at = {}, attempts = attempts + 1
    WHERE %s
    RETURNING id, plugin, name, payload, unique_key, ordering_key, attempts, max_attempts, ran_at,
        origin"""

_CLAIM_SQLITE = _CLAIM % "id IN ({})"
# The array is made once; PostgreSQL may run a subquery behind IN again for every row and lock too many jobs.
_CLAIM_POSTGRES = _CLAIM % "id = ANY (ARRAY({}))"


_RUNNING = """
    SELECT plugin || '.' || name AS kind, count(*) AS jobs FROM job
    WHERE state = 'running' AND plugin IN ({}) AND plugin || '.' || name IN ({}) GROUP BY plugin, name"""


class Claims:
    """Leases on jobs. A lease lasts ``lease_s`` unless it is extended; then the job is anybody's again."""

    def __init__(self, database: "Database", clock: Clock, lease_s: float) -> None:
        self._database = database
        self._clock = clock
        self.lease_s = lease_s
        self._lease = timedelta(seconds=lease_s)

    async def claim(
        self,
        plugins: Collection[str],
        kinds: Collection[str],
        limit: int,
        at_once: Mapping[str, int] | None = None,
    ) -> list[ClaimedJob]:
        """Take up to ``limit`` due jobs of ``plugins``, the highest priority first, then the longest due.

        ``kinds`` are the registered ``plugin.name``; jobs of other kinds wait for their plugin to come back.
        A job whose ordering key has an older or a running job waits for that one. ``at_once`` says of which kinds
        only so many may run in all workers together.
        """
        if not at_once:
            return await self._claimed(plugins, kinds, limit)
        taken: list[ClaimedJob] = []
        async with self._database.transaction():
            if self._database.kind == "postgres":
                # One at a time: two that count side by side would both find the last place free.
                place = crc32(",".join(sorted(plugins)).encode())
                await JobRow.raw("SELECT pg_advisory_xact_lock(1668445554, {})", place - 2**31)
            rows = await JobRow.raw(_RUNNING, _listed(plugins), _listed(at_once))
            running = {row["kind"]: int(row["jobs"]) for row in rows}
            free = {kind: most - running.get(kind, 0) for kind, most in at_once.items()}
            # One by one, so that a kind that is full lets the others of its lane pass.
            while len(taken) < limit and (
                jobs := await self._claimed(plugins, [kind for kind in kinds if free.get(kind, 1) > 0], 1)
            ):
                taken += jobs
                if jobs[0].kind in free:
                    free[jobs[0].kind] -= 1
        return taken

    async def _claimed(
        self, plugins: Collection[str], kinds: Collection[str], limit: int
    ) -> list[ClaimedJob]:
        now = self._clock()
        lease = uuid4()
        due = QueryString(_DUE, now, _listed(plugins), _listed(kinds), limit)
        statement = _CLAIM_SQLITE
        if self._database.kind == "postgres":
            statement = _CLAIM_POSTGRES
            due = QueryString("{} FOR UPDATE OF j SKIP LOCKED", due)
        # One statement, which is a transaction by itself on both engines.
        rows = await JobRow.raw(statement, lease, now + self._lease, now, now, due)
        return sorted((claimed_from(row, lease, now) for row in rows), key=lambda job: job.id)

    async def extend(self, jobs: Collection[ClaimedJob]) -> set[UUID]:
        """Extend the leases of ``jobs`` and return the ids of those that are still ours."""
        if not jobs:
            return set()
        now = self._clock()
        rows = await JobRow.raw(
            "UPDATE job SET run_at = {}, updated_at = {} "
            "WHERE state = 'running' AND lease IN ({}) RETURNING id",
            now + self._lease,
            now,
            _listed({job.lease for job in jobs}),
        )
        return {UUID(str(row["id"])) for row in rows}

    async def release(self, job: ClaimedJob, delay_s: float = 0) -> None:
        """Give ``job`` back as if it had not been tried, to be run in ``delay_s``."""
        now = self._clock()
        await JobRow.raw(
            "UPDATE job SET state = 'queued', lease = NULL, attempts = attempts - 1, "
            "run_at = {}, updated_at = {} WHERE id = {} AND lease = {}",
            now + timedelta(seconds=delay_s),
            now,
            job.id,
            job.lease,
        )

    async def release_expired(self) -> bool:
        """Give back the jobs whose worker did not extend its lease, and tell whether there were any."""
        now = self._clock()
        rows = await JobRow.raw(
            "UPDATE job SET state = 'queued', lease = NULL, updated_at = {} "
            "WHERE state = 'running' AND run_at <= {} RETURNING id",
            now,
            now,
        )
        return bool(rows)

    async def next_due(self) -> datetime | None:
        """Return when the next delayed job is due, None when there is none."""
        row = (
            await JobRow.select(JobRow.run_at)
            .where(JobRow.state == "queued", JobRow.run_at > self._clock())
            .order_by(JobRow.run_at)
            .first()
        )
        return row["run_at"] if row else None


def _listed(values: Iterable[Any]) -> QueryString:
    items = list(values)
    return QueryString(", ".join(["{}"] * len(items)) or "NULL", *items)
