"""Stored files; messages: their HTML and their attachments."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import JSONB, UUID, BigInt, Column, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

ID = "2026-11-24T13:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "stored files, HTML and attachments of messages"


class StoredFile(Table, tablename="stored_file"):
    id = UUID(primary_key=True, default=None)
    sha256 = Varchar(length=64, index=True)
    size = BigInt(default=0)
    name = Varchar(length=255)
    media_type = Varchar(length=100)
    width = Integer(default=0)
    height = Integer(default=0)
    thumbnail = Varchar(length=64, default="", index=True)
    uploaded_by_kind = Varchar(length=20, default="system")
    uploaded_by = Varchar(length=64, default="")
    record_type = Varchar(length=60, default="")
    record = UUID(default=None, null=True, index=True)
    field = Varchar(length=63, default="")
    released_at = Timestamptz(default=None, null=True)
    created_at = Timestamptz(default=None, index=True)


class Message(Table, tablename="message"):
    html = Text(default="")
    attachments = JSONB(default="[]")


async def forwards() -> MigrationManager:
    """Make the table and add the columns."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)
    manager.add_table(class_name="StoredFile", tablename="stored_file")
    columns: list[tuple[type[Table], Column]] = [(StoredFile, column) for column in StoredFile._meta.columns]
    columns += [(Message, Message._meta.get_column_by_name(name)) for name in ("html", "attachments")]
    for table, column in columns:
        manager.add_columns.append(
            AddColumnClass(
                column=column,
                table_class_name=table.__name__,
                tablename=table._meta.tablename,
                schema=None,
            )
        )
    return manager
