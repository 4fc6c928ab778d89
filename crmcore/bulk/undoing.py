"""Taking the change of one record back."""

from collections.abc import Mapping
from typing import Any

import msgspec

from crmcore.contracts.actors import Actor
from crmcore.contracts.records import RecordType
from crmcore.database.database import Database
from crmcore.database.errors import RefusedByDatabase
from crmcore.errors import CrmError, NotFound
from crmcore.records.composite import base_properties
from crmcore.records.service import Records
from crmcore.records.tables import History
from crmcore.records.tags import tag_key


async def undo_one(
    database: Database,
    records: Records,
    kind: RecordType,
    row: Mapping[str, Any],
    *,
    actor: Actor,
    reason: str,
) -> str:
    """Return what became of the record: undone, changed (by somebody since), gone or refused.

    What the change was says the history; of it every value is put back that is still the change's.
    """
    try:
        async with database.savepoint():
            if row["deleted"]:
                await records.restore(kind.key, row["record_id"], actor=actor, reason=reason)
                return "undone"
            return await _put_back(records, kind, row, actor, reason)
    except CrmError as error:
        if error.status >= 500:
            raise
        return "gone" if isinstance(error, NotFound) else "refused"
    except RefusedByDatabase:
        return "refused"


async def _put_back(
    records: Records, kind: RecordType, row: Mapping[str, Any], actor: Actor, reason: str
) -> str:
    entries = await History.select(History.changes).where(
        History.record_type == kind.key,
        History.record_id == row["record_id"],
        History.version == row["version"],
    )
    if not entries:
        return "gone"
    made: dict[str, list[Any]] = msgspec.json.decode(entries[0]["changes"])
    record = await records.get(kind.key, row["record_id"], actor=actor)
    document, writable = record.document, base_properties(kind)
    back: dict[str, Any] = {}
    kept = 0
    for name, (old, new) in made.items():
        key = name.removeprefix("custom.")
        if name == "tags":
            back |= _tags_back(document["tags"], old or [], new or [])
        elif name != key:
            if _told((document.get("custom") or {}).get(key)) == new:
                back.setdefault("custom", {})[key] = old
            else:
                kept += 1
        elif name in writable and f"{name}_id" not in made:
            if _told(document.get(name)) == new:
                back[name] = old
            else:
                kept += 1
    if not back:
        return "changed"
    await records.update(
        kind.key, record.id, back, actor=actor, version=record.version, reason=reason, undoing=True
    )
    await kind.put_back(record.id, made)
    return "changed" if kept else "undone"


def _told(value: Any) -> Any:
    """Return a value as the history has it: moments end with Z there."""
    return msgspec.to_builtins(value)


def _tags_back(now: list[str], old: list[str], new: list[str]) -> dict[str, Any]:
    """Return the tags without those that came, with those that went."""
    had, got = ({tag_key(name) for name in names} for names in (old, new))
    tags = [name for name in now if tag_key(name) not in got - had]
    there = {tag_key(name) for name in tags}
    tags += [name for name in old if tag_key(name) in had - got and tag_key(name) not in there]
    return {"tags": tags} if {tag_key(name) for name in tags} != {tag_key(name) for name in now} else {}
