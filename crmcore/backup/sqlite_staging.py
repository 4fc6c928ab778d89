"""A SQLite database in the making, beside the place where it will be."""

import sqlite3
from collections.abc import Sequence
from typing import Any

import piccolo.engine.sqlite  # noqa: F401 - it tells sqlite3 how values are stored

from crmcore.backup.faults import BackupRefused
from crmcore.backup.manifest import Table
from crmcore.backup.sqlite_snapshot import sqlite_tables
from crmcore.backup.urls import sqlite_path


class SqliteStaging:
    """A file of its own until :meth:`put_in_place` gives it the database's name."""

    def __init__(self, url: str) -> None:
        self._target = sqlite_path(url)
        self._file = self._target.with_name(f"{self._target.name}.restoring")
        self.url = f"sqlite:///{self._file}?synchronous=off"

    async def occupied(self) -> bool:
        """Tell whether there is a database already."""
        return self._target.exists()

    async def prepare(self) -> None:
        """Make room; what an interrupted restore has left goes."""
        self._target.parent.mkdir(parents=True, exist_ok=True)
        await self.discard()

    async def begin(self) -> list[Table]:
        """Empty every table and return them all; foreign keys are looked at in :meth:`end`."""
        self._connection = sqlite3.connect(self._file, isolation_level=None)
        self._connection.execute("PRAGMA foreign_keys = OFF")
        self._connection.execute("BEGIN IMMEDIATE")
        tables = sqlite_tables(self._connection)
        for table in tables:
            self._connection.execute(f'DELETE FROM "{table.name}"')  # noqa: S608 - of the catalog
        return tables

    async def insert(self, table: Table, rows: Sequence[Sequence[Any]]) -> None:
        """Add rows whose values are in the order of ``table``'s columns."""
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        marks = ", ".join("?" * len(table.columns))
        self._connection.executemany(
            f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})',  # noqa: S608 - of the catalog
            rows,
        )

    async def count(self, table: Table) -> int:
        """Return how many rows there are now."""
        found = self._connection.execute(f'SELECT count(*) FROM "{table.name}"')  # noqa: S608 - of the catalog
        return int(found.fetchone()[0])

    async def end(self) -> None:
        """Commit, if no row refers to one that is not there."""
        if broken := self._connection.execute("PRAGMA foreign_key_check").fetchone():
            raise BackupRefused(f"A row of {broken[0]} refers to one of {broken[2]} that is not there.")
        self._connection.execute("COMMIT")

    async def close(self) -> None:
        """Close what is open; what was not committed is gone."""
        if connection := getattr(self, "_connection", None):
            connection.close()

    async def put_in_place(self) -> None:
        """Give it the database's name, in the place of whatever had it."""
        with sqlite3.connect(self._file, isolation_level=None) as connection:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        for suffix in ("-wal", "-shm"):
            self._target.with_name(self._target.name + suffix).unlink(missing_ok=True)
        self._file.replace(self._target)

    async def discard(self) -> None:
        """Delete it."""
        for suffix in ("", "-wal", "-shm"):
            self._file.with_name(self._file.name + suffix).unlink(missing_ok=True)
