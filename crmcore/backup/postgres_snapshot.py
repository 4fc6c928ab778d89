"""A PostgreSQL database as it is at one moment, while others go on writing."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg

from crmcore.backup.kinds import kind_of
from crmcore.backup.manifest import DERIVED, Column, Table
from crmcore.backup.sqlite_snapshot import select_of

BATCH = 500
_COLUMNS = """
    SELECT t.relname AS "table", c.attname AS "column", format_type(c.atttypid, NULL) AS declared
    FROM pg_class AS t JOIN pg_attribute AS c ON c.attrelid = t.oid
    WHERE t.relnamespace = current_schema()::regnamespace AND t.relkind IN ('r', 'p') AND NOT t.relispartition
      AND c.attnum > 0 AND NOT c.attisdropped AND c.attgenerated = ''
    ORDER BY t.relname, c.attnum"""
SESSION = {
    "application_name": "crmcore backup",
    "timezone": "UTC",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}


class PostgresSnapshot:
    """One REPEATABLE READ transaction that only reads: every table is seen as at its first statement.

    Rows come through a cursor, so that memory does not grow. pg_dump is not asked: it need not be installed, and
    its file could not be restored to SQLite.
    """

    engine = "postgres"

    def __init__(self, url: str) -> None:
        self._url = url

    async def __aenter__(self) -> "PostgresSnapshot":
        self._connection = await asyncpg.connect(self._url, timeout=20, server_settings=SESSION)
        self._transaction = self._connection.transaction(isolation="repeatable_read", readonly=True)
        await self._transaction.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._connection.close()

    async def tables(self) -> list[Table]:
        """Return every table that is not made from others, by name."""
        return await postgres_tables(self._connection)

    async def values(self, sql: str) -> list[tuple[Any, ...]]:
        """Return all rows of a short answer."""
        return [tuple(row) for row in await self._connection.fetch(sql)]

    async def rows(self, table: Table) -> AsyncIterator[list[tuple[Any, ...]]]:
        """Yield the rows of ``table`` in batches."""
        cursor = await self._connection.cursor(select_of(table))
        while rows := await cursor.fetch(BATCH):
            yield [tuple(row) for row in rows]


async def postgres_tables(connection: Any) -> list[Table]:
    """Return every table of a PostgreSQL database's own schema that is not made from others, by name."""
    columns: dict[str, list[Column]] = {}
    for row in await connection.fetch(_COLUMNS):
        name = row["table"]
        if name not in DERIVED and name != "migration":
            kind = kind_of(row["declared"], f"{name}.{row['column']}")
            columns.setdefault(name, []).append(Column(row["column"], kind))
    return [Table(name, tuple(found)) for name, found in columns.items()]
