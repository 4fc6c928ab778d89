"""The core's migrations make exactly the tables that the code uses, with the constraints it relies on."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from piccolo.table import sort_table_classes

from crmcore.contacts.tables import Contact
from crmcore.database.core_app import core_app
from crmcore.database.database import Database

if TYPE_CHECKING:
    from crmcore.testing.postgres import PostgresServer

UNIQUE = {
    ("contact_point", "kind", "normalized"),
    ("inbound_delivery", "account", "delivery_key"),
    ("message", "account", "external_id"),
    ("custom_field", "record_type", "key"),
    ("tagging", "record_type", "record_id", "tag"),
    ("idempotent_answer", "actor", "key"),
    ("plugin_value", "plugin", "key"),
    ("channel_account", "slug"),
    ("duplicate_suggestion", "one", "other"),
    ("conversation", "number"),
    ("job", "unique_key"),
    ("user_account", "email"),
    ("tag", "name_key"),
    ("import_row", "run", "row"),
    ("import_mapping", "record_type", "header_hash"),
    ("team", "name"),
    ("role", "key"),
    ("team_member", "user", "team"),
    ("external_identity", "provider", "issuer", "subject"),
    ("second_factor", "user"),
    ("task", "previous_id"),
    ("notification", "user", "key"),
    ("notification_choice", "user", "kind"),
}
INDEXED = {
    ("message", "conversation", "created_at", "id"),
    ("conversation", "status", "last_activity_at", "id"),
    ("conversation", "last_activity_at", "id"),
    ("conversation", "contact"),
    ("conversation", "assignee", "status"),
    ("contact", "company"),
    ("contact", "last_name", "first_name", "id"),
    ("contact_point", "contact"),
    ("history", "record_type", "record_id", "at"),
    ("tagging", "tag"),
    ("job", "state", "run_at"),
    ("job", "ordering_key", "id"),
    ("task", "assignee", "status"),
    ("event", "name", "at"),
}
# The search index is what Piccolo's classes cannot describe; tests of search hold it.
INDEX = ("search_entry", "search_words", "search_said", "search_gram", "duplicate_entry", "duplicate_key")
_COLUMNS = """
SELECT table_name, column_name, data_type, character_maximum_length, is_nullable
FROM information_schema.columns
WHERE table_schema = 'public'
AND table_name NOT IN ('migration', 'search_entry', 'search_gram', 'duplicate_entry', 'duplicate_key')
"""
_REFERENCES = """
SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype IN ('f', 'p', 'u') AND connamespace = 'public'::regnamespace
AND conrelid::regclass::text NOT IN (
  'migration', 'search_entry', 'search_gram', 'duplicate_entry', 'duplicate_key'
)
"""
_INDEXES = """
SELECT t.relname::text AS name, i.indisunique AS only_one, array_agg(a.attname::text ORDER BY k.n) AS columns
FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(number, n)
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number
WHERE t.relnamespace = 'public'::regnamespace GROUP BY i.indexrelid, t.relname, i.indisunique
"""


@pytest.fixture
async def from_classes(
    database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Database]:
    """A database whose tables were made from the live classes instead of the migrations."""
    if database.kind == "sqlite":
        other = Database.from_url(f"sqlite:///{tmp_path / 'classes.sqlite'}")
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        server.run("CREATE DATABASE from_classes")
        other = Database.from_url(server.url_of("from_classes"))
    await other.open()
    with other.bound():
        for table in sort_table_classes(core_app().table_classes):
            await table.create_table()
    yield other
    await other.close()
    if other.kind == "postgres":
        server.run("DROP DATABASE from_classes WITH (FORCE)")


async def test_the_migrations_make_the_tables_of_the_code(database: Database, from_classes: Database) -> None:
    migrated = await _described(database)
    assert migrated == await _described(from_classes)
    assert len({row[0] for row in migrated}) == len(core_app().table_classes)


async def test_every_constraint_and_index_is_there(database: Database) -> None:
    found = await _indexes(database)
    assert {(*name, True) for name in UNIQUE} <= found
    assert {(*name, False) for name in INDEXED} <= found


async def test_every_foreign_key_has_an_index(database: Database) -> None:
    first_columns = {(row[0], row[1]) for row in await _indexes(database)}
    unindexed = {
        (table._meta.tablename, column._meta.db_column_name)
        for table in core_app().table_classes
        for column in table._meta.foreign_key_columns
    } - first_columns
    # Teams are few and hardly ever go.
    assert unindexed <= {("user_account", "team"), ("conversation", "team")}


async def _described(database: Database) -> set[tuple[Any, ...]]:
    with database.bound():
        if database.kind == "postgres":
            rows = [*await Contact.raw(_COLUMNS), *await Contact.raw(_REFERENCES)]
            return {tuple(row.values()) for row in rows}
    described: set[tuple[Any, ...]] = set()
    with closing(sqlite3.connect(database.engine.path)) as connection:  # type: ignore[union-attr]  # SQLite here
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            if table != "migration" and not table.startswith(("sqlite_", *INDEX)):
                for row in connection.execute(f'PRAGMA table_info("{table}")'):
                    described.add((table, row[1], row[2], row[3], row[5]))
                for row in connection.execute(f'PRAGMA foreign_key_list("{table}")'):
                    described.add((table, *row[2:]))
    return described


async def _indexes(database: Database) -> set[tuple[Any, ...]]:
    with database.bound():
        if database.kind == "postgres":
            rows = await Contact.raw(_INDEXES)
            return {(row["name"], *row["columns"], row["only_one"]) for row in rows}
    found: set[tuple[Any, ...]] = set()
    with closing(sqlite3.connect(database.engine.path)) as connection:  # type: ignore[union-attr]  # SQLite here
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for _, index, unique, *_ in connection.execute(f'PRAGMA index_list("{table}")').fetchall():
                columns = [row[2] for row in connection.execute(f'PRAGMA index_info("{index}")')]
                found.add((table, *columns, bool(unique)))
    return found
