"""What people do with jobs: look at them, try again those that were given up, throw away."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from piccolo.custom_types import Combinable

from crmcore.audit.note import note
from crmcore.contracts.actors import Actor
from crmcore.contracts.jobs import Job
from crmcore.contracts.labels import Label
from crmcore.errors import Conflict, NotFound
from crmcore.jobs.claimed_job import PERIODIC
from crmcore.jobs.entry import JobEntry, Show, entry_of
from crmcore.jobs.queue import JobQueue
from crmcore.jobs.tables import JobRow
from crmcore.plugins.registry import Registered
from crmcore.records.scope import demand

if TYPE_CHECKING:
    from crmcore.database.database import Database

READ, WRITE = "job.read", "job.write"
MOST_AT_ONCE = 500

_PERIODIC: Label = {
    "en": "This job runs by itself and belongs to its plugin: it ends when the plugin is switched off.",
    "ru": "Это задание запускается само и принадлежит плагину: оно прекратится, если плагин выключить.",
}
_NEEDED: Label = {
    "en": "This job was promised to somebody: cancel what it works on instead, the import, for example.",
    "ru": "Результат этого задания кому-то обещан: отмените то, над чем оно работает, например импорт.",
}
_DEAD: Label = {
    "en": "This job was given up already: try it again, or discard it.",
    "ru": "От этого задания уже отказались: повторите его или уберите.",
}


class JobDesk:
    """The jobs of one workspace, for people."""

    def __init__(self, queue: JobQueue, kinds: Mapping[str, Registered[Job]]) -> None:
        self._queue = queue
        self._kinds = kinds
        self._database: Database = queue.database

    async def page(
        self,
        show: Show = "dead",
        *,
        actor: Actor,
        plugin: str = "",
        name: str = "",
        limit: int = 50,
        after: UUID | None = None,
    ) -> tuple[list[JobEntry], UUID | None]:
        """Return jobs and the cursor of the next page: the dead ones newest first, all others oldest first.

        Periodic jobs that wait for their turn are not among them.
        """
        demand(actor, READ)
        query = JobRow.select().where(*_shown(show), *_of(plugin, name))
        newest_first = show == "dead"
        if after is not None:
            query = query.where(JobRow.id < after if newest_first else JobRow.id > after)
        rows = await query.order_by(JobRow.id, ascending=not newest_first).limit(limit + 1)
        entries = [entry_of(row, self._kinds, actor.language) for row in rows[:limit]]
        return entries, entries[-1].id if len(rows) > limit else None

    async def get(self, id: UUID, *, actor: Actor) -> JobEntry:
        """Return one job. Raises NotFound, also for one that is done."""
        demand(actor, READ)
        return entry_of(await self._row(id), self._kinds, actor.language)

    async def long_work(self, *, actor: Actor, limit: int = 50) -> list[JobEntry]:
        """Return the jobs that tell how far they are, the longest at work first."""
        demand(actor, READ)
        rows = (
            await JobRow.select()
            .where(JobRow.state == "running", JobRow.total.is_not_null())
            .order_by(JobRow.began_at)
            .limit(limit)
        )
        return [entry_of(row, self._kinds, actor.language) for row in rows]

    async def retry(self, id: UUID, *, actor: Actor) -> None:
        """Put a dead letter back to the waiting jobs with all its attempts. Raises NotFound."""
        demand(actor, WRITE)
        async with self._database.transaction():
            await self._queue.retry(id)
            await self._note("retry", await self._row(id), actor)

    async def retry_all(
        self, *, actor: Actor, plugin: str = "", name: str = "", ids: Sequence[UUID] | None = None
    ) -> int:
        """Put the dead letters of ``plugin``, of ``name``, or with these ``ids`` back; return how many."""
        demand(actor, WRITE)
        chosen: list[Combinable] = (
            [*_of(plugin, name)] if ids is None else [JobRow.id.is_in(list(ids) or [UUID(int=0)])]
        )
        back = 0
        while True:
            async with self._database.transaction():
                # In batches: one statement over a hundred thousand rows holds SQLite's writer for seconds.
                rows = (
                    await JobRow.select(JobRow.id)
                    .where(JobRow.state == "dead", *chosen)
                    .order_by(JobRow.id)
                    .limit(MOST_AT_ONCE)
                )
                if rows:
                    back += await self._queue.retry_all([row["id"] for row in rows])
                if len(rows) < MOST_AT_ONCE:
                    if back:
                        changes: dict[str, list[Any]] = {
                            "jobs": [None, back],
                            "plugin": [None, plugin],
                            "name": [None, name],
                        }
                        subject = ".".join(filter(None, [plugin, name])) or "*"
                        await note(self._queue.clock, "retry", "job", subject, actor=actor, changes=changes)
                    return back

    async def cancel(self, id: UUID, *, actor: Actor) -> None:
        """Throw a job away that waits or runs; one that runs is stopped within five seconds.

        What it has done by then stays. Raises NotFound, and Conflict for a dead letter, a periodic job, and one
        whose work was promised.
        """
        demand(actor, WRITE)
        async with self._database.transaction():
            row = await self._row(id)
            entry = entry_of(row, self._kinds)
            if entry.periodic:
                raise Conflict(_PERIODIC, code="job_periodic")
            if entry.state == "dead":
                raise Conflict(_DEAD, code="job_dead")
            if not entry.cancellable:
                raise Conflict(_NEEDED, code="job_needed")
            # Its worker finds at its next heartbeat that the job is not its own any more, and stops it.
            await JobRow.delete().where(JobRow.id == id, JobRow.state.is_in(["queued", "running"]))
            await self._note("cancel", row, actor)

    async def discard(self, id: UUID, *, actor: Actor) -> None:
        """Delete a dead letter for good. Raises NotFound."""
        demand(actor, WRITE)
        async with self._database.transaction():
            row = await self._row(id)
            await self._queue.discard(id)
            await self._note("discard", row, actor)

    async def _row(self, id: UUID) -> dict[str, Any]:
        row = await JobRow.select().where(JobRow.id == id).first()
        if row is None:
            raise NotFound
        return row

    async def _note(self, action: str, row: Mapping[str, Any], actor: Actor) -> None:
        kind = entry_of(row, self._kinds).name
        subject = kind if "." in kind else f"{row['plugin']}.{kind}"
        await note(self._queue.clock, action, "job", subject, actor=actor, id=row["id"])


def _shown(show: Show) -> list[Combinable]:
    if show in ("dead", "running"):
        return [JobRow.state == show]
    waiting: list[Combinable] = [JobRow.state == "queued"]
    if show == "failing":
        return [*waiting, JobRow.attempts > 0]
    # A periodic job that waits for its turn is no work that waits.
    return [*waiting, JobRow.unique_key.is_null() | JobRow.unique_key.not_like(f"{PERIODIC}%")]


def _of(plugin: str, name: str) -> list[Combinable]:
    chosen: list[Combinable] = [JobRow.plugin == plugin] if plugin else []
    return [*chosen, JobRow.name == name] if name else chosen
