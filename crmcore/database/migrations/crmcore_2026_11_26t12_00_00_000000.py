"""Who was mentioned in which conversation, and what is begun and not sent yet."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import UUID, ForeignKey, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

ID = "2026-11-26T12:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "mentions and drafts"


class User(Table, tablename="user_account"):
    id = UUID(primary_key=True, default=None)


class Conversation(Table, tablename="conversation"):
    id = UUID(primary_key=True, default=None)


class Mention(Table, tablename="mention"):
    id = UUID(primary_key=True, default=None)
    user = ForeignKey(references=User, on_delete=OnDelete.cascade)
    conversation = ForeignKey(references=Conversation, on_delete=OnDelete.cascade, index=True)
    message = UUID(default=None)
    created_at = Timestamptz(default=None)


class MessageDraft(Table, tablename="message_draft"):
    id = UUID(primary_key=True, default=None)
    user = ForeignKey(references=User, on_delete=OnDelete.cascade)
    conversation = ForeignKey(references=Conversation, on_delete=OnDelete.cascade, index=True)
    kind = Varchar(length=10, default="reply")
    text = Text(default="")
    updated_at = Timestamptz(default=None)


MADE: tuple[type[Table], ...] = (Mention, MessageDraft)


async def forwards() -> MigrationManager:
    """Make the tables."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)
    for table in MADE:
        name = table._meta.tablename
        manager.add_table(class_name=table.__name__, tablename=name)
        for column in table._meta.columns:
            manager.add_columns.append(
                AddColumnClass(column=column, table_class_name=table.__name__, tablename=name, schema=None)
            )
    return manager
