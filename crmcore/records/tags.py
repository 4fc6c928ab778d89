"""Tags on records."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from uuid import UUID

from crmcore.contracts.records import RecordType
from crmcore.database.current import WORKSPACE_ENGINE
from crmcore.database.statement import fetch, insert_rows
from crmcore.records.tables import Tag, Tagging


def tag_key(name: str) -> str:
    """Return the form by which tags are told apart: case-folded, with single spaces."""
    return " ".join(name.split()).casefold()[:60]


TAGS = "record.tags"
"""The name under which rows have their tags when they were selected with :func:`tags_column`."""

_NAMES = {
    "sqlite": "SELECT json_group_array(name) FROM (SELECT tag.name AS name {}) AS named",
    "postgres": "SELECT ARRAY(SELECT tag.name {})",
}
_FROM = (
    "FROM tagging JOIN tag ON tag.id = tagging.tag WHERE tagging.record_type = '{key}' "
    'AND tagging.record_id = "{table}"."id" ORDER BY tag.name_key'
)


def tags_column(record_type: RecordType) -> str:
    """Return the further column of a select of whole rows that has each row's tags; empty for types without."""
    if not record_type.tags:
        return ""
    return _column(record_type.key, record_type.table._meta.tablename, str(WORKSPACE_ENGINE.engine_type))


@lru_cache(maxsize=256)
def _column(key: str, table: str, engine: str) -> str:
    return f', ({_NAMES[engine].format(_FROM.format(key=key, table=table))}) AS "{TAGS}"'


async def tags_of(record_type: str, ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """Return the tag names of every record in ``ids``, sorted, in one statement."""
    if not ids:
        return {}
    rows = await fetch(
        "SELECT tagging.record_id, tag.name FROM tagging JOIN tag ON tag.id = tagging.tag "  # noqa: S608
        f"WHERE tagging.record_type = {{}} AND tagging.record_id IN ({', '.join(['{}'] * len(ids))}) "
        "ORDER BY tag.name_key",
        record_type,
        *ids,
    )
    found: dict[UUID, list[str]] = {}
    for row in rows:
        found.setdefault(row["record_id"], []).append(row["name"])
    return found


async def set_tags(record_type: str, record_id: UUID, names: Iterable[str], before: Iterable[str]) -> None:
    """Make ``names`` the tags of a record; unknown tags are made. Runs in the caller's transaction."""
    wanted = {tag_key(name): " ".join(name.split())[:60] for name in names if name.strip()}
    had = {tag_key(name) for name in before}
    if gone := had - wanted.keys():
        rows = await Tag.select(Tag.id).where(Tag.name_key.is_in(sorted(gone)))
        await Tagging.delete().where(
            Tagging.record_type == record_type,
            Tagging.record_id == record_id,
            Tagging.tag.is_in([row["id"] for row in rows]),
        )
    if new := wanted.keys() - had:
        tags = await _made({key: wanted[key] for key in new})
        await _link(record_type, ((record_id, id) for id in tags.values()))


async def tag_new(record_type: str, tags: Mapping[UUID, Iterable[str]]) -> None:
    """Give records that are new, and have no tags, theirs; unknown ones are made. In the caller's transaction."""
    wanted = {
        id: {tag_key(name): " ".join(name.split())[:60] for name in names if name.strip()}
        for id, names in tags.items()
    }
    made = await _made({key: name for own in reversed(wanted.values()) for key, name in own.items()})
    await _link(record_type, ((id, made[key]) for id, own in wanted.items() for key in own))


async def _made(names: Mapping[str, str]) -> dict[str, UUID]:
    """Return the ids of the tags with the keys of ``names``; those that there are not are made."""
    keys = sorted(names)
    known = await _tags_with(keys) if keys else {}
    if unknown := [key for key in keys if key not in known]:
        await Tag.insert(*(Tag(name=names[key], name_key=key) for key in unknown)).on_conflict(
            target=Tag.name_key, action="DO NOTHING"
        )
        known |= await _tags_with(unknown)
    return known


async def _link(record_type: str, links: Iterable[tuple[UUID, UUID]]) -> None:
    rows = [{"record_type": record_type, "record_id": record, "tag": tag} for record, tag in links]
    await insert_rows(Tagging, *rows)


async def _tags_with(keys: Sequence[str]) -> dict[str, UUID]:
    rows = await Tag.select(Tag.id, Tag.name_key).where(Tag.name_key.is_in(list(keys)))
    return {row["name_key"]: row["id"] for row in rows}
