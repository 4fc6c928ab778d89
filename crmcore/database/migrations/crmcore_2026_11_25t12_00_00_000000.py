"""Jobs with priorities and progress, periodic jobs that remember their last run, and replays of events."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import JSONB, UUID, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

ID = "2026-11-25T12:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "jobs: priority, progress, last run; replays of events"


class Added(Table):
    priority = Integer(default=1)
    done = Integer(null=True, default=None)
    total = Integer(null=True, default=None)
    began_at = Timestamptz(null=True, default=None)
    ran_at = Timestamptz(null=True, default=None)


class EventReplay(Table, tablename="event_replay"):
    id = UUID(primary_key=True, default=None)
    plugin = Varchar(length=31)
    names = JSONB()
    since = Timestamptz(null=True, default=None)
    until = Timestamptz(null=True, default=None)
    position = UUID(null=True, default=None)
    last = UUID(default=None)
    put = Integer()
    total = Integer()
    state = Varchar(length=10, default="queued")
    error = Text()
    started_by = Varchar(length=200)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)
    finished_at = Timestamptz(null=True, default=None)


async def forwards() -> MigrationManager:
    """Make the table and the columns."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)
    manager.add_table(class_name="EventReplay", tablename="event_replay")
    places = [("EventReplay", "event_replay", column) for column in EventReplay._meta.columns]
    places += [("JobRow", "job", column) for column in Added._meta.columns if column._meta.name != "id"]
    for class_name, tablename, column in places:
        manager.add_columns.append(
            AddColumnClass(column=column, table_class_name=class_name, tablename=tablename, schema=None)
        )
    return manager
