"""Which request a job goes back to."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import Varchar
from piccolo.table import Table

ID = "2026-11-25T14:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "jobs: the request and the trace that they go back to"


class Job(Table, tablename="job"):
    origin = Varchar(length=200, null=True, default=None)


async def forwards() -> MigrationManager:
    """Add the column."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)
    manager.add_columns.append(
        AddColumnClass(column=Job.origin, table_class_name="Job", tablename="job", schema=None)
    )
    return manager
