"""How conversations are spread, for SQLite's planner, which does not find out by itself.

Without figures it takes the few statuses for a good way into the table and sorts all open conversations for one
page: 222 ms of processor time for the inbox over 100,000 of them instead of 12. The figures are those of a workspace
of that size; for small ones they are as good. Filling ``sqlite_stat1`` by hand: https://www.sqlite.org/optoverview.html
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

from crmcore.database.current import WORKSPACE_ENGINE

ID = "2026-11-26T14:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "how conversations are spread, for SQLite's planner"

# Rows in all, then how many share the first column of the index, the first two …
SPREAD = {
    "conversation_status_last_activity_at_id": "100000 25000 1 1",
    "conversation_last_activity_at_id": "100000 1 1",
    "conversation_assignee_status": "100000 4000 1000",
    "conversation_of_assignee": "100000 4000 1000 1 1",
    "conversation_contact": "100000 2",
    "conversation_account": "100000 20000",
    "conversation_created_at": "100000 1",
    "conversation_snoozed_until": "100000 1000",
    "conversation_thread_key": "100000 2",
    "conversation_next_due": "100000 100",
    "sqlite_autoindex_conversation_1": "100000 1",
    "sqlite_autoindex_conversation_2": "100000 1",
}


class Statement(Table):
    """Runs SQL that belongs to no table class."""


async def forwards() -> MigrationManager:
    """Write the figures into SQLite's own table of them; PostgreSQL keeps its own."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)

    async def run() -> None:
        if WORKSPACE_ENGINE.engine_type != "sqlite":
            return
        # Makes the table; at most so many rows of each index are looked at.
        await Statement.raw("PRAGMA analysis_limit=100")
        await Statement.raw('ANALYZE "conversation"')
        await Statement.raw("DELETE FROM sqlite_stat1 WHERE tbl = 'conversation'")
        for index, figures in SPREAD.items():
            await Statement.raw(
                "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('conversation', {}, {})", index, figures
            )

    manager.add_raw(run)
    return manager
