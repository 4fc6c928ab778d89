"""The tables of 0.1, frozen: nothing here may follow the live table classes."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import (
    JSONB,
    UUID,
    BigInt,
    Boolean,
    Bytea,
    ForeignKey,
    Integer,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.base import OnDelete
from piccolo.table import Table

ID = "2026-11-22T10:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "tables of 0.1"


class Team(Table, tablename="team"):
    id = UUID(primary_key=True, default=None)
    name = Varchar(length=120, unique=True)
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)
    deleted_at = Timestamptz(default=None, null=True)


class SignInAttempt(Table, tablename="sign_in_attempt"):
    id = UUID(primary_key=True, default=None)
    subject = Varchar(length=300, index=True)
    at = Timestamptz(default=None)


class Company(Table, tablename="company"):
    id = UUID(primary_key=True, default=None)
    name = Varchar(length=200)
    name_key = Varchar(length=200, index=True)
    domain = Varchar(length=253)
    phone = Varchar(length=40)
    address = Varchar(length=500)
    notes = Text()
    search_text = Text()
    custom = JSONB()
    version = Integer(default=1)
    created_at = Timestamptz(default=None, index=True)
    updated_at = Timestamptz(default=None)
    deleted_at = Timestamptz(default=None, null=True)


class MergeLog(Table, tablename="merge_log"):
    id = UUID(primary_key=True, default=None)
    kept = UUID(default=None, index=True)
    merged = UUID(default=None, index=True)
    moves = JSONB(default="[]")
    before = JSONB()
    actor_kind = Varchar(length=20, default="system")
    actor_id = Varchar(length=64)
    actor_label = Varchar(length=200)
    at = Timestamptz(default=None)
    undone_at = Timestamptz(default=None, null=True)


class ChannelAccountRow(Table, tablename="channel_account"):
    id = UUID(primary_key=True, default=None)
    plugin = Varchar(length=31)
    channel = Varchar(length=60)
    name = Varchar(length=120)
    slug = Varchar(length=64, unique=True)
    config = JSONB()
    policy = JSONB()
    state = Varchar(length=10, default="active")
    state_reason = Varchar(length=500)
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)


class Counter(Table, tablename="counter"):
    name = Varchar(length=40, primary_key=True)
    value = BigInt()


class EventRow(Table, tablename="event"):
    id = UUID(primary_key=True, default=None)
    name = Varchar(length=60)
    record_type = Varchar(length=60)
    record_id = UUID(default=None)
    payload = JSONB()
    at = Timestamptz(default=None, index=True)


class JobRow(Table, tablename="job"):
    id = UUID(primary_key=True, default=None)
    plugin = Varchar(length=31)
    name = Varchar(length=60)
    payload = JSONB()
    unique_key = Varchar(length=255, default=None, null=True, unique=True)
    again = Boolean()
    ordering_key = Varchar(length=255, default=None, null=True)
    state = Varchar(length=8, default="queued")
    run_at = Timestamptz(default=None)
    attempts = Integer()
    max_attempts = Integer()
    lease = UUID(default=None, null=True)
    error = Text()
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)


class PluginLedger(Table, tablename="plugin_ledger"):
    name = Varchar(length=31, primary_key=True)
    distribution = Varchar(length=120)
    plugin_version = Varchar(length=40)
    owns = JSONB()
    enabled = Boolean(default=None, null=True)
    first_seen_at = Timestamptz(default=None)
    last_seen_at = Timestamptz(default=None)


class PluginSettingsRow(Table, tablename="plugin_settings"):
    plugin = Varchar(length=31, primary_key=True)
    settings = JSONB()
    updated_at = Timestamptz(default=None)


class PluginValue(Table, tablename="plugin_value"):
    id = UUID(primary_key=True, default=None)
    plugin = Varchar(length=31)
    key = Varchar(length=200)
    value = JSONB(default="null")


class CustomFieldRow(Table, tablename="custom_field"):
    id = UUID(primary_key=True, default=None)
    record_type = Varchar(length=60)
    key = Varchar(length=63)
    owner = Varchar(length=31)
    label = JSONB()
    description = JSONB()
    group = JSONB()
    type = Varchar(length=60)
    options = JSONB()
    format = Varchar(length=60)
    schema = JSONB()
    position = Integer(default=100)
    required = Boolean()
    read_only = Boolean()
    filterable = Boolean()
    state = Varchar(length=10, default="active")
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)


class History(Table, tablename="history"):
    id = UUID(primary_key=True, default=None)
    record_type = Varchar(length=60)
    record_id = UUID(default=None)
    version = Integer(default=1)
    action = Varchar(length=20)
    changes = JSONB()
    actor_kind = Varchar(length=20, default="system")
    actor_id = Varchar(length=64)
    actor_label = Varchar(length=200)
    reason = Varchar(length=500)
    at = Timestamptz(default=None)


class IdempotentAnswer(Table, tablename="idempotent_answer"):
    id = UUID(primary_key=True, default=None)
    actor = Varchar(length=100)
    key = Varchar(length=255)
    request_hash = Varchar(length=64)
    status = Integer()
    body = Bytea()
    headers = JSONB()
    created_at = Timestamptz(default=None, index=True)


class Tag(Table, tablename="tag"):
    id = UUID(primary_key=True, default=None)
    name = Varchar(length=60)
    name_key = Varchar(length=60, unique=True)
    tone = Varchar(length=10, default="neutral")
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)


class User(Table, tablename="user_account"):
    id = UUID(primary_key=True, default=None)
    email = Varchar(length=254, unique=True)
    name = Varchar(length=200)
    role = Varchar(length=30, default="agent")
    team = ForeignKey(references=Team, default=None, on_delete=OnDelete.set_null, null=True)
    language = Varchar(length=8, default="en")
    time_zone = Varchar(length=64, default="UTC")
    theme = Varchar(length=10, default="system")
    active = Boolean(default=True)
    password_hash = Varchar(length=255, secret=True)
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)


class Contact(Table, tablename="contact"):
    id = UUID(primary_key=True, default=None)
    first_name = Varchar(length=120)
    last_name = Varchar(length=120)
    avatar = Varchar(length=500)
    points = JSONB(default="[]")
    company = ForeignKey(references=Company, default=None, on_delete=OnDelete.set_null, null=True)
    job_title = Varchar(length=200)
    language = Varchar(length=20)
    time_zone = Varchar(length=64)
    gender = Varchar(length=40)
    ip_address = Varchar(length=45)
    browser = Varchar(length=300)
    notes = Text()
    search_text = Text()
    last_contact_at = Timestamptz(default=None, null=True)
    last_contact_channel = Varchar(length=60)
    merged_into = UUID(default=None, null=True)
    custom = JSONB()
    version = Integer(default=1)
    created_at = Timestamptz(default=None, index=True)
    updated_at = Timestamptz(default=None, index=True)
    deleted_at = Timestamptz(default=None, null=True)


class InboundDelivery(Table, tablename="inbound_delivery"):
    id = UUID(primary_key=True, default=None)
    account = ForeignKey(references=ChannelAccountRow, default=None, on_delete=OnDelete.cascade, null=True)
    delivery_key = Varchar(length=255)
    body = Bytea()
    headers = JSONB()
    url = Varchar(length=2000)
    answer_status = Integer(default=202)
    state = Varchar(length=12, default="received", index=True)
    error = Text()
    conversation_id = UUID(default=None, null=True)
    attempts = Integer()
    received_at = Timestamptz(default=None, index=True)
    processed_at = Timestamptz(default=None, null=True)


class Tagging(Table, tablename="tagging"):
    id = UUID(primary_key=True, default=None)
    record_type = Varchar(length=60)
    record_id = UUID(default=None)
    tag = ForeignKey(references=Tag, default=None, on_delete=OnDelete.cascade, null=True)


class ApiToken(Table, tablename="api_token"):
    id = UUID(primary_key=True, default=None)
    secret_hash = Varchar(length=64, unique=True, secret=True)
    user = ForeignKey(references=User, default=None, on_delete=OnDelete.cascade, null=True)
    name = Varchar(length=120)
    scopes = JSONB(default="[]")
    created_at = Timestamptz(default=None)
    expires_at = Timestamptz(default=None, null=True)
    revoked_at = Timestamptz(default=None, null=True)


class LoginSession(Table, tablename="login_session"):
    id = UUID(primary_key=True, default=None)
    secret_hash = Varchar(length=64, unique=True, secret=True)
    user = ForeignKey(references=User, default=None, on_delete=OnDelete.cascade, null=True)
    created_at = Timestamptz(default=None)
    last_seen_at = Timestamptz(default=None)
    expires_at = Timestamptz(default=None)
    user_agent = Varchar(length=300)


class ContactPoint(Table, tablename="contact_point"):
    raw = Varchar(length=320)  # type: ignore[assignment]  # the column hides Table.raw, which nobody needs here
    id = UUID(primary_key=True, default=None)
    contact = ForeignKey(references=Contact, default=None, on_delete=OnDelete.cascade, null=True)
    kind = Varchar(length=60)
    normalized = Varchar(length=320)
    position = Integer()
    is_primary = Boolean()
    verified = Boolean()
    opt_out = Boolean()
    bounced = Boolean()


class Conversation(Table, tablename="conversation"):
    id = UUID(primary_key=True, default=None)
    number = BigInt(unique=True)
    subject = Varchar(length=300)
    status = Varchar(length=10, default="open")
    priority = Varchar(length=10, default="normal")
    contact = ForeignKey(references=Contact, default=None, on_delete=OnDelete.set_null, null=True)
    account = ForeignKey(references=ChannelAccountRow, default=None, on_delete=OnDelete.set_null, null=True)
    assignee = ForeignKey(references=User, default=None, on_delete=OnDelete.set_null, null=True)
    team = ForeignKey(references=Team, default=None, on_delete=OnDelete.set_null, null=True)
    thread_key = Varchar(length=255, index=True)
    preview = Varchar(length=200)
    search_text = Text()
    message_count = Integer()
    snoozed_until = Timestamptz(default=None, null=True, index=True)
    waiting_since = Timestamptz(default=None, null=True)
    first_response_at = Timestamptz(default=None, null=True)
    last_inbound_at = Timestamptz(default=None, null=True)
    last_outbound_at = Timestamptz(default=None, null=True)
    last_activity_at = Timestamptz(default=None)
    closed_at = Timestamptz(default=None, null=True)
    custom = JSONB()
    version = Integer(default=1)
    created_at = Timestamptz(default=None, index=True)
    updated_at = Timestamptz(default=None)


class Message(Table, tablename="message"):
    id = UUID(primary_key=True, default=None)
    conversation = ForeignKey(references=Conversation, default=None, on_delete=OnDelete.cascade, null=True)
    kind = Varchar(length=10)
    account = ForeignKey(references=ChannelAccountRow, default=None, on_delete=OnDelete.set_null, null=True)
    external_id = Varchar(length=255, default=None, null=True)
    author_kind = Varchar(length=20, default="system")
    author_id = Varchar(length=64)
    author_name = Varchar(length=200)
    text = Text()
    thread_reason = Varchar(length=300)
    delivery = Varchar(length=10)
    delivery_error = Varchar(length=500)
    delivery_attempts = Integer()
    sent_at = Timestamptz(default=None, null=True)
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)


class Task(Table, tablename="task"):
    id = UUID(primary_key=True, default=None)
    title = Varchar(length=300)
    notes = Text()
    search_text = Text()
    status = Varchar(length=10, default="open")
    due_at = Timestamptz(default=None, null=True, index=True)
    assignee = ForeignKey(references=User, default=None, on_delete=OnDelete.set_null, null=True)
    contact = ForeignKey(references=Contact, default=None, on_delete=OnDelete.set_null, null=True)
    conversation = ForeignKey(references=Conversation, default=None, on_delete=OnDelete.set_null, null=True)
    message_id = UUID(default=None, null=True)
    done_at = Timestamptz(default=None, null=True)
    version = Integer(default=1)
    created_at = Timestamptz(default=None, index=True)
    updated_at = Timestamptz(default=None)
    deleted_at = Timestamptz(default=None, null=True)


TABLES = (
    Team,
    SignInAttempt,
    Company,
    MergeLog,
    ChannelAccountRow,
    Counter,
    EventRow,
    JobRow,
    PluginLedger,
    PluginSettingsRow,
    PluginValue,
    CustomFieldRow,
    History,
    IdempotentAnswer,
    Tag,
    User,
    Contact,
    InboundDelivery,
    Tagging,
    ApiToken,
    LoginSession,
    ContactPoint,
    Conversation,
    Message,
    Task,
)


async def forwards() -> MigrationManager:
    """Make the tables."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)
    for table in TABLES:
        class_name, tablename = table.__name__, table._meta.tablename
        manager.add_table(class_name=class_name, tablename=tablename)
        for column in table._meta.columns:
            manager.add_columns.append(
                AddColumnClass(column=column, table_class_name=class_name, tablename=tablename, schema=None)
            )
    return manager
