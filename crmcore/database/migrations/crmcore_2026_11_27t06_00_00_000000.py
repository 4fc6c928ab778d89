"""What contacts and conversations are listed by besides their usual order, each order along an index of its own.

Rows without a value come last and are read by a statement of their own, along the same index. For SQLite's planner
the figures of the conversations' indexes are written down like those of the others, by the same source.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

from crmcore.database.current import WORKSPACE_ENGINE

ID = "2026-11-27T06:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "orders of contacts and conversations: indexes"


class Statement(Table):
    """Runs SQL that belongs to no table class."""


# Status and assignee tell of each entry whether the view has it: somebody's own conversations among a hundred
# thousand take 16 ms of processor time, and 114 when every row is looked at for it.
STATEMENTS = (
    'CREATE INDEX "contact_last_contact" ON "contact" ("last_contact_at", "id") WHERE "deleted_at" IS NULL',
    'CREATE INDEX "contact_first_name" ON "contact" ("first_name", "id") WHERE "deleted_at" IS NULL',
    'CREATE INDEX "conversation_waiting_since" ON "conversation" ("waiting_since", "id", "status", "assignee")',
    'DROP INDEX "conversation_next_due"',
    'CREATE INDEX "conversation_next_due" ON "conversation" ("next_due_at", "id", "status", "assignee")',
)
# Rows in all, then how many share the first column of the index, those without a value above all, the first two …
SPREAD = {"conversation_waiting_since": "100000 5000 1 1 1", "conversation_next_due": "100000 5000 1 1 1"}


async def forwards() -> MigrationManager:
    """Make the indexes, and tell SQLite how they are spread; PostgreSQL finds out by itself."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await Statement.raw(statement)
        if WORKSPACE_ENGINE.engine_type != "sqlite":
            return
        await Statement.raw("DELETE FROM sqlite_stat1 WHERE idx = 'conversation_next_due'")
        for index, figures in SPREAD.items():
            await Statement.raw(
                "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('conversation', {}, {})", index, figures
            )

    manager.add_raw(run)
    return manager
