"""What somebody might when an answer was kept for its Idempotency-Key."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import Text
from piccolo.table import Table

ID = "2026-11-25T17:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "kept answers are given again to who may no less"


class IdempotentAnswer(Table, tablename="idempotent_answer"):
    standing = Text(default="")


async def forwards() -> MigrationManager:
    """Add the column."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)
    manager.add_columns.append(
        AddColumnClass(
            column=IdempotentAnswer.standing,
            table_class_name=IdempotentAnswer.__name__,
            tablename=IdempotentAnswer._meta.tablename,
            schema=None,
        )
    )
    return manager
