"""Inserts that nobody waits for: they travel to PostgreSQL with the next statement of their transaction."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from msgspec import Struct

from crmcore.database.changes import written_table

_SELECT = re.compile(r"\s*SELECT\b", re.IGNORECASE)
_WRITE = re.compile(r"\s*(?:INSERT|UPDATE)\b", re.IGNORECASE)


class Along(Struct, frozen=True):
    """An insert with ``{}`` where a value goes; ``name`` is that by which the next one reads what it returned."""

    sql: str
    values: tuple[Any, ...]
    name: str = ""


class Waiting:
    """The inserts of one transaction that wait for a statement to travel with.

    A trip to the server and back costs more than most inserts. Common table expressions that change rows all run, see
    the tables as they were before the statement, and are checked at its end.
    """

    def __init__(self) -> None:
        self._inserts: list[Along] = []
        self._tables: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._inserts)

    def add(self, insert: Along) -> None:
        """Let ``insert`` wait."""
        self._inserts.append(insert)
        self._tables.add(written_table(insert.sql))

    def knows(self, name: str) -> bool:
        """Tell whether an insert of this name waits already."""
        return bool(name) and any(insert.name == name for insert in self._inserts)

    def pass_by(self, sql: str) -> bool:
        """Tell whether ``sql`` reads, and nothing that waits."""
        return bool(_SELECT.match(sql)) and not self._concerned(sql)

    def joins(self, sql: str) -> bool:
        """Tell whether ``sql`` writes, and to other tables, so that they can travel with it."""
        return bool(_WRITE.match(sql)) and not self._concerned(sql)

    def _concerned(self, sql: str) -> bool:
        return any(
            table in sql and (not table or re.search(rf"\b{table}\b", sql, re.IGNORECASE))
            for table in self._tables
        )

    def forget(self) -> None:
        """Let nothing wait any more: the transaction takes back what was written."""
        self._inserts, self._tables = [], set()

    def take(self, sql: str = "", arguments: Sequence[Any] = ()) -> tuple[str, list[Any]]:
        """Return the statement of all that waits, together with ``sql`` if there is one."""
        inserts = self._inserts
        self.forget()
        values = [*arguments, *(value for insert in inserts for value in insert.values)]
        return _together(sql, len(arguments), tuple((insert.name, insert.sql) for insert in inserts)), values


@lru_cache(maxsize=512)
def _together(sql: str, count: int, inserts: tuple[tuple[str, str], ...]) -> str:
    """Return one statement; ``sql`` has the places 1 to ``count``, the others those that follow."""
    placed: list[tuple[str, str]] = []
    for name, template in inserts:
        first, *parts = template.split("{}")
        text = first + "".join(f"${count + at}{part}" for at, part in enumerate(parts, 1))
        count += len(parts)
        placed.append((name or f"along_{len(placed)}", text))
    if not sql:
        sql = placed.pop()[1]
    if not placed:
        return sql
    return f"WITH {', '.join(f'{name} AS ({text})' for name, text in placed)} {sql}"
