"""Writes generated rows in bulk, past the gate, as the gate would have written them."""

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

import asyncpg
from piccolo.table import Table

from benchmarks.rows import Chunk, chunks, columns_of
from crmcore.contacts.tables import Contact, ContactPoint
from crmcore.conversations.tables import Conversation, Message
from crmcore.database.database import Database
from crmcore.records.tables import History
from crmcore.search.entry import Entry
from crmcore.search.vocabulary import learn_names

_TABLES: tuple[type[Table], ...] = (Contact, ContactPoint, Conversation, Message, History)
_ENTRY = ("id", "record_type", "record_id", "parent_id", "title", "words")


async def fill(
    database: Database, contacts: int, messages: int, now: datetime, told: Callable[[str], None]
) -> None:
    """Fill the empty, migrated ``database``; messages go fifty to a conversation."""
    writer = _Sqlite(database) if database.kind == "sqlite" else _Postgres(database)
    names: set[str] = set()
    await writer.open()
    try:
        done = 0
        for chunk in chunks(contacts, messages, now):
            await writer.write(chunk)
            names |= {name for entry in chunk.entries for name in entry.names}
            done += len(chunk.rows[Contact._meta.tablename])
            if done % 10_000 == 0 or done >= contacts:
                told(f"  {done:,} of {contacts:,} contacts")
    finally:
        await writer.close()
    async with database.transaction():
        await learn_names(names)
        await Counters.set_number(messages)
    await database.engine.run_ddl("ANALYZE")


class Counters:
    """The counter of conversation numbers."""

    @staticmethod
    async def set_number(messages: int) -> None:
        """Let the next conversation follow the generated ones."""
        from benchmarks.rows import MESSAGES_EACH
        from crmcore.conversations.tables import Counter

        await Counter.delete().where(Counter.name == "conversation")
        await Counter.insert(Counter(name="conversation", value=messages // MESSAGES_EACH))


def _entry_row(entry: Entry) -> tuple[Any, ...]:
    return (entry.key, entry.record_type, entry.record_id, entry.parent_id, entry.title, entry.words)


class _Sqlite:
    """Writes to the file on a connection of its own."""

    def __init__(self, database: Database) -> None:
        self._path = str(database.engine.path)  # type: ignore[union-attr]  # it is SQLite's
        self._connection: sqlite3.Connection | None = None

    async def open(self) -> None:
        self._connection = sqlite3.connect(self._path, isolation_level=None)
        for pragma in ("synchronous = OFF", "cache_size = -400000", "temp_store = MEMORY"):
            self._connection.execute(f"PRAGMA {pragma}")

    async def write(self, chunk: Chunk) -> None:
        connection = self._connection
        if connection is None:
            raise RuntimeError("not open")
        connection.execute("BEGIN IMMEDIATE")
        for table in _TABLES:
            if rows := chunk.rows.get(table._meta.tablename):
                connection.executemany(_insert(table._meta.tablename, columns_of(table)), rows)
        connection.executemany(_insert("search_entry", _ENTRY), map(_entry_row, chunk.entries))
        connection.execute("COMMIT")

    async def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


def _insert(table: str, columns: Any) -> str:
    names = ", ".join(f'"{name}"' for name in columns)
    return f'INSERT OR IGNORE INTO "{table}" ({names}) VALUES ({", ".join("?" * len(columns))})'


class _Postgres:
    """Copies rows over a connection of its own."""

    def __init__(self, database: Database) -> None:
        self._url = str(database.engine.config["dsn"])  # type: ignore[union-attr]  # it is PostgreSQL's
        self._connection: Any = None
        self._indexes: list[str] = []

    async def open(self) -> None:
        self._connection = await asyncpg.connect(self._url)
        await self._connection.execute(
            "CREATE TEMP TABLE loaded (id bigint, record_type text, record_id uuid, parent_id uuid, "
            "title text, words text)"
        )
        # Indexes are made once, at the end, which takes a tenth of keeping them in order all along; what refers to
        # rows that come with it need not be looked up.
        with suppress(asyncpg.InsufficientPrivilegeError):
            await self._connection.execute("SET session_replication_role = replica")
        names = [table._meta.tablename for table in _TABLES] + ["search_entry"]
        indexes = await self._connection.fetch(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY($1) AND indexname NOT IN "
            "(SELECT conname FROM pg_constraint) AND NOT (tablename = 'search_entry' AND indexdef LIKE '%UNIQUE%')",
            names,
        )
        for index in indexes:
            await self._connection.execute(f'DROP INDEX "{index["indexname"]}"')
        self._indexes = [index["indexdef"] for index in indexes]

    async def write(self, chunk: Chunk) -> None:
        async with self._connection.transaction():
            for table in _TABLES:
                if rows := chunk.rows.get(table._meta.tablename):
                    await self._connection.copy_records_to_table(
                        table._meta.tablename, records=rows, columns=columns_of(table)
                    )
            await self._connection.copy_records_to_table(
                "loaded", records=map(_entry_row, chunk.entries), columns=_ENTRY
            )
            await self._connection.execute(
                "INSERT INTO search_entry (id, record_type, record_id, parent_id, title, words) "
                "SELECT id, record_type, record_id, parent_id, title, "
                "array_to_tsvector(string_to_array(words, ' ')) FROM loaded ON CONFLICT DO NOTHING"
            )
            await self._connection.execute("TRUNCATE loaded")

    async def close(self) -> None:
        for index in self._indexes:
            await self._connection.execute(index)
        await self._connection.close()
