"""What earlier rows of a dry run would have made, though nothing was written."""

import sqlite3
from collections.abc import Iterable
from typing import Self


class Seen:
    """A set of texts on disk: a million contacts have two million contact points."""

    def __init__(self) -> None:
        # An empty name is a database of its own in a file that vanishes with the connection.
        self._rows = sqlite3.connect("", isolation_level=None)
        self._rows.execute("PRAGMA journal_mode = OFF")
        self._rows.execute("CREATE TABLE seen (key TEXT PRIMARY KEY) WITHOUT ROWID")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Forget everything."""
        self._rows.close()

    def first_of(self, keys: Iterable[str]) -> str | None:
        """Return the first of ``keys`` that was added before."""
        for key in keys:
            if self._rows.execute("SELECT 1 FROM seen WHERE key = ?", (key,)).fetchone():
                return key
        return None

    def add(self, keys: Iterable[str]) -> None:
        """Remember ``keys``."""
        self._rows.executemany("INSERT OR IGNORE INTO seen VALUES (?)", [(key,) for key in keys])
