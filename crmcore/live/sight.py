"""What of the log one listener may hear: rows in scope, fields that are not hidden, notices to himself."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import text_of
from crmcore.contracts.records import RecordType
from crmcore.live.log import Entry
from crmcore.live.notices import NOTICE, Notice
from crmcore.live.sentences import said
from crmcore.live.told import Changed, Noticed, Person, Reread
from crmcore.records.scope import has_column, rows_for

if TYPE_CHECKING:
    from crmcore.records.service import Records

_Seen = Mapping[str, set[UUID]]
Common = tuple[_Seen, list[Changed | None], list[Reread]]
"""What all hear who see the same: which records they see, the change of each entry, and what left their sight."""


class Sight:
    """Finds what an actor may hear, with one statement for each record type that his scope narrows."""

    def __init__(self, records: "Records") -> None:
        self._records = records

    async def of(
        self, entries: Sequence[Entry], actor: Actor, common: dict[tuple[str, str], Common] | None = None
    ) -> list[Changed | Noticed | Reread]:
        """Return what ``actor`` hears of ``entries``, in their order and in his language.

        ``common`` keeps what others with the same sight and language hear as well, as long as the entries are these.
        """
        common = {} if common is None else common
        same = actor.sight, actor.language
        if same not in common:
            common[same] = await self._common(entries, actor)
        seen, changes, lost = common[same]
        told: list[Changed | Noticed | Reread] = []
        for entry, change in zip(entries, changes, strict=True):
            if change is not None:
                told.append(change)
            elif entry.name == NOTICE and (notice := _notice(entry, actor, seen)) is not None:
                told.append(notice)
        return [*told, *lost]

    async def _common(self, entries: Sequence[Entry], actor: Actor) -> Common:
        seen = await self._seen(entries, actor)
        changes: list[Changed | None] = []
        lost: set[str] = set()
        for entry in entries:
            change = None
            if entry.name != NOTICE and entry.record_id in seen.get(entry.record_type, ()):
                change = await self._changed(entry, actor)
            elif entry.name != NOTICE and self._had(entry, actor):
                lost.add(entry.record_type)
            changes.append(change)
        return seen, changes, [Reread(record_type=key) for key in sorted(lost)]

    async def _seen(self, entries: Iterable[Entry], actor: Actor) -> _Seen:
        ids: dict[str, set[UUID]] = defaultdict(set)
        deleted: set[UUID] = set()
        for entry in entries:
            ids[entry.record_type].add(entry.record_id)
            if entry.name.endswith("_deleted"):
                deleted.add(entry.record_id)
        return {
            key: await self._visible(kind, wanted, deleted, actor)
            for key, wanted in ids.items()
            if (kind := self._records.types.get(key)) is not None and actor.may(f"{key}.read")
        }

    @staticmethod
    async def _visible(kind: RecordType, ids: set[UUID], deleted: set[UUID], actor: Actor) -> set[UUID]:
        conditions = rows_for(kind, actor)
        if not conditions:
            return ids
        key = kind.table._meta.primary_key
        columns = [key]
        if has_column(kind, "deleted_at"):
            columns.append(kind.table._meta.get_column_by_name("deleted_at"))
        rows = await kind.table.select(*columns).where(key.is_in(list(ids)), *conditions)
        # Of what is deleted he hears that it is, and nothing after that.
        return {row["id"] for row in rows if row.get("deleted_at") is None or row["id"] in deleted}

    async def _changed(self, entry: Entry, actor: Actor) -> Changed | None:
        happened = entry.happened
        kind = self._records.types[entry.record_type]
        named: Mapping[str, list[Any]] = {name: [] for name in happened.changes}
        shown = await self._records.shown_changes(entry.record_type, named, actor=actor) if named else {}
        if named and not shown and entry.name.endswith("_updated"):
            return None  # only hidden fields have changed: for him nothing has
        person = happened.actor_kind in ("user", "token", "plugin")
        by = happened.actor_label if person else ""
        conversation = happened.data.get("conversation_id") if entry.record_type == "message" else None
        return Changed(
            id=entry.id,
            name=entry.name,
            at=entry.at,
            record_type=entry.record_type,
            record_id=entry.record_id,
            by=Person(kind=happened.actor_kind, id=happened.actor_id if person else "", label=by),
            changed=tuple(sorted(shown)),
            text=said(entry.name, kind, by, actor.language),
            conversation_id=conversation if isinstance(conversation, str) else None,
        )

    def _had(self, entry: Entry, actor: Actor) -> bool:
        """Tell whether the record was the actor's, or his team's, before this change took it from him."""
        kind = self._records.types.get(entry.record_type)
        if kind is None or not actor.may(f"{kind.key}.read"):
            return False
        mine = {actor.id, *actor.team_ids}
        for column in (kind.owner, kind.team):
            for name in (column, f"{column}_id"):
                pair = entry.happened.changes.get(name) if column else None
                if pair is not None and _id_before(pair) in mine:
                    return True
        return False


def _id_before(pair: msgspec.Raw) -> str:
    value = msgspec.json.decode(pair, type=list[Any])[:1]
    before = value[0] if value else None
    return str(before.get("id") if isinstance(before, Mapping) else before or "")


def _notice(entry: Entry, actor: Actor, seen: _Seen) -> Noticed | None:
    try:
        notice = msgspec.convert(entry.happened.data, Notice)
    except msgspec.ValidationError:
        return None  # of another version
    if actor.id not in notice.to or (notice.permission and not actor.may(notice.permission)):
        return None
    if entry.record_type and entry.record_id not in seen.get(entry.record_type, ()):
        return None
    return Noticed(
        id=entry.id,
        topic=notice.topic,
        at=entry.at,
        text=text_of(notice.text, actor.language),
        record_type=entry.record_type or None,
        record_id=entry.record_id if entry.record_type else None,
        data=notice.data,
    )
