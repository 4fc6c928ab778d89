"""A question as SQL, on whichever engine the workspace has. Names come from closed sets, words are parameters."""

from collections.abc import Sequence
from typing import Any

from crmcore.database.current import WORKSPACE_ENGINE
from crmcore.search.question import Question

_TSQUERY = "CAST(CAST({} AS text) AS tsquery)"


def on_postgres() -> bool:
    """Tell which engine's SQL is wanted."""
    return bool(WORKSPACE_ENGINE.engine_type == "postgres")


def newest(
    question: Question,
    columns: str,
    *,
    limit: int,
    before: int | None = None,
    where: str = "",
    values: Sequence[Any] = (),
) -> tuple[str, list[Any]]:
    """Return the select of the newest entries that match: ``columns`` of ``entry``, further conditions ``where``."""
    further = f" AND {where}" if where else ""
    if on_postgres():
        bound = " AND entry.id < {}" if before is not None else ""
        sql = f"SELECT {columns} FROM search_entry AS entry WHERE entry.words @@ {_TSQUERY}"  # noqa: S608
        end = f"{bound}{further} ORDER BY entry.id DESC LIMIT {limit}"
        matched = question.for_postgres()
    else:
        bound = " AND search_words.rowid < {}" if before is not None else ""
        sql = (
            f"SELECT {columns} FROM search_words CROSS JOIN search_entry AS entry ON entry.id = search_words.rowid "  # noqa: S608
            "WHERE search_words MATCH {}"
        )
        end = f"{bound}{further} ORDER BY search_words.rowid DESC LIMIT {limit}"
        matched = question.for_sqlite()
    return sql + end, [matched, *([before] if before is not None else []), *values]


def every(question: Question, column: str) -> tuple[str, list[Any]]:
    """Return the select of ``column`` of all entries that match."""
    if on_postgres():
        sql = f"SELECT {column} FROM search_entry AS entry WHERE entry.words @@ {_TSQUERY}"  # noqa: S608
        return sql, [question.for_postgres()]
    sql = (
        f"SELECT {column} FROM search_words JOIN search_entry AS entry ON entry.id = search_words.rowid "  # noqa: S608
        "WHERE search_words MATCH {}"
    )
    return sql, [question.for_sqlite()]


def one_matches(question: Question, where: str, values: Sequence[Any]) -> tuple[str, list[Any]]:
    """Return the condition that an entry found by ``where`` matches; for words so common that most rows do."""
    if on_postgres():
        sql = f"EXISTS (SELECT 1 FROM search_entry AS entry WHERE {where} AND entry.words @@ {_TSQUERY})"  # noqa: S608
        return sql, [*values, question.for_postgres()]
    condition, patterns = question.patterns()
    sql = f"EXISTS (SELECT 1 FROM search_entry AS entry WHERE {where} AND {condition})"  # noqa: S608
    return sql, [*values, *patterns]
