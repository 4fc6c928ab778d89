"""Messages on their way in and out."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct, field


class Identity(Struct, frozen=True, kw_only=True):
    """One way to reach a person: ``kind`` is ``email``, ``phone``, ``handle`` or a kind a channel owns."""

    kind: str
    value: str


class TaskRequest(Struct, frozen=True, kw_only=True):
    """A task that should be made together with an incoming message, due ``due_in_s`` seconds from then."""

    title: str
    due_in_s: int = 86_400


class Attachment(Struct, frozen=True, kw_only=True):
    """A file that came with a message: its ``content``, or the id of an upload that was made before.

    ``media_type`` is what the sender says; the name is cleaned and the content checked before anything is kept.
    """

    name: str
    content: bytes = b""
    media_type: str = ""
    file_id: UUID | None = None


class OutboundAttachment(Struct, frozen=True, kw_only=True):
    """A file that goes out with a reply; ``plugin.files.read(id)`` has its bytes, ``size`` of them."""

    id: UUID
    name: str
    media_type: str
    size: int


class InboundMessage(Struct, frozen=True, kw_only=True):
    """A message as a channel understood it.

    ``external_id`` is the vendor's id, unique per channel account; ``thread_key`` groups messages into one
    conversation when the vendor knows the thread. ``contact`` holds base fields for a contact that has to be
    made (``first_name`` …), ``contact_custom`` and ``conversation_custom`` custom values. All three pass the
    gate: a refused value becomes a note in the conversation, never a lost message.
    ``trapped`` is set by a channel whose own trap says that a machine wrote this. ``details`` are JSON values that
    the channel's plugin wants back: the event ``message_received`` carries them. ``html`` is the message as it was
    sent, at most 512 kB of it are cleaned and shown; without a ``text`` its text is taken from there.
    ``attachments`` are at most 20 files; one that is refused becomes a note in the conversation.
    """

    external_id: str
    text: str
    identities: tuple[Identity, ...] = ()
    name: str = ""
    subject: str = ""
    thread_key: str = ""
    sent_at: datetime | None = None
    contact: dict[str, Any] = field(default_factory=dict)
    contact_custom: dict[str, Any] = field(default_factory=dict)
    conversation_custom: dict[str, Any] = field(default_factory=dict)
    task: TaskRequest | None = None
    trapped: bool = False
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)


class OutboundMessage(Struct, frozen=True, kw_only=True):
    """A reply on its way to a customer. ``id`` is stable over retries: vendors get it as the idempotency key."""

    id: UUID
    conversation_id: UUID
    conversation_number: int
    contact_id: UUID | None
    to: tuple[Identity, ...]
    text: str
    subject: str = ""
    thread_key: str = ""
    author: str = ""
    attachments: tuple[OutboundAttachment, ...] = ()


class Verdict(Struct, frozen=True, kw_only=True):
    """What a filter does with a message: let ``message`` pass (changed or not), or ``drop`` or ``hold`` it.

    ``reason`` is stored and shown beside what was dropped or held.
    """

    action: Literal["pass", "drop", "hold"] = "pass"
    message: InboundMessage | OutboundMessage | None = None
    reason: str = ""


class ContactMatch(Struct, frozen=True, kw_only=True):
    """The answer of ``resolve_contact``: which contact wrote, and the reason that is stored with it."""

    contact_id: UUID
    reason: str
