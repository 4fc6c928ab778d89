"""What earlier rows of a dry run would have made, though nothing was written."""

import sqlite3
from collections.abc import Iterable
from typing import Self

import msgspec

from crmcore.importing.same_person import Person


class Seen:
    """A set of texts on disk: a million contacts have two million contact points."""

    def __init__(self) -> None:
        # An empty name is a database of its own in a file that vanishes with the connection.
        self._rows = sqlite3.connect("", isolation_level=None)
        self._rows.execute("PRAGMA journal_mode = OFF")
        self._rows.execute("CREATE TABLE seen (key TEXT PRIMARY KEY, person BLOB) WITHOUT ROWID")

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

    def person(self, key: str) -> Person:
        """Return whom the first row with ``key`` is about."""
        [kept] = self._rows.execute("SELECT person FROM seen WHERE key = ?", (key,)).fetchone()
        return msgspec.json.decode(kept, type=Person)

    def add(self, keys: Iterable[str], person: Person) -> None:
        """Remember ``keys`` and whom they are of."""
        kept = msgspec.json.encode(person)
        self._rows.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", [(key, kept) for key in keys])
