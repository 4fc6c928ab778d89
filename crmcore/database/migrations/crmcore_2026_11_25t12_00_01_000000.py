"""How the queue is looked through: within a lane by priority, then by time."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-25T12:00:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "jobs: the order within a lane"


class Statement(Table):
    """Runs SQL that belongs to no table class."""


STATEMENTS = (
    'DROP INDEX "job_plugin_state_run_at_id"',
    'CREATE INDEX "job_lane" ON "job" ("plugin", "state", "priority", "run_at", "id")',
)


async def forwards() -> MigrationManager:
    """Replace the index."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)

    async def replace_index() -> None:
        for statement in STATEMENTS:
            await Statement.raw(statement)

    manager.add_raw(replace_index)
    return manager
