"""A SQLite database as it is at one moment, while others go on writing."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import piccolo.engine.sqlite  # noqa: F401 - it tells sqlite3 how values are stored

from crmcore.backup.kinds import kind_of
from crmcore.backup.manifest import DERIVED, Column, Table

BATCH = 500


class SqliteSnapshot:
    """A read transaction: in WAL mode writers go on, and this connection sees the moment of its first statement.

    The online backup API would need the same disk space again for its copy, and starts anew whenever another
    process writes; what this costs is a WAL that grows until the end.
    """

    engine = "sqlite"

    def __init__(self, file: Path) -> None:
        self._file = file

    async def __aenter__(self) -> "SqliteSnapshot":
        self._connection = sqlite3.connect(
            f"{self._file.resolve().as_uri()}?mode=ro",
            uri=True,
            isolation_level=None,
            detect_types=sqlite3.PARSE_DECLTYPES,
            check_same_thread=False,
        )
        self._connection.execute("BEGIN")
        self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._connection.close()

    async def tables(self) -> list[Table]:
        """Return every table that is not made from others, by name."""
        return sqlite_tables(self._connection)

    async def values(self, sql: str) -> list[tuple[Any, ...]]:
        """Return all rows of a short answer."""
        return self._connection.execute(sql).fetchall()

    async def rows(self, table: Table) -> AsyncIterator[list[tuple[Any, ...]]]:
        """Yield the rows of ``table`` in batches."""
        cursor = self._connection.execute(select_of(table))
        while rows := await asyncio.to_thread(cursor.fetchmany, BATCH):
            yield rows


def sqlite_tables(connection: sqlite3.Connection) -> list[Table]:
    """Return every table of a SQLite database that is not made from others, by name."""
    found = []
    names = connection.execute(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' ORDER BY name"
    ).fetchall()
    for (name,) in names:
        if name.startswith("sqlite_") or name in DERIVED or name == "migration":
            continue
        columns = connection.execute(
            "SELECT name, type FROM pragma_table_xinfo(?) WHERE hidden = 0 ORDER BY cid", (name,)
        )
        described = tuple(Column(column, kind_of(kind, f"{name}.{column}")) for column, kind in columns)
        found.append(Table(name, described))
    return found


def select_of(table: Table) -> str:
    """Return the statement that reads all of ``table``."""
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    return f'SELECT {names} FROM "{table.name}"'  # noqa: S608 - names of the catalog
