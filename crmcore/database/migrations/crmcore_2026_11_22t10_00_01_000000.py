"""The indexes of 0.1 over more than one column, which Piccolo's add_table does not know.

A unique index instead of a unique constraint, because SQLite cannot add a constraint to a table.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T10:00:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of 0.1"

UNIQUE = (
    ("contact_point", "kind, normalized"),
    ("inbound_delivery", "account, delivery_key"),
    ("message", "account, external_id"),
    ("custom_field", "record_type, key"),
    ("tagging", "record_type, record_id, tag"),
    ("idempotent_answer", "actor, key"),
    ("plugin_value", "plugin, key"),
)

PLAIN = (
    ("message", "conversation, created_at, id"),
    ("conversation", "status, last_activity_at, id"),
    ("conversation", "contact"),
    ("conversation", "assignee, status"),
    ("contact", "company"),
    ("contact", "last_name, first_name, id"),
    ("contact_point", "contact"),
    ("history", "record_type, record_id, at"),
    ("tagging", "tag"),
    ("job", "state, run_at"),
    ("job", "plugin, state, run_at, id"),
    ("job", "ordering_key, id"),
    ("task", "assignee, status"),
    ("task", "contact"),
    ("task", "conversation"),
    ("conversation", "account"),
    ("login_session", "user"),
    ("api_token", "user"),
    ("event", "name, at"),
)


class Statement(Table):
    """Runs SQL that belongs to no table class."""


async def forwards() -> MigrationManager:
    """Make the indexes."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)

    async def make_indexes() -> None:
        for unique, indexes in (("UNIQUE ", UNIQUE), ("", PLAIN)):
            for table, columns in indexes:
                name = f"{table}_{columns.replace(', ', '_')}"
                quoted = ", ".join(f'"{column}"' for column in columns.split(", "))
                await Statement.raw(f'CREATE {unique}INDEX "{name}" ON "{table}" ({quoted})')

    manager.add_raw(make_indexes)
    return manager
