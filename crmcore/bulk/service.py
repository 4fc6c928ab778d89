"""Changes of many records at once, each through the gate, in turns that can stop and go on, and taken back."""

import time
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from crmcore.accounts.patterns import both
from crmcore.audit.note import note
from crmcore.bulk.one_record import Outcome, change_one
from crmcore.bulk.run import MAX_IDS, OPEN, Reason, Run, Selection, Work, problems_text, run_of
from crmcore.bulk.tables import BulkRow, BulkRun
from crmcore.bulk.undoing import undo_one
from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label, text_of
from crmcore.contracts.problems import Problem
from crmcore.errors import Conflict, Forbidden, Invalid, NotFound
from crmcore.importing.run import Starter
from crmcore.jobs.progress import tell_progress
from crmcore.plugins.names import CORE
from crmcore.records.query import ListQuery
from crmcore.records.reasons import reason
from crmcore.records.scope import demand

if TYPE_CHECKING:
    from crmcore.workspace import Crm

JOB = "run_bulk"
# One transaction: more make others wait, fewer make the commits felt.
BATCH = 50
# What a turn may take before other jobs have theirs, and what may be done at once for who waits.
TURN_S, FIRST_S = 20.0, 0.8
KEPT = timedelta(days=30)
_SHOWN = 5
_LOOKED_AT = 5_000

_NOTHING: Label = {"en": "Say what to change.", "ru": "Укажите, что изменить."}
_NOBODY: Label = {"en": "Say which records.", "ru": "Укажите, какие записи."}
_SENSITIVE: Label = {
    "en": "Hidden values are changed one record at a time.",
    "ru": "Скрываемые значения меняют по одной записи.",
}
_STATE: Label = {
    "en": "This was undone already, or is not done yet.",
    "ru": "Это уже отменено или ещё не закончено.",
}
_REASON: Label = {"en": "Changed together with others", "ru": "Изменено вместе с другими"}
_LEFT: Label = {
    "en": "Whoever began it may not work here any more.",
    "ru": "Тому, кто это начал, здесь больше нельзя работать.",
}


class Bulk:
    """The changes of many records of one workspace. Whoever began one sees it, and who may write jobs."""

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm

    async def begin(self, record_type: str, selection: Selection, work: Work, *, actor: Actor) -> Run:
        """Begin, do what can be done at once, and leave the rest to a job.

        Raises Forbidden, and Invalid for a question that makes no sense or nothing to do.
        """
        crm = self._crm
        kind = crm.records.record_type(record_type)
        demand(actor, f"{kind.key}.read")
        demand(actor, f"{kind.key}.{'delete' if work.delete else 'write'}")
        await self._check(record_type, selection, work, actor)
        query = self._query(record_type, selection)
        total = (
            len(set(selection.ids))
            if query is None
            else await crm.records.count(kind.key, query, actor=actor)
        )
        now = crm.clock()
        run = BulkRun(
            record_type=kind.key,
            work=msgspec.json.encode(work).decode(),
            selection=msgspec.json.encode(Selection(ids=selection.ids, query=query)).decode(),
            actor=msgspec.json.encode(Starter.of(actor)).decode(),
            actor_id=actor.id[:64],
            total=total,
            created_at=now,
            updated_at=now,
        )
        async with crm.database.transaction():
            await self._forget(now - KEPT)
            await BulkRun.insert(run)
            told = {"delete": [None, True]} if work.delete else {"fields": [None, self._fields(work)]}
            await note(
                crm.clock,
                "bulk",
                kind.key,
                str(run.id),
                actor=actor,
                changes={**told, "total": [None, total]},
            )
            await crm.jobs.enqueue(CORE, JOB, {"run": str(run.id)}, key=f"bulk {run.id}", delay_s=FIRST_S)
        await self.turn(run.id, seconds=FIRST_S)
        return await self.get(run.id, actor=actor)

    async def get(self, id: UUID, *, actor: Actor) -> Run:
        """Return one run; raises NotFound, also for somebody else's."""
        return run_of(await self._row(id, actor))

    async def refusals(self, id: UUID, *, actor: Actor) -> list[Reason]:
        """Return why records were refused, the commonest reason first."""
        await self._row(id, actor)
        rows = (
            await BulkRow.select(BulkRow.record_id, BulkRow.problem)
            .where(BulkRow.run == id, BulkRow.problem != "")
            .order_by(BulkRow.id)
            .limit(_LOOKED_AT)
        )
        found: dict[str, list[UUID]] = {}
        for row in rows:
            problems = msgspec.json.decode(row["problem"], type=list[Problem])
            found.setdefault(problems_text(problems, actor.language), []).append(row["record_id"])
        return [
            Reason(text=text, count=len(ids), records=tuple(ids[:_SHOWN]))
            for text, ids in sorted(found.items(), key=lambda item: -len(item[1]))
        ]

    async def undo(self, id: UUID, *, actor: Actor) -> Run:
        """Take a finished run back: every value that is still its own. Raises Conflict."""
        crm = self._crm
        async with crm.database.transaction():
            row = await self._row(id, actor)
            demand(actor, f"{row['record_type']}.write")
            moved = (
                await BulkRun.update(
                    {
                        BulkRun.state: "undoing",
                        BulkRun.updated_at: crm.clock(),
                        BulkRun.actor: msgspec.json.encode(Starter.of(actor)).decode(),
                    },
                    force=True,
                )
                .where(BulkRun.id == id, BulkRun.state == "done")
                .returning(BulkRun.id)
            )
            if not moved:
                raise Conflict(_STATE, code="wrong_state")
            await note(crm.clock, "undo", row["record_type"], str(id), actor=actor)
            await crm.jobs.enqueue(CORE, JOB, {"run": str(id)}, key=f"bulk {id}", delay_s=FIRST_S)
        await self.turn(id, seconds=FIRST_S)
        return await self.get(id, actor=actor)

    async def turn(self, id: UUID, *, seconds: float = TURN_S) -> None:
        """Go on for a while; what is left is put down as a job again."""
        until = time.monotonic() + seconds
        await self._tell(id)
        while await self._batch(id):
            await self._tell(id)
            if time.monotonic() > until:
                await self._crm.jobs.enqueue(CORE, JOB, {"run": str(id)}, key=f"bulk {id}")
                return

    @staticmethod
    async def _tell(id: UUID) -> None:
        """Tell the job that does the work how far it is, for the page of jobs."""
        row = await BulkRun.select().where(BulkRun.id == id).first()
        if row is not None and row["state"] in OPEN:
            run = run_of(row)
            await tell_progress(run.done, run.total_now)

    async def _batch(self, id: UUID) -> bool:
        """Work on the next records in one transaction with what is remembered of it; tell whether there are more."""
        crm = self._crm
        async with crm.database.transaction():
            query = BulkRun.select().where(BulkRun.id == id, BulkRun.state.is_in(list(OPEN)))
            rows = await (query.lock_rows("UPDATE") if crm.database.kind == "postgres" else query)
            if not rows:
                return False
            row = rows[0]
            try:
                actor = await self._actor(row)
                if row["state"] == "undoing":
                    return await self._undo_batch(row, actor)
                return await self._work_batch(row, actor)
            except Forbidden as error:
                await self._end(row, "failed", error=error.sentence(_language(row)))
                return False

    async def _work_batch(self, row: dict[str, Any], actor: Actor) -> bool:
        crm, key = self._crm, row["record_type"]
        work = msgspec.json.decode(row["work"], type=Work)
        ids, place = await self._next(row, actor)
        reason = text_of(_REASON, actor.language)
        counts = {"changed": 0, "unchanged": 0, "refused": 0}
        kept = []
        for one in ids:
            found = await change_one(crm.database, crm.records, key, one, work, actor=actor, reason=reason)
            counts["refused" if found.problems else "changed" if found.version else "unchanged"] += 1
            if found.problems or found.version:
                kept.append(_row(row["id"], one, found))
        if kept:
            await BulkRow.insert(*kept)
        await BulkRun.update(
            {
                "state": "running",
                "place": place,
                "updated_at": crm.clock(),
                **{name: row[name] + grown for name, grown in counts.items()},
            },
            force=True,
        ).where(BulkRun.id == row["id"])
        if not place:
            await self._end(row, "done")
        return bool(place)

    async def _undo_batch(self, row: dict[str, Any], actor: Actor) -> bool:
        crm = self._crm
        kind = crm.records.record_type(row["record_type"])
        rows = (
            await BulkRow.select()
            .where(BulkRow.run == row["id"], BulkRow.version > 0, BulkRow.undo == "")
            .order_by(BulkRow.id)
            .limit(BATCH)
        )
        undone = 0
        for one in rows:
            found = await undo_one(
                crm.database,
                crm.records,
                kind,
                one,
                actor=actor,
                reason=reason("bulk_undone", actor.language),
            )
            undone += found == "undone"
            await BulkRow.update({BulkRow.undo: found}, force=True).where(BulkRow.id == one["id"])
        await BulkRun.update(
            {
                "undone": row["undone"] + undone,
                "kept": row["kept"] + len(rows) - undone,
                "updated_at": crm.clock(),
            },
            force=True,
        ).where(BulkRun.id == row["id"])
        if len(rows) < BATCH:
            await self._end(row, "undone")
        return len(rows) == BATCH

    async def _next(self, row: dict[str, Any], actor: Actor) -> tuple[list[UUID], str]:
        """Return the next records, and the place behind them; an empty place at the end."""
        selection = msgspec.json.decode(row["selection"], type=Selection)
        if selection.query is None:
            ids = list(dict.fromkeys(selection.ids))
            begin = int(row["place"] or 0)
            end = begin + BATCH
            return ids[begin:end], str(end) if end < len(ids) else ""
        query = msgspec.structs.replace(selection.query, cursor=row["place"], limit=BATCH, fields=())
        page = await self._crm.records.list(row["record_type"], query, actor=actor)
        return [record.id for record in page.items], page.next or ""

    def _query(self, record_type: str, selection: Selection) -> ListQuery | None:
        """Return the question that is gone through: in an order that no change disturbs, of what is there now."""
        if selection.query is None:
            return None
        kind, asked = self._crm.records.record_type(record_type), selection.query
        filter = asked.filter
        if "created_at" in kind.filters:
            now = {"field": "created_at", "op": "lte", "value": self._crm.clock().isoformat()}
            filter = {"all": [filter, now]} if filter else now
        sort = "created_at" if "created_at" in kind.sorts else ""
        return msgspec.structs.replace(asked, filter=filter, sort=sort, cursor="", fields=None)

    async def _check(self, record_type: str, selection: Selection, work: Work, actor: Actor) -> None:
        problems: Iterable[Problem] = ()
        if work.is_nothing:
            problems = [Problem(path="/changes", code="nothing", message=_NOTHING)]
        elif bool(selection.ids) is (selection.query is not None) or len(selection.ids) > MAX_IDS:
            problems = [Problem(path="/ids", code="which", message=_NOBODY)]
        else:
            sensitive = self._crm.records.sensitive(record_type)
            problems = [
                Problem(path="/" + name.replace(".", "/"), code="sensitive", message=_SENSITIVE)
                for name in self._fields(work)
                if name in sensitive
            ]
        if problems:
            raise Invalid(problems=tuple(problems))
        if selection.query is not None:
            await self._crm.records.check(record_type, selection.query, actor=actor)

    @staticmethod
    def _fields(work: Work) -> list[str]:
        names = [name for name in work.changes if name != "custom"]
        names += [f"custom.{key}" for key in work.changes.get("custom", {})]
        return [*names, *(["tags"] if work.add_tags or work.remove_tags else [])]

    async def _actor(self, row: dict[str, Any]) -> Actor:
        """Return on whose behalf it is done: as much as he might when he began, and may still."""
        starter = msgspec.json.decode(row["actor"], type=Starter)
        if starter.kind not in ("user", "token"):
            return Actor(**{name: getattr(starter, name) for name in starter.__struct_fields__})
        actor = await self._crm.accounts.actor_for_user(UUID(starter.id))
        if actor is None:
            raise Forbidden(_LEFT)
        permissions = both(actor.permissions, starter.permissions)
        return msgspec.structs.replace(actor, kind=starter.kind, label=starter.label, permissions=permissions)

    async def _row(self, id: UUID, actor: Actor) -> dict[str, Any]:
        rows = await BulkRun.select().where(BulkRun.id == id)
        if not rows or not (rows[0]["actor_id"] == actor.id or actor.may("job.write")):
            raise NotFound()
        row: dict[str, Any] = rows[0]
        if row["record_type"] not in self._crm.records.types:
            raise NotFound()
        demand(actor, f"{row['record_type']}.read")
        return row

    async def _end(self, row: dict[str, Any], state: str, *, error: str = "") -> None:
        now = self._crm.clock()
        values: dict[Any, Any] = {"state": state, "error": error, "updated_at": now, "finished_at": now}
        await BulkRun.update(values, force=True).where(BulkRun.id == row["id"])

    @staticmethod
    async def _forget(before: Any) -> None:
        old = BulkRun.select(BulkRun.id).where(BulkRun.created_at < before, BulkRun.state.not_in(list(OPEN)))
        ids = [row["id"] for row in await old.limit(100)]
        if ids:
            await BulkRow.delete().where(BulkRow.run.is_in(ids))
            await BulkRun.delete().where(BulkRun.id.is_in(ids))


def _language(row: dict[str, Any]) -> str:
    return msgspec.json.decode(row["actor"], type=Starter).language


def _row(run: UUID, record: UUID, found: Outcome) -> BulkRow:
    problem = msgspec.json.encode(found.problems).decode() if found.problems else ""
    return BulkRow(run=run, record_id=record, version=found.version, deleted=found.deleted, problem=problem)
