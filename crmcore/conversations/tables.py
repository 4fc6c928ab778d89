"""Channel accounts, deliveries as they arrived, conversations and messages."""

from piccolo.columns import JSONB, UUID, BigInt, Bytea, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from crmcore.accounts.tables import Team, User
from crmcore.clock import utc_now, uuid7
from crmcore.contacts.tables import Contact
from crmcore.database.current import WORKSPACE_ENGINE


class ChannelAccountRow(Table, db=WORKSPACE_ENGINE, tablename="channel_account"):
    """A configured account of any channel or connection, as ``kind`` says. ``config`` has its secrets encrypted.

    ``policy`` says what a new message does: ``{"open_case": "contact", "window_days": 30}`` continues the
    contact's open conversation of this account; ``{"open_case": "never"}`` always opens a new one.
    ``state`` is active or paused; ``slug`` is the account's public address under ``/f/`` and ``/hooks/``.
    """

    id = UUID(primary_key=True, default=uuid7)
    plugin = Varchar(length=31)
    channel = Varchar(length=60)
    kind = Varchar(length=10, default="channel")
    name = Varchar(length=120)
    slug = Varchar(length=64, unique=True)
    config = JSONB(default="{}")
    policy = JSONB(default="{}")
    state = Varchar(length=10, default="active")
    state_reason = Varchar(length=500, default="")
    version = Integer(default=1)
    created_at = Timestamptz(default=utc_now)
    updated_at = Timestamptz(default=utc_now)


class InboundDelivery(Table, db=WORKSPACE_ENGINE, tablename="inbound_delivery"):
    """A delivery as it arrived, its body encrypted and without card numbers. Unique (account, delivery_key).

    ``state``: received → done | dropped | held | quarantined; ``error`` says why it is not done.
    """

    id = UUID(primary_key=True, default=uuid7)
    account = ForeignKey(references=ChannelAccountRow, on_delete=OnDelete.cascade)
    delivery_key = Varchar(length=255)
    body = Bytea()
    headers = JSONB(default="{}")
    url = Varchar(length=2000, default="")
    answer_status = Integer(default=202)
    state = Varchar(length=12, default="received", index=True)
    error = Text(default="")
    conversation_id = UUID(null=True, default=None)
    attempts = Integer(default=0)
    received_at = Timestamptz(default=utc_now, index=True)
    processed_at = Timestamptz(null=True, default=None)


class FormSending(Table, db=WORKSPACE_ENGINE, tablename="form_sending"):
    """That a public form was sent from an address, or a network that one sender can change freely.

    ``subject`` is the account and the address.
    """

    id = UUID(primary_key=True, default=uuid7)
    subject = Varchar(length=120, index=True)
    at = Timestamptz(default=utc_now, index=True)


class Counter(Table, db=WORKSPACE_ENGINE, tablename="counter"):
    """Numbers without gaps: taken by an UPDATE in the transaction that uses the number."""

    name = Varchar(length=40, primary_key=True)
    value = BigInt(default=0)


class Conversation(Table, db=WORKSPACE_ENGINE, tablename="conversation"):
    """A conversation with a contact through one channel account.

    ``status`` is open, waiting, snoozed or closed; ``priority`` low, normal, high or urgent. The times are kept
    when messages are written: ``waiting_since`` is set while the customer waits for an answer. ``settled_at`` is when
    it was closed last: what was there then waits no more. ``next_due_at`` is that of the first of its open tasks.
    ``preview`` is the beginning of the last message; ``search_text`` is case-folded.
    """

    id = UUID(primary_key=True, default=uuid7)
    number = BigInt(unique=True)
    subject = Varchar(length=300, default="")
    status = Varchar(length=10, default="open")
    priority = Varchar(length=10, default="normal")
    contact = ForeignKey(references=Contact, null=True, default=None, on_delete=OnDelete.set_null)
    account = ForeignKey(references=ChannelAccountRow, null=True, default=None, on_delete=OnDelete.set_null)
    assignee = ForeignKey(references=User, null=True, default=None, on_delete=OnDelete.set_null)
    team = ForeignKey(references=Team, null=True, default=None, on_delete=OnDelete.set_null)
    thread_key = Varchar(length=255, default="", index=True)
    preview = Varchar(length=200, default="")
    search_text = Text(default="")
    message_count = Integer(default=0)
    snoozed_until = Timestamptz(null=True, default=None, index=True)
    waiting_since = Timestamptz(null=True, default=None)
    first_response_at = Timestamptz(null=True, default=None)
    settled_at = Timestamptz(null=True, default=None)
    next_due_at = Timestamptz(null=True, default=None)
    last_inbound_at = Timestamptz(null=True, default=None)
    last_outbound_at = Timestamptz(null=True, default=None)
    last_activity_at = Timestamptz(default=utc_now)
    closed_at = Timestamptz(null=True, default=None)
    custom = JSONB(default="{}")
    version = Integer(default=1)
    created_at = Timestamptz(default=utc_now, index=True)
    updated_at = Timestamptz(default=utc_now)


class Message(Table, db=WORKSPACE_ENGINE, tablename="message"):
    """A message, note or event line of a conversation. Unique (account, external_id): replay-safe by constraint.

    ``kind`` is inbound, reply, note or event. A reply's ``delivery`` is queued, sent, stored, delivered, failed or
    held, with ``delivery_error`` in words. ``thread_reason`` says why the message is in this conversation,
    or why what an event tells of was done.
    ``said`` is what these, and the text of an event, were made of: readers get them in their language. ``html`` is
    what is left of a message in HTML after it was cleaned; ``attachments`` describe its files.
    """

    id = UUID(primary_key=True, default=uuid7)
    conversation = ForeignKey(references=Conversation, on_delete=OnDelete.cascade)
    kind = Varchar(length=10)
    account = ForeignKey(references=ChannelAccountRow, null=True, default=None, on_delete=OnDelete.set_null)
    external_id = Varchar(length=255, null=True, default=None)
    author_kind = Varchar(length=20, default="system")
    author_id = Varchar(length=64, default="")
    author_name = Varchar(length=200, default="")
    text = Text(default="")
    html = Text(default="")
    attachments = JSONB(default="[]")
    thread_reason = Varchar(length=300, default="")
    said = JSONB(default="{}")
    delivery = Varchar(length=10, default="")
    delivery_error = Varchar(length=500, default="")
    delivery_attempts = Integer(default=0)
    sent_at = Timestamptz(null=True, default=None)
    version = Integer(default=1)
    created_at = Timestamptz(default=utc_now)
    updated_at = Timestamptz(default=utc_now)


class Mention(Table, db=WORKSPACE_ENGINE, tablename="mention"):
    """That a user was mentioned in notes of a conversation. Unique (user, conversation).

    ``message`` is the last of the notes.
    """

    id = UUID(primary_key=True, default=uuid7)
    user = ForeignKey(references=User, on_delete=OnDelete.cascade)
    conversation = ForeignKey(references=Conversation, on_delete=OnDelete.cascade, index=True)
    message = UUID()
    created_at = Timestamptz(default=utc_now)


class MessageDraft(Table, db=WORKSPACE_ENGINE, tablename="message_draft"):
    """What a user has begun to write and not sent: ``kind`` is reply or note. Unique (user, conversation, kind).

    ``attachments`` are the ids of files that are to go with it, as a JSON list.
    """

    id = UUID(primary_key=True, default=uuid7)
    user = ForeignKey(references=User, on_delete=OnDelete.cascade)
    conversation = ForeignKey(references=Conversation, on_delete=OnDelete.cascade, index=True)
    kind = Varchar(length=10, default="reply")
    text = Text(default="")
    attachments = Text(default="[]")
    updated_at = Timestamptz(default=utc_now)
