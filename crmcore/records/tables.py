"""What the register keeps about every record: custom-field definitions, history, tags, idempotent answers."""

from piccolo.columns import JSONB, UUID, Boolean, Bytea, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from crmcore.clock import utc_now, uuid7
from crmcore.database.current import WORKSPACE_ENGINE


class CustomFieldRow(Table, db=WORKSPACE_ENGINE, tablename="custom_field"):
    """A custom field's definition. Unique (record_type, key). ``owner`` is a plugin's name, empty for our own.

    ``schema`` is the property as it was made by its field type, kept so that a dormant field still describes
    its values. ``state`` is active or deleted; whether a field is dormant follows from what is loaded. ``aliases``
    are further names under which documents may give the value. ``sealed`` says that its stored values are sealed.
    """

    id = UUID(primary_key=True, default=uuid7)
    record_type = Varchar(length=60)
    key = Varchar(length=63)
    owner = Varchar(length=31, default="")
    label = JSONB(default="{}")
    description = JSONB(default="{}")
    group = JSONB(default="{}")
    type = Varchar(length=60)
    options = JSONB(default="{}")
    format = Varchar(length=60, default="")
    schema = JSONB(default="{}")
    position = Integer(default=100)
    required = Boolean(default=False)
    read_only = Boolean(default=False)
    filterable = Boolean(default=False)
    default_value = JSONB(default="null")
    required_when = Varchar(length=20, default="")
    required_before_leaving = JSONB(default="null")
    rule = JSONB(default="{}")
    aliases = JSONB(default="[]")
    sealed = Boolean(default=False)
    state = Varchar(length=10, default="active")
    version = Integer(default=1)
    created_at = Timestamptz(default=utc_now)
    updated_at = Timestamptz(default=utc_now)
    deleted_at = Timestamptz(default=None, null=True)


class History(Table, db=WORKSPACE_ENGINE, tablename="history"):
    """One change of one record: who, what (``{field: [before, after]}``), why.

    ``subject`` names what is no record, ``address`` where somebody signed in from. ``seal`` is the number of the seal
    that covers the row; ``redacted_by`` the entry or field because of which the row lost its words.
    """

    id = UUID(primary_key=True, default=uuid7)
    record_type = Varchar(length=60)
    record_id = UUID()
    version = Integer(default=1)
    action = Varchar(length=20)
    changes = JSONB(default="{}")
    actor_kind = Varchar(length=20, default="system")
    actor_id = Varchar(length=64, default="")
    actor_label = Varchar(length=200, default="")
    plugin_version = Varchar(length=40, default="")
    reason = Varchar(length=500, default="")
    subject = Varchar(length=200, default="")
    address = Varchar(length=45, default="")
    seal = Integer(null=True, default=None)
    redacted_by = UUID(null=True, default=None)
    at = Timestamptz(default=utc_now)


class Tag(Table, db=WORKSPACE_ENGINE, tablename="tag"):
    """A tag, unique by its case-folded ``name_key``."""

    id = UUID(primary_key=True, default=uuid7)
    name = Varchar(length=60)
    name_key = Varchar(length=60, unique=True)
    tone = Varchar(length=10, default="neutral")
    version = Integer(default=1)
    created_at = Timestamptz(default=utc_now)
    updated_at = Timestamptz(default=utc_now)


class Tagging(Table, db=WORKSPACE_ENGINE, tablename="tagging"):
    """A tag on a record. Unique (record_type, record_id, tag)."""

    id = UUID(primary_key=True, default=uuid7)
    record_type = Varchar(length=60)
    record_id = UUID()
    tag = ForeignKey(references=Tag, on_delete=OnDelete.cascade)


class TagRemoval(Table, db=WORKSPACE_ENGINE, tablename="tag_removal"):
    """A tag that was deleted, or merged into another one (``merged_into``): what it takes to bring it back."""

    id = UUID(primary_key=True, default=uuid7)
    tag = UUID(unique=True)
    name = Varchar(length=60)
    tone = Varchar(length=10, default="neutral")
    merged_into = UUID(null=True, default=None)
    uses = Integer(default=0)
    removed_by = Varchar(length=200, default="")
    created_at = Timestamptz(default=utc_now, index=True)


class TagRemovedUse(Table, db=WORKSPACE_ENGINE, tablename="tag_removed_use"):
    """Where a removed tag was. ``had_target`` says that the tag it was merged into was there too."""

    id = UUID(primary_key=True, default=uuid7)
    removal = ForeignKey(references=TagRemoval, on_delete=OnDelete.cascade, index=True)
    record_type = Varchar(length=60)
    record_id = UUID(index=True)
    had_target = Boolean(default=False)


class IdempotentAnswer(Table, db=WORKSPACE_ENGINE, tablename="idempotent_answer"):
    """The answer to a request with an ``Idempotency-Key``. Unique (actor, key); kept 72 hours.

    ``standing`` is what the actor might then: somebody who may less now is not given the answer again.
    """

    id = UUID(primary_key=True, default=uuid7)
    actor = Varchar(length=100)
    key = Varchar(length=255)
    request_hash = Varchar(length=64)
    status = Integer(default=0)
    body = Bytea()
    headers = JSONB(default="{}")
    standing = Text(default="")
    created_at = Timestamptz(default=utc_now, index=True)
