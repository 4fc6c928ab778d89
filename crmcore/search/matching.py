"""A question as SQL, on whichever engine the workspace has. Names come from closed sets, words are parameters."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from crmcore.database.current import WORKSPACE_ENGINE
from crmcore.search.postgres import TSQUERY, newest_on_postgres
from crmcore.search.question import Question


def on_postgres() -> bool:
    """Tell which engine's SQL is wanted."""
    return bool(WORKSPACE_ENGINE.engine_type == "postgres")


def newest(
    question: Question,
    columns: str,
    *,
    said: bool,
    limit: int,
    before: int | None = None,
    where: str = "",
    values: Sequence[Any] = (),
) -> tuple[str, list[Any]]:
    """Return the select of the newest entries that match: ``columns`` of ``entry``, further conditions ``where``.

    ``said`` asks for messages, otherwise for all other records; ``before`` is a key that theirs are below.
    """
    further = f" AND {where}" if where else ""
    below = [before] if before is not None else []
    if on_postgres():
        return newest_on_postgres(question, columns, said, limit, below, further, values)
    sql, matched, key = _matching(question, columns, said)
    bound = f" AND {key} < {{}}" if below else ""
    return f"{sql}{bound}{further} ORDER BY {key} DESC LIMIT {limit}", [matched, *below, *values]


def entitled(
    question: Question, columns: str, *, limit: int, where: str, values: Sequence[Any]
) -> tuple[str, list[Any]]:
    """Return the select of the newest records, of few that match: titles that are what somebody asked for."""
    if on_postgres():
        found = (
            f"SELECT * FROM search_entry WHERE words @@ (SELECT {TSQUERY}) AND record_type <> 'message' "  # noqa: S608
            "ORDER BY id + 0 DESC OFFSET 0"
        )
        sql = f"SELECT {columns} FROM ({found}) AS entry WHERE {where} LIMIT {limit}"  # noqa: S608
        return sql, [question.for_postgres(), *values]
    sql, matched, key = _matching(question, columns, said=False)
    return f"{sql} AND {where} ORDER BY {key} DESC LIMIT {limit}", [matched, *values]


def every(question: Question, column: str, *, said: bool) -> tuple[str, list[Any]]:
    """Return the select of ``column`` of all entries that match, messages or others."""
    sql, matched, _ = _matching(question, column, said)
    return sql, [matched]


def more_than(question: Question, count: int, columns: str, *, said: bool) -> tuple[str, list[Any]]:
    """Return the select of one row of ``columns`` if more than ``count`` entries match, of none otherwise."""
    if on_postgres():
        sql, matched, _ = _matching(question, columns, said)
    else:
        index = "search_said" if said else "search_words"
        sql, matched = f"SELECT {columns} FROM {index} WHERE {index} MATCH {{}}", question.for_sqlite()  # noqa: S608
    return f"{sql} LIMIT 1 OFFSET {count}", [matched]


def _matching(question: Question, columns: str, said: bool) -> tuple[str, str, str]:
    """Return the select, the question as the engine reads it, and the expression of an entry's key."""
    if on_postgres():
        sql = (
            f"SELECT {columns} FROM search_entry AS entry WHERE entry.words @@ {TSQUERY} "  # noqa: S608
            f"AND entry.record_type {'=' if said else '<>'} 'message'"
        )
        return sql, question.for_postgres(), "entry.id"
    index = "search_said" if said else "search_words"
    sql = (
        f"SELECT {columns} FROM {index} CROSS JOIN search_entry AS entry ON entry.id = {index}.rowid "  # noqa: S608
        f"WHERE {index} MATCH {{}}"
    )
    return sql, question.for_sqlite(), f"{index}.rowid"


def one_matches(question: Question, where: str, values: Sequence[Any]) -> tuple[str, list[Any]]:
    """Return the condition that an entry found by ``where`` matches; for words so common that most rows do."""
    if on_postgres():
        sql = f"(SELECT 1 FROM search_entry AS entry WHERE {where} AND entry.words @@ {TSQUERY} LIMIT 1) = 1"  # noqa: S608
        return sql, [*values, question.for_postgres()]
    condition, patterns = question.patterns()
    sql = f"(SELECT 1 FROM search_entry AS entry WHERE {where} AND {condition} LIMIT 1) = 1"  # noqa: S608
    return sql, [*values, *patterns]


def with_ids(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of an entry with its ids as UUIDs."""
    # SQLite names no types for the columns of a UNION, so ids come as texts there.
    ids = {name: UUID(row[name]) for name in ("record_id", "parent_id") if isinstance(row[name], str)}
    return {**row, **ids}
