"""Two more ways into PostgreSQL's search index: to the newest records, and past all that is not of late.

Messages lie between the records, so that the newest records are found by an index of their own. The other one keeps
the lowest and highest key of every eight blocks: a few hundred kilobytes for a million entries. It is that fine so
that the planner asks it after the index of words, which tells entries where this one tells blocks.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

from crmcore.database.current import WORKSPACE_ENGINE

ID = "2026-11-28T01:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "search index: the newest records, the late entries"

STATEMENTS = (
    "CREATE INDEX search_entry_newest ON search_entry (id) WHERE record_type <> 'message'",
    "CREATE INDEX search_entry_late ON search_entry USING brin (id) "
    "WITH (pages_per_range = 8, autosummarize = on)",
)


class Statement(Table):
    """Runs SQL that belongs to no table class."""


async def forwards() -> MigrationManager:
    """Make the indexes on PostgreSQL; SQLite's index of words is in the order of keys."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)

    async def make_indexes() -> None:
        if WORKSPACE_ENGINE.engine_type == "postgres":
            for statement in STATEMENTS:
                await Statement.raw(statement)

    manager.add_raw(make_indexes)
    return manager
