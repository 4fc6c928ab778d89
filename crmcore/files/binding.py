"""Files in custom fields: checked, described and bound on their way through the gate."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.contracts.records import Draft
from crmcore.errors import Conflict
from crmcore.files.described import described, ids_in, owner_of
from crmcore.files.tables import StoredFile
from crmcore.records.definition import Definition

STORED_AS = "file"

_NO_FILE: Label = {
    "en": "There is no such file, or it belongs to something else. Upload it first.",
    "ru": "Такого файла нет, или он относится к другой записи. Сначала загрузите его.",
}
_NOT_ALLOWED: Label = {
    "en": "“{name}” is {found}. Possible: {allowed}.",
    "ru": "«{name}» — это {found}. Можно: {allowed}.",
}
_TOO_LARGE: Label = {
    "en": "“{name}” is larger than {limit} MB.",
    "ru": "«{name}» больше {limit} МБ.",
}


def file_fields(definitions: Iterable[Definition]) -> dict[str, Definition]:
    """Return the definitions whose values are files."""
    return {
        item.key: item
        for item in definitions
        if item.schema.get("x-crm", {}).get("stored") == STORED_AS and not item.dormant
    }


async def refused_files(
    definitions: Iterable[Definition],
    changed: dict[str, Any],
    whole: dict[str, Any],
    *,
    record_type: str,
    id: UUID | None,
    actor: Actor,
) -> list[Problem]:
    """Return a problem for each file that cannot be this record's; write what is known of the others into the values.

    A file may become a record's when the actor uploaded it and it hangs on nothing, or when it is the record's
    already.
    """
    fields = {key: item for key, item in file_fields(definitions).items() if key in changed}
    wanted = {key: ids_in(changed[key]) for key in fields}
    ids = [item for found in wanted.values() for item in found]
    if not ids:
        return []
    rows = {row["id"]: row for row in await StoredFile.select().where(StoredFile.id.is_in(ids))}
    problems: list[Problem] = []
    for key, definition in fields.items():
        path = f"/custom/{key}"
        documents = []
        for wish in wanted[key]:
            row = rows.get(wish)
            if row is None or not _is_free(row, record_type, id, actor):
                problems.append(Problem(path=path, code="no_such_file", message=_NO_FILE))
                continue
            if refused := _not_allowed(row, definition.options):
                problems.append(Problem(path=path, code=refused[0], message=refused[1], params=refused[2]))
                continue
            documents.append(described(row))
        value: Any = documents if isinstance(changed[key], list) else next(iter(documents), None)
        if value is not None:
            changed[key] = whole[key] = value
    return problems


async def bind_files(definitions: Iterable[Definition], draft: Draft, at: datetime) -> None:
    """Bind the files that the record's values name now and release those that they name no more.

    Raises Conflict when one was bound to something else or swept away meanwhile.
    """
    before = (draft.before or {}).get("custom") or {}
    for key in file_fields(definitions):
        old, new = ids_in(before.get(key)), ids_in(draft.custom.get(key))
        if added := [item for item in new if item not in old]:
            bound = (
                await StoredFile.update(
                    {
                        "record_type": draft.record_type.key,
                        "record": draft.id,
                        "field": key,
                        "released_at": None,
                    },
                    force=True,
                )
                .where(
                    StoredFile.id.is_in(added),
                    StoredFile.record.is_null() | (StoredFile.record == draft.id),
                )
                .returning(StoredFile.id)
            )
            if len(bound) != len(set(added)):
                raise Conflict(_NO_FILE, code="no_such_file")
        if removed := [item for item in old if item not in new]:
            await StoredFile.update({"released_at": at}, force=True).where(
                StoredFile.id.is_in(removed),
                StoredFile.record_type == draft.record_type.key,
                StoredFile.record == draft.id,
                StoredFile.field == key,
            )


async def release_all(record_type: str, id: UUID, at: datetime) -> None:
    """Release every file of a record that is gone for good."""
    await StoredFile.update({"released_at": at}, force=True).where(
        StoredFile.record_type == record_type, StoredFile.record == id
    )


def _is_free(row: Mapping[str, Any], record_type: str, id: UUID | None, actor: Actor) -> bool:
    if row["record"] is None:
        return (row["uploaded_by_kind"], row["uploaded_by"]) == owner_of(actor)
    return (row["record_type"], row["record"]) == (record_type, id)


def _not_allowed(
    row: Mapping[str, Any], options: Mapping[str, Any]
) -> tuple[str, Label, dict[str, Any]] | None:
    allowed = options.get("media_types") or []
    if allowed and not any(_fits(row["media_type"], pattern) for pattern in allowed):
        params = {"name": row["name"], "found": row["media_type"], "allowed": ", ".join(allowed)}
        return "not_allowed", _NOT_ALLOWED, params
    limit = options.get("max_size")
    if limit and row["size"] > limit:
        return "too_large", _TOO_LARGE, {"name": row["name"], "limit": round(limit / 1_000_000, 1)}
    return None


def _fits(media_type: str, pattern: str) -> bool:
    return media_type == pattern or (pattern.endswith("/*") and media_type.startswith(pattern[:-1]))
