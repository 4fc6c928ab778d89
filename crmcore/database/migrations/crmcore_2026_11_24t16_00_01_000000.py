"""What sentences in conversations were made of, so that everybody reads them in their language."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import JSONB
from piccolo.table import Table

ID = "2026-11-24T16:00:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "what the sentences of messages say"


class Message(Table, tablename="message"):
    said = JSONB(default="{}")


async def forwards() -> MigrationManager:
    """Make the column."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)
    manager.add_columns.append(
        AddColumnClass(column=Message.said, table_class_name="Message", tablename="message", schema=None)
    )
    return manager
