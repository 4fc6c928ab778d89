"""A PostgreSQL database in the making: in a schema of its own, beside the place where its tables will be."""

from collections.abc import Sequence
from typing import Any

import asyncpg

from crmcore.backup.faults import BackupRefused
from crmcore.backup.manifest import Table
from crmcore.backup.postgres_snapshot import SESSION, postgres_tables
from crmcore.backup.urls import in_schema, plain_url

SCHEMA = "crmcore_restoring"
_TABLES = "SELECT relname FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'p')"
_FOREIGN_KEYS = """
    SELECT conrelid::regclass::text AS "table", quote_ident(conname) AS name, pg_get_constraintdef(oid) AS said
    FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"""
_SEQUENCES = """
    SELECT pg_get_serial_sequence(quote_ident(t.relname), c.attname) AS sequence, t.relname AS "table",
           c.attname AS "column"
    FROM pg_class AS t JOIN pg_attribute AS c ON c.attrelid = t.oid
    WHERE t.relnamespace = current_schema()::regnamespace AND t.relkind = 'r' AND c.attnum > 0
      AND NOT c.attisdropped AND pg_get_serial_sequence(quote_ident(t.relname), c.attname) IS NOT NULL"""


class PostgresStaging:
    """The schema ``crmcore_restoring``, whose tables :meth:`put_in_place` moves into the database's own."""

    def __init__(self, url: str) -> None:
        self._target = plain_url(url)
        self.url = in_schema(url, SCHEMA)
        self._connection: Any = None

    async def occupied(self) -> bool:
        """Tell whether there are tables already."""
        connection = await self._connect(self._target)
        try:
            schema = await connection.fetchval("SELECT current_schema()")
            return bool(await connection.fetch(_TABLES, schema))
        finally:
            await connection.close()

    async def prepare(self) -> None:
        """Make room; what an interrupted restore has left goes."""
        await self.discard()
        await self._run(f"CREATE SCHEMA {SCHEMA}")

    async def begin(self) -> list[Table]:
        """Empty every table and return them all; foreign keys are away until :meth:`end`."""
        self._connection = await self._connect(plain_url(self.url))
        self._transaction = self._connection.transaction()
        await self._transaction.start()
        tables = await postgres_tables(self._connection)
        self._keys = await self._connection.fetch(_FOREIGN_KEYS)
        for key in self._keys:
            await self._connection.execute(f"ALTER TABLE {key['table']} DROP CONSTRAINT {key['name']}")
        if tables:
            await self._connection.execute("TRUNCATE " + ", ".join(f'"{table.name}"' for table in tables))
        return tables

    async def insert(self, table: Table, rows: Sequence[Sequence[Any]]) -> None:
        """Add rows whose values are in the order of ``table``'s columns."""
        await self._connection.copy_records_to_table(
            table.name, records=rows, columns=[column.name for column in table.columns], schema_name=SCHEMA
        )

    async def count(self, table: Table) -> int:
        """Return how many rows there are now."""
        return int(await self._connection.fetchval(f'SELECT count(*) FROM "{table.name}"'))  # noqa: S608

    async def end(self) -> None:
        """Bring sequences up to date and commit, if no row refers to one that is not there."""
        for row in await self._connection.fetch(_SEQUENCES):
            await self._connection.execute(
                f"SELECT setval('{row['sequence']}', coalesce(max(\"{row['column']}\"), 0) + 1, false) "  # noqa: S608
                f'FROM "{row["table"]}"'
            )
        try:
            for key in self._keys:
                await self._connection.execute(
                    f"ALTER TABLE {key['table']} ADD CONSTRAINT {key['name']} {key['said']}"
                )
        except asyncpg.ForeignKeyViolationError as error:
            raise BackupRefused(f"A row refers to one that is not there: {error}.") from error
        await self._transaction.commit()
        await self._connection.execute("ANALYZE")

    async def close(self) -> None:
        """Close what is open; what was not committed is gone."""
        if self._connection is not None:
            await self._connection.close()

    async def put_in_place(self) -> None:
        """Move the tables into the database's own schema, in the place of those there, in one transaction."""
        connection = await self._connect(self._target)
        try:
            async with connection.transaction():
                schema = await connection.fetchval("SELECT quote_ident(current_schema())")
                for row in await connection.fetch(_TABLES, schema):
                    await connection.execute(f'DROP TABLE {schema}."{row["relname"]}" CASCADE')
                for row in await connection.fetch(_TABLES, SCHEMA):
                    await connection.execute(f'ALTER TABLE {SCHEMA}."{row["relname"]}" SET SCHEMA {schema}')
                await connection.execute(f"DROP SCHEMA {SCHEMA} CASCADE")
        finally:
            await connection.close()

    async def discard(self) -> None:
        """Delete it."""
        await self._run(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")

    async def _run(self, statement: str) -> None:
        connection = await self._connect(self._target)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def _connect(self, url: str) -> Any:
        return await asyncpg.connect(url, timeout=20, server_settings=SESSION)
