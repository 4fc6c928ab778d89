"""Duplicates: blocking keys of contacts, and the indexes of the suggestions."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-24T11:00:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "keys of duplicates"

_SQLITE = (
    """CREATE TABLE duplicate_entry (
    id INTEGER PRIMARY KEY,
    contact UUID NOT NULL UNIQUE REFERENCES contact (id) ON DELETE CASCADE,
    version INTEGER NOT NULL, rules INTEGER NOT NULL, keys BLOB NOT NULL)""",
    "CREATE TABLE duplicate_key (key INTEGER, entry INTEGER, PRIMARY KEY (key, entry)) WITHOUT ROWID",
)
_POSTGRES = (
    """CREATE TABLE duplicate_entry (
    id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contact UUID NOT NULL UNIQUE REFERENCES contact (id) ON DELETE CASCADE,
    version INTEGER NOT NULL, rules INTEGER NOT NULL, keys BYTEA NOT NULL)""",
    "CREATE TABLE duplicate_key (key BIGINT, entry INTEGER, PRIMARY KEY (key, entry))",
)
_INDEXES = (
    "CREATE UNIQUE INDEX duplicate_suggestion_one_other ON duplicate_suggestion (one, other)",
    "CREATE INDEX duplicate_suggestion_state_score_id ON duplicate_suggestion (state, score, id)",
)


class Statement(Table):
    """Runs SQL that belongs to no table class."""


async def forwards() -> MigrationManager:
    """Make the tables and indexes."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)

    async def make_the_rest() -> None:
        keys = _POSTGRES if Statement._meta.db.engine_type == "postgres" else _SQLITE
        for statement in (*keys, *_INDEXES):
            await Statement.raw(statement)

    manager.add_raw(make_the_rest)
    return manager
