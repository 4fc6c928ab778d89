"""Time: reminders and recurrence of tasks, what conversations wait for next, notifications."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import JSONB, UUID, Boolean, ForeignKey, Integer, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

ID = "2026-11-25T11:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "tasks that remind and repeat, kept times of conversations, notifications"


class UserAccount(Table, tablename="user_account"):
    id = UUID(primary_key=True, default=None)


class Task(Table, tablename="task"):
    remind_at = Timestamptz(default=None, null=True)
    reminded_at = Timestamptz(default=None, null=True)
    overdue_told_at = Timestamptz(default=None, null=True)
    recurrence = Varchar(length=500, default="")
    recurrence_zone = Varchar(length=64, default="")
    recurs_from = Timestamptz(default=None, null=True)
    occurs_at = Timestamptz(default=None, null=True)
    previous_id = UUID(default=None, null=True)
    about_type = Varchar(length=60, default="")
    about_id = UUID(default=None, null=True)


class Conversation(Table, tablename="conversation"):
    next_due_at = Timestamptz(default=None, null=True)
    settled_at = Timestamptz(default=None, null=True)


class Notification(Table, tablename="notification"):
    id = UUID(primary_key=True, default=None)
    user = ForeignKey(references=UserAccount, on_delete=OnDelete.cascade, default=None)
    kind = Varchar(length=40, default="")
    key = Varchar(length=120, default="")
    record_type = Varchar(length=60, default="")
    record_id = UUID(default=None, null=True)
    message_id = UUID(default=None, null=True)
    details = JSONB(default="{}")
    times = Integer(default=1)
    in_page = Boolean(default=True)
    at = Timestamptz(default=None, index=True)
    read_at = Timestamptz(default=None, null=True)
    mail_at = Timestamptz(default=None, null=True)
    mailed_at = Timestamptz(default=None, null=True)


class NotificationChoice(Table, tablename="notification_choice"):
    id = UUID(primary_key=True, default=None)
    user = ForeignKey(references=UserAccount, on_delete=OnDelete.cascade, default=None)
    kind = Varchar(length=40, default="")
    in_page = Boolean(default=True)
    by_mail = Boolean(default=False)
    updated_at = Timestamptz(default=None)


MADE: tuple[type[Table], ...] = (Notification, NotificationChoice)
WIDENED: tuple[type[Table], ...] = (Task, Conversation)


async def forwards() -> MigrationManager:
    """Make the tables and add the columns."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)
    for table in MADE:
        name = table._meta.tablename
        manager.add_table(class_name=table.__name__, tablename=name)
        for column in table._meta.columns:
            manager.add_columns.append(
                AddColumnClass(column=column, table_class_name=table.__name__, tablename=name, schema=None)
            )
    for table in WIDENED:
        for column in table._meta.columns:
            if column._meta.primary_key:
                continue
            manager.add_columns.append(
                AddColumnClass(
                    column=column,
                    table_class_name=table.__name__,
                    tablename=table._meta.tablename,
                    schema=None,
                )
            )
    return manager
