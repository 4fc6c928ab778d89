"""Writes entries into the index, in the transaction that is open."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from crmcore.database.current import WORKSPACE_ENGINE
from crmcore.database.statement import fetch
from crmcore.search.entry import Entry
from crmcore.search.vocabulary import forget_names, learn_names

# 5 values an entry; SQLite takes 32,766 in one statement.
_AT_ONCE = 1000
_COLUMNS = "id, record_type, record_id, parent_id, title, words"


def _words() -> str:
    """Return the expression that stores the tokens: PostgreSQL keeps them as a tsvector, SQLite as a text."""
    if WORKSPACE_ENGINE.engine_type == "postgres":
        return "array_to_tsvector(string_to_array({}, ' '))"
    return "{}"


async def add_entries(entries: Sequence[Entry]) -> None:
    """Add entries of records that have none, with the names that typing errors are forgiven in."""
    await learn_names({name for entry in entries for name in entry.names})
    for start in range(0, len(entries), _AT_ONCE):
        chunk = entries[start : start + _AT_ONCE]
        places = ", ".join(f"({{}}, {{}}, {{}}, {{}}, {{}}, {_words()})" for _ in chunk)
        values: list[Any] = []
        for entry in chunk:
            values += (
                entry.key,
                entry.record_type,
                entry.record_id,
                entry.parent_id,
                entry.title,
                entry.words,
            )
        rows = await fetch(
            f"INSERT INTO search_entry ({_COLUMNS}) VALUES {places} ON CONFLICT DO NOTHING RETURNING id",  # noqa: S608
            *values,
        )
        if len(rows) < len(chunk):
            await _add_the_rest(chunk, {row["id"] for row in rows})


async def _add_the_rest(entries: Sequence[Entry], written: set[int]) -> None:
    """Add entries whose key was taken under the next free one; those of records that have one are replaced."""
    for entry in entries:
        if entry.key in written:
            written.discard(entry.key)
            continue
        if await _update(entry):
            continue
        for step in range(1, 1000):
            rows = await fetch(
                f"INSERT INTO search_entry ({_COLUMNS}) VALUES ({{}}, {{}}, {{}}, {{}}, {{}}, {_words()}) "  # noqa: S608
                "ON CONFLICT DO NOTHING RETURNING id",
                entry.key + step,
                entry.record_type,
                entry.record_id,
                entry.parent_id,
                entry.title,
                entry.words,
            )
            if rows:
                break


async def replace_entry(entry: Entry, old_names: Sequence[str] = ()) -> None:
    """Bring a record's entry up to date; ``old_names`` that nobody has any more are forgotten."""
    if not await _update(entry):
        await add_entries([entry])
        return
    await learn_names(set(entry.names) - set(old_names))
    await forget_names(set(old_names) - set(entry.names))


async def _update(entry: Entry) -> bool:
    rows = await fetch(
        f"UPDATE search_entry SET parent_id = {{}}, title = {{}}, words = {_words()} "  # noqa: S608
        "WHERE record_type = {} AND record_id = {} RETURNING id",
        entry.parent_id,
        entry.title,
        entry.words,
        entry.record_type,
        entry.record_id,
    )
    return bool(rows)


async def remove_entry(record_type: str, record_id: UUID, names: Sequence[str] = ()) -> None:
    """Take a record out of the index, and those of its ``names`` that nobody else has."""
    await fetch("DELETE FROM search_entry WHERE record_type = {} AND record_id = {}", record_type, record_id)
    await forget_names(set(names))


async def stored_range(
    record_type: str, after: UUID | None, until: UUID | None
) -> dict[UUID, tuple[str, frozenset[str]]]:
    """Return title and tokens of the entries of ``record_type`` with ids above ``after`` and up to ``until``."""
    condition, values = _range(record_type, after, until)
    postgres = WORKSPACE_ENGINE.engine_type == "postgres"
    words = "array_to_string(tsvector_to_array(words), ' ')" if postgres else "words"
    rows = await fetch(
        f"SELECT record_id, title, {words} AS words FROM search_entry WHERE {condition}",  # noqa: S608
        *values,
    )
    return {UUID(str(row["record_id"])): (row["title"], frozenset(row["words"].split())) for row in rows}


async def remove_range(record_type: str, after: UUID | None, until: UUID | None) -> None:
    """Take out the entries of ``record_type`` with ids above ``after`` and up to ``until``; None is no bound."""
    condition, values = _range(record_type, after, until)
    await fetch(f"DELETE FROM search_entry WHERE {condition}", *values)  # noqa: S608


def _range(record_type: str, after: UUID | None, until: UUID | None) -> tuple[str, list[Any]]:
    condition, values = "record_type = {}", list[Any]([record_type])
    if after is not None:
        condition, values = f"{condition} AND record_id > {{}}", [*values, after]
    if until is not None:
        condition, values = f"{condition} AND record_id <= {{}}", [*values, until]
    return condition, values
