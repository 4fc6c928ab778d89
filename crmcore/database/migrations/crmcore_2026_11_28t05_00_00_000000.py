"""Which files are to go with what somebody has begun to write."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import Text
from piccolo.table import Table

ID = "2026-11-28T05:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "files of drafts"


class MessageDraft(Table, tablename="message_draft"):
    attachments = Text(default="[]")


async def forwards() -> MigrationManager:
    """Add the column."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)
    manager.add_columns.append(
        AddColumnClass(
            column=MessageDraft.attachments,
            table_class_name=MessageDraft.__name__,
            tablename=MessageDraft._meta.tablename,
            schema=None,
        )
    )
    return manager
