"""Merging two contacts into one, and undoing it exactly."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from crmcore.clock import Clock, uuid7
from crmcore.contacts.merged_fields import chosen_changes, restored_changes
from crmcore.contacts.points import Point
from crmcore.contacts.tables import Contact, ContactPoint, MergeLog
from crmcore.contracts.actors import Actor, plugin_actor
from crmcore.contracts.problems import Refusal
from crmcore.contracts.records import Merge, Move, Record
from crmcore.database.database import Database
from crmcore.errors import Conflict, Forbidden, Invalid, NotFound
from crmcore.events.outbox import Outbox
from crmcore.plugins.dispatch import Dispatcher
from crmcore.plugins.failures import PluginFailed
from crmcore.records.history import remember
from crmcore.records.service import Records

_CHUNK = 500
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


class Merger:
    """Merges contacts. Every step of a merge is one transaction, and so is every step of its undoing."""

    def __init__(
        self, *, database: Database, clock: Clock, records: Records, dispatch: Dispatcher, outbox: Outbox
    ) -> None:
        self._database = database
        self._clock = clock
        self._records = records
        self._dispatch = dispatch
        self._outbox = outbox

    async def merge(
        self, kept: UUID, merged: UUID, *, actor: Actor, choices: Mapping[str, str] | None = None
    ) -> UUID:
        """Make ``merged`` a part of ``kept`` and return the merge's id, with which it can be undone.

        ``choices`` says for single fields (``"job_title"``, ``"custom.tier"``) whose value stays: ``"kept"`` or
        ``"merged"``. Without a choice the kept contact's value stays, and the other's fills what it has not.
        """
        if not actor.may("contact.write"):
            raise Forbidden(permission="contact.write")
        if kept == merged:
            raise Conflict(_SAME, code="same_contact")
        mine = await self._records.get("contact", kept, actor=actor)
        theirs = await self._records.get("contact", merged, actor=actor)
        changes, filled = chosen_changes(mine.document, theirs.document, choices or {})
        as_plugin: dict[str, dict[str, Any]] = {}
        for _ in range(len(filled) + 2):
            try:
                return await self._merged(mine, theirs, changes, as_plugin, actor)
            except Invalid as invalid:
                if not _without_refused(changes, filled, as_plugin, invalid):
                    raise
        raise Conflict()

    async def undo(self, merge_id: UUID, *, actor: Actor) -> None:
        """Take a merge back: both contacts are as they were, but for what was changed since.

        Raises Conflict when it was undone before, or when the kept contact itself was merged away since.
        """
        if not actor.may("contact.write"):
            raise Forbidden(permission="contact.write")
        async with self._database.transaction():
            query = MergeLog.select().where(MergeLog.id == merge_id)
            rows = await (query.lock_rows("UPDATE") if self._database.kind == "postgres" else query)
            if not rows:
                raise NotFound()
            log = rows[0]
            if log["undone_at"] is not None:
                raise Conflict(_UNDONE, code="already_undone")
            both = await self._locked(log["kept"], log["merged"])
            if log["kept"] not in both or both[log["kept"]]["deleted_at"] is not None:
                raise Conflict(_GONE, code="contact_gone")
            if log["merged"] not in both or both[log["merged"]]["merged_into"] != log["kept"]:
                raise Conflict(_GONE, code="contact_gone")
            await self._move_back(log)
            await self._restore(log, both, actor)
            await MergeLog.update({"undone_at": self._clock()}, force=True).where(MergeLog.id == merge_id)

    async def _merged(
        self,
        mine: Record,
        theirs: Record,
        changes: dict[str, Any],
        as_plugin: Mapping[str, dict[str, Any]],
        actor: Actor,
    ) -> UUID:
        async with self._database.transaction():
            both = await self._locked(mine.id, theirs.id)
            for record in (mine, theirs):
                row = both.get(record.id)
                if row is None or row["deleted_at"] is not None or row["version"] != record.version:
                    raise Conflict()
            points = await self._move_points(mine.id, theirs.id)
            moves = await self._move_rows(Merge(kept=mine.id, merged=theirs.id, actor=actor))
            record = await self._records.update(
                "contact",
                mine.id,
                changes,
                actor=actor,
                reason=f"merge {theirs.id}",
                internal={"point_list": [point for point, _ in points]},
            )
            for plugin, custom in as_plugin.items():
                record = await self._records.update(
                    "contact",
                    mine.id,
                    {"custom": custom},
                    actor=plugin_actor(plugin),
                    reason=f"merge {theirs.id}",
                )
            await self._bury(both[theirs.id], mine.id, actor)
            await self._outbox.write(
                "contact_merged", "contact", mine.id, actor, data={"merged": str(theirs.id)}
            )
            before = {
                "kept": mine.document,
                "after": record.document,
                "points": [old for _, old in points],
                "merged": {name: both[theirs.id][name] for name in ("points", "search_text")},
            }
            return await self._write_log(mine.id, theirs.id, moves, before, actor)

    async def _locked(self, *ids: UUID) -> dict[UUID, dict[str, Any]]:
        query = Contact.select().where(Contact.id.is_in(list(ids))).order_by(Contact.id)
        rows = await (query.lock_rows("UPDATE") if self._database.kind == "postgres" else query)
        return {row["id"]: row for row in rows}

    async def _move_points(self, kept: UUID, merged: UUID) -> list[tuple[Point, dict[str, Any]]]:
        """Move the contact points, and return all of both, the kept contact's first, as they were before."""
        rows = await ContactPoint.select().where(ContactPoint.contact.is_in([kept, merged]))
        rows.sort(key=lambda row: (row["contact"] != kept, row["position"], str(row["id"])))
        await ContactPoint.update({"contact": kept, "is_primary": False}, force=True).where(
            ContactPoint.contact == merged
        )
        return [
            (
                Point(kind=row["kind"], raw=row["raw"], normalized=row["normalized"]),
                {name: row[name] for name in ("id", "contact", "position", "is_primary")},
            )
            for row in rows
        ]

    async def _move_rows(self, merge: Merge) -> list[dict[str, Any]]:
        """Ask every plugin for its rows, move them, and return what the log says of them."""
        logged = []
        for plugin in self._dispatch.implementers("merge_contacts"):
            try:
                moves = await self._dispatch.call_one(plugin, "merge_contacts", merge=merge)
            except Refusal as refusal:
                raise Invalid(problems=refusal.problems) from refusal
            except PluginFailed as failed:
                raise Conflict(
                    _PLUGIN_FAILED, code="plugin_failed", plugin=plugin, reason=failed.sentence()
                ) from failed
            for (table, key, column), rows in _grouped(moves or (), plugin).items():
                moved = await self._repoint(table, key, column, rows, merge.merged, merge.kept)
                if moved:
                    logged.append(
                        {"plugin": plugin, "table": table, "key": key, "column": column, "rows": moved}
                    )
        return logged

    async def _repoint(
        self, table: str, key: str, column: str, rows: Sequence[UUID], old: UUID, new: UUID
    ) -> list[UUID]:
        """Point ``rows`` from ``old`` to ``new`` and return those that did point at ``old``."""
        if not all(_NAME.fullmatch(name) for name in (table, key, column)):
            raise Conflict()
        moved: list[UUID] = []
        for start in range(0, len(rows), _CHUNK):
            chunk = rows[start : start + _CHUNK]
            places = ", ".join("{}" for _ in chunk)
            answer = await Contact.raw(
                f'UPDATE "{table}" SET "{column}" = {{}} '  # noqa: S608 - names matched above, values are parameters
                f'WHERE "{column}" = {{}} AND "{key}" IN ({places}) RETURNING "{key}"',
                new,
                old,
                *chunk,
            )
            moved += [UUID(str(row[key])) for row in answer]
        return moved

    async def _bury(self, row: Mapping[str, Any], kept: UUID, actor: Actor) -> None:
        now = self._clock()
        version = row["version"] + 1
        await Contact.update(
            {
                "merged_into": kept,
                "deleted_at": now,
                "updated_at": now,
                "version": version,
                "points": "[]",
                "search_text": "",
            },
            force=True,
        ).where(Contact.id == row["id"])
        await self._remember(row["id"], version, "merge", {"merged_into": [None, str(kept)]}, actor)

    async def _move_back(self, log: Mapping[str, Any]) -> None:
        for point in msgspec.json.decode(log["before"])["points"]:
            values: dict[Any, Any] = {name: point[name] for name in ("position", "is_primary")}
            if point["contact"] == str(log["merged"]):
                values["contact"] = log["merged"]
            await ContactPoint.update(values, force=True).where(
                ContactPoint.id == UUID(point["id"]), ContactPoint.contact == log["kept"]
            )
        for group in msgspec.json.decode(log["moves"]):
            rows = [UUID(row) for row in group["rows"]]
            await self._repoint(
                group["table"], group["key"], group["column"], rows, log["kept"], log["merged"]
            )

    async def _restore(
        self, log: Mapping[str, Any], both: Mapping[UUID, Mapping[str, Any]], actor: Actor
    ) -> None:
        before = msgspec.json.decode(log["before"])
        kept, merged = log["kept"], log["merged"]
        current = (await self._records.get("contact", kept, actor=actor)).document
        changes = restored_changes(before["kept"], before["after"], current)
        as_plugin: dict[str, dict[str, Any]] = {}
        points = await _points(kept)
        while True:
            try:
                async with self._database.savepoint():
                    await self._records.update(
                        "contact",
                        kept,
                        changes,
                        actor=actor,
                        reason=f"undo merge {merged}",
                        internal={"point_list": points},
                    )
                    break
            except Invalid as invalid:
                if not _without_refused(changes, set(_flat(changes)), as_plugin, invalid):
                    raise
        for plugin, custom in as_plugin.items():
            await self._records.update("contact", kept, {"custom": custom}, actor=plugin_actor(plugin))
        now, version = self._clock(), both[merged]["version"] + 1
        back = await _points(merged)
        as_it_was = msgspec.json.decode(before["merged"]["points"])
        order = {(point["kind"], point["normalized"]): index for index, point in enumerate(as_it_was)}
        back.sort(key=lambda point: order.get((point.kind, point.normalized), len(order)))
        await Contact.update(
            {
                "merged_into": None,
                "deleted_at": None,
                "updated_at": now,
                "version": version,
                "points": msgspec.json.encode(back).decode(),
                "search_text": before["merged"]["search_text"],
            },
            force=True,
        ).where(Contact.id == merged)
        await self._remember(merged, version, "unmerge", {"merged_into": [str(kept), None]}, actor)
        await self._outbox.write("contact_unmerged", "contact", kept, actor, data={"merged": str(merged)})

    async def _write_log(
        self, kept: UUID, merged: UUID, moves: list[dict[str, Any]], before: dict[str, Any], actor: Actor
    ) -> UUID:
        id = uuid7(self._clock())
        await MergeLog.insert(
            MergeLog(
                id=id,
                kept=kept,
                merged=merged,
                moves=msgspec.json.encode(moves).decode(),
                before=msgspec.json.encode(before).decode(),
                actor_kind=actor.kind,
                actor_id=actor.id[:64],
                actor_label=actor.label[:200],
                at=self._clock(),
            )
        )
        return id

    async def _remember(
        self, contact: UUID, version: int, action: str, changes: dict[str, list[Any]], actor: Actor
    ) -> None:
        await remember(
            "contact",
            contact,
            version=version,
            action=action,
            changes=changes,
            actor=actor,
            reason="",
            at=self._clock(),
        )


def _grouped(moves: Iterable[Move], plugin: str) -> dict[tuple[str, str, str], list[UUID]]:
    """Return the rows to move by table, primary key and column, after checking that these exist."""
    groups: dict[tuple[str, str, str], list[UUID]] = {}
    for move in moves:
        columns = {column._meta.db_column_name for column in move.table._meta.columns}
        if move.column not in columns:
            raise Conflict(
                _PLUGIN_FAILED,
                code="plugin_failed",
                plugin=plugin,
                reason=f"{move.table._meta.tablename} has no column {move.column}",
            )
        key = move.table._meta.primary_key._meta.db_column_name
        groups.setdefault((move.table._meta.tablename, key, move.column), []).append(move.row)
    return groups


def _without_refused(
    changes: dict[str, Any], filled: set[str], as_plugin: dict[str, dict[str, Any]], invalid: Invalid
) -> bool:
    """Take out of ``changes`` what nobody chose and the gate refuses; what only a plugin may write, it writes."""
    taken = False
    for problem in invalid.problems:
        parts = problem.path.split("/")[1:3]
        name = ".".join(parts) if parts[:1] == ["custom"] else next(iter(parts), "")
        if name not in filled:
            return False
        place, key = (changes.get("custom", {}), parts[1]) if parts[0] == "custom" else (changes, parts[0])
        if key not in place:
            continue
        value = place.pop(key)
        taken = True
        if problem.code == "read_only" and problem.plugin:
            as_plugin.setdefault(problem.plugin, {})[key] = value
    return taken


def _flat(changes: Mapping[str, Any]) -> list[str]:
    return [*changes, *(f"custom.{key}" for key in changes.get("custom", ()))]


async def _points(contact: UUID) -> list[Point]:
    rows = (
        await ContactPoint.select()
        .where(ContactPoint.contact == contact)
        .order_by(ContactPoint.position, ContactPoint.id)
    )
    return [Point(kind=row["kind"], raw=row["raw"], normalized=row["normalized"]) for row in rows]


_SAME = {"en": "These are the same contact.", "ru": "Это один и тот же контакт."}
_UNDONE = {"en": "This merge was undone already.", "ru": "Это объединение уже отменено."}
_GONE = {
    "en": "One of the contacts was deleted or merged again since. Undo that first.",
    "ru": "Один из контактов с тех пор удалён или снова объединён. Сначала отмените это.",
}
_PLUGIN_FAILED = {
    "en": "Nothing was merged, because the plugin “{plugin}” failed: {reason}",
    "ru": "Контакты не объединены из-за сбоя плагина «{plugin}»: {reason}",
}
