"""Tags that were deleted or merged, to be brought back."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import UUID, Boolean, ForeignKey, Integer, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

ID = "2026-11-25T16:00:02:000000"
VERSION = "1.38.0"
DESCRIPTION = "removed tags"


class TagRemoval(Table, tablename="tag_removal"):
    id = UUID(primary_key=True, default=None)
    tag = UUID(default=None, unique=True)
    name = Varchar(length=60, default="")
    tone = Varchar(length=10, default="neutral")
    merged_into = UUID(default=None, null=True)
    uses = Integer(default=0)
    removed_by = Varchar(length=200, default="")
    created_at = Timestamptz(default=None, index=True)


class TagRemovedUse(Table, tablename="tag_removed_use"):
    id = UUID(primary_key=True, default=None)
    removal = ForeignKey(
        references=TagRemoval, default=None, on_delete=OnDelete.cascade, null=True, index=True
    )
    record_type = Varchar(length=60, default="")
    record_id = UUID(default=None, index=True)
    had_target = Boolean(default=False)


TABLES = (TagRemoval, TagRemovedUse)


async def forwards() -> MigrationManager:
    """Make the tables."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)
    for table in TABLES:
        name = table._meta.tablename
        manager.add_table(class_name=table.__name__, tablename=name)
        for column in table._meta.columns:
            manager.add_columns.append(
                AddColumnClass(column=column, table_class_name=table.__name__, tablename=name, schema=None)
            )
    return manager
