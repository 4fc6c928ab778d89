"""Outgoing webhooks: endpoints and deliveries."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import JSONB, UUID, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

ID = "2026-11-24T19:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "outgoing webhooks"


class WebhookEndpoint(Table, tablename="webhook_endpoint"):
    id = UUID(primary_key=True, default=None)
    url = Varchar(length=2000, default="")
    description = Varchar(length=200, default="")
    events = JSONB(default='["*"]')
    state = Varchar(length=10, default="enabled")
    reason = Varchar(length=20, default="")
    secret = Varchar(length=400, default="", secret=True)
    old_secret = Varchar(length=400, default="", secret=True)
    owner = UUID(default=None)
    permissions = JSONB(default="[]")
    failures = Integer(default=0)
    failing_since = Timestamptz(default=None, null=True)
    held_until = Timestamptz(default=None, null=True)
    last_at = Timestamptz(default=None, null=True)
    last_status = Integer(default=None, null=True)
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)


class WebhookDelivery(Table, tablename="webhook_delivery"):
    id = UUID(primary_key=True, default=None)
    endpoint = UUID(default=None)
    event = UUID(default=None, null=True)
    name = Varchar(length=60, default="")
    record_type = Varchar(length=60, default="")
    record_id = UUID(default=None)
    state = Varchar(length=10, default="queued")
    attempts = Integer(default=0)
    next_at = Timestamptz(default=None, null=True)
    status = Integer(default=None, null=True)
    answer = Text(default="")
    error = Varchar(length=20, default="")
    detail = JSONB(default="{}")
    duration_ms = Integer(default=None, null=True)
    created_at = Timestamptz(default=None, index=True)
    updated_at = Timestamptz(default=None)


TABLES = (WebhookEndpoint, WebhookDelivery)


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
