"""Members, their activity and segments' tags, frozen: nothing here may follow the live table classes."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import JSONB, UUID, Boolean, Float, ForeignKey, Integer, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

ID = "2026-11-22T12:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "members, activity, segments"


class Contact(Table, tablename="contact"):
    id = UUID(primary_key=True, default=None)


class MailchimpMember(Table, tablename="mailchimp_member"):
    id = UUID(primary_key=True, default=None)
    key = Varchar(length=80, unique=True)
    account = UUID(default=None, index=True)
    subscriber = Varchar(length=32)
    contact = ForeignKey(references=Contact, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    address = Varchar(length=320)
    status = Varchar(length=40)
    agreed = JSONB(default="{}")
    tags = JSONB(default="[]")
    left_here = Boolean(default=False)
    marked = Boolean(default=False)
    problem = Varchar(length=300)
    rating = Integer(default=0)
    open_rate = Float(default=0.0)
    click_rate = Float(default=0.0)
    web_id = Integer(default=0)
    changed_at = Timestamptz(null=True, default=None)
    activity_at = Timestamptz(null=True, default=None)


class MailchimpActivity(Table, tablename="mailchimp_activity"):
    id = UUID(primary_key=True, default=None)
    key = Varchar(length=64, unique=True)
    member = ForeignKey(references=MailchimpMember, default=None, on_delete=OnDelete.cascade, index=True)
    kind = Varchar(length=20)
    campaign = Varchar(length=40)
    title = Varchar(length=200)
    url = Varchar(length=500)
    at = Timestamptz(default=None, index=True)


class MailchimpTagged(Table, tablename="mailchimp_tagged"):
    id = UUID(primary_key=True, default=None)
    key = Varchar(length=80, unique=True)
    segment = UUID(default=None, index=True)
    address = Varchar(length=320)


async def forwards() -> MigrationManager:
    """Make the tables."""
    manager = MigrationManager(migration_id=ID, app_name="mailchimp", description=DESCRIPTION)
    for table in (MailchimpMember, MailchimpActivity, MailchimpTagged):
        name, tablename = table.__name__, table._meta.tablename
        manager.add_table(class_name=name, tablename=tablename)
        for column in table._meta.columns:
            manager.add_columns.append(
                AddColumnClass(column=column, table_class_name=name, tablename=tablename, schema=None)
            )
    return manager
