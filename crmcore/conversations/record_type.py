"""Conversations and messages as record types."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from crmcore.clock import Clock
from crmcore.contacts.tables import Contact
from crmcore.contracts.actors import Actor
from crmcore.contracts.elsewhere import KeptElsewhere
from crmcore.contracts.fields import JsonSchema
from crmcore.contracts.labels import Label
from crmcore.contracts.records import Draft, RecordType, RowLink
from crmcore.contracts.search import FoundThrough, SearchParts
from crmcore.conversations.event_lines import event_lines
from crmcore.conversations.messages import new_message, remember_in
from crmcore.conversations.numbers import next_number
from crmcore.conversations.tables import Conversation, Mention, Message
from crmcore.conversations.told import said, told
from crmcore.records.properties import NAMED_RECORD, choice, kept, moment, named, reference, text

STATUSES = ("open", "waiting", "snoozed", "closed")
PRIORITIES = ("low", "normal", "high", "urgent")

_WHEN: Label = {
    "en": "Say until when the conversation sleeps, in the future.",
    "ru": "Укажите, до какого времени отложить, — в будущем.",
}

MENTIONED = KeptElsewhere(
    table=Mention, owner="conversation", kind="", compared="user", part_of="user", normal=UUID, part=str
)
"""The filter by who was mentioned in a note."""

CONVERSATION_PROPERTIES: dict[str, JsonSchema] = {
    "number": kept("Number", "Номер", {"type": "integer"}),
    "subject": text("Subject", "Тема", limit=300),
    "status": choice("Status", "Состояние", *STATUSES),
    "priority": choice("Priority", "Приоритет", *PRIORITIES),
    "contact": kept("Contact", "Контакт", NAMED_RECORD),
    "contact_id": reference("Contact", "Контакт", "contact"),
    "account": kept("Channel account", "Канал", NAMED_RECORD),
    "account_id": {**reference("Channel account", "Канал", "channel_account"), "readOnly": True},
    "assignee": kept("Assignee", "Ответственный", NAMED_RECORD),
    "assignee_id": reference("Assignee", "Ответственный", "user"),
    "team": kept("Team", "Команда", NAMED_RECORD),
    "team_id": reference("Team", "Команда", "team"),
    "snoozed_until": moment("Snoozed until", "Отложено до"),
    "preview": kept("Preview", "Начало", {"type": "string"}),
    "message_count": kept("Messages", "Сообщений", {"type": "integer"}),
    "waiting_since": moment("Waiting since", "Ждёт с", read_only=True),
    "first_response_at": moment("First answer", "Первый ответ", read_only=True),
    "next_due_at": moment("Next due", "Ближайший срок", read_only=True),
    "last_inbound_at": moment("Last message in", "Последнее входящее", read_only=True),
    "last_outbound_at": moment("Last answer", "Последний ответ", read_only=True),
    "last_activity_at": moment("Last activity", "Последнее событие", read_only=True),
    "closed_at": moment("Closed", "Закрыто", read_only=True),
}


class ConversationType(RecordType, frozen=True, kw_only=True):
    """A conversation; its status decides which of its times are set.

    What people change stands as event lines among its messages, in the workspace's ``language``.
    """

    clock: Clock
    soon: Callable[..., Awaitable[None]]
    language: str = "en"

    def title(self, document: Mapping[str, Any]) -> str:
        """Return the number and the subject."""
        return f"#{document['number']} {document['subject']}".strip()

    def search_text(self, draft: Draft) -> str:
        """Return the number, the subject, and the contact's names and contact points."""
        person = draft.notes.get("contact")
        if person is None:
            person = {name.removeprefix("contact."): value for name, value in (draft.before or {}).items()}
        return f"#{draft.now('number') or ''} {draft.now('subject') or ''} {_words_of(person)}".strip()

    def search_parts(self, document: Mapping[str, Any]) -> SearchParts:
        """Return the number and the subject; messages have entries of their own."""
        return SearchParts(titles=(document["subject"],), numbers=(document["number"],))

    async def prepare(self, draft: Draft) -> None:
        """Keep ``closed_at`` and ``snoozed_until`` in step with the status; number a new conversation."""
        now = self.clock()
        if "contact" in draft.values and draft.values["contact"] != (draft.before or {}).get("contact"):
            draft.notes["contact"] = await _person(draft.values["contact"])
        if draft.action == "create":
            # Last of all checks that may refuse, because the counter stays locked until the end.
            draft.values.setdefault("last_activity_at", now)
            draft.values["number"] = await next_number()
        until = draft.values.get("snoozed_until")
        if isinstance(until, datetime) and until > now and "status" not in draft.values:
            draft.values["status"] = "snoozed"
        status = draft.now("status") or "open"
        if status == "snoozed":
            until = draft.now("snoozed_until")
            if ("status" in draft.values or "snoozed_until" in draft.values) and (
                until is None or until <= now
            ):
                draft.problem("/snoozed_until", "not_in_the_future", _WHEN)
        elif "status" in draft.values or "snoozed_until" in draft.values:
            draft.values["snoozed_until"] = None
        if "status" in draft.values:
            was = (draft.before or {}).get("status")
            if status == "closed" and was != "closed":
                draft.values["closed_at"] = draft.values["settled_at"] = now
                draft.values["waiting_since"] = None
            elif status != "closed":
                draft.values["closed_at"] = None

    async def store(self, draft: Draft) -> None:
        """Write event lines for what was changed, with the reason that was given; say until when it rests."""
        if draft.now("status") == "snoozed" and draft.action != "delete":
            await self.soon(draft.now("snoozed_until"))
        if draft.action != "update":
            return
        lines = await event_lines(draft, self.language)
        if lines:
            now = self.clock()
            await Message.insert(
                *[
                    new_message(
                        draft.id,
                        "event",
                        line,
                        actor=draft.actor,
                        at=now,
                        thread_reason=draft.reason[:300],
                        said=said(text=line, thread_reason=draft.reason),
                    )
                    for line in lines
                ]
            )

    async def put_back(self, id: UUID, changes: Mapping[str, list[Any]]) -> None:
        """Let the customer wait again, since when he did: that a conversation was closed settled it."""
        since = (changes.get("waiting_since") or [None])[0]
        if changes.get("status", [None, None])[1] == "closed" and since:
            moment = since if isinstance(since, datetime) else datetime.fromisoformat(since)
            await remember_in(id, {"waiting_since": moment, "settled_at": None})

    def document(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the conversation with the names of what it refers to."""
        document = super().document(row)
        names = (row.get("contact.first_name"), row.get("contact.last_name"))
        name = " ".join(part for part in names if part)
        document["contact"] = named(row["contact"], name or _first_point(row) or "–")
        document["account"] = named(
            row["account"], row.get("account.name") or "", channel=row.get("account.channel")
        )
        document["assignee"] = named(row["assignee"], row.get("assignee.name") or "")
        document["team"] = named(row["team"], row.get("team.name") or "")
        return document


async def _person(id: UUID | None) -> dict[str, Any]:
    if id is None:
        return {}
    rows = await Contact.select(Contact.first_name, Contact.last_name, Contact.points).where(Contact.id == id)
    return rows[0] if rows else {}


def _words_of(person: Mapping[str, Any]) -> str:
    """Return the names and contact points in a contact's columns."""
    points = person.get("points") or []
    if isinstance(points, str | bytes):
        points = msgspec.json.decode(points)
    words = [person.get("first_name"), person.get("last_name")]
    words += [part for point in points for part in {point["raw"], point["normalized"]}]
    return " ".join(word for word in words if word)[:4000]


def _first_point(row: Mapping[str, Any]) -> str:
    points = row.get("contact.points") or []
    if isinstance(points, str | bytes):
        points = msgspec.json.decode(points)
    return str(points[0]["raw"]) if points else ""


MESSAGE_PROPERTIES: dict[str, JsonSchema] = {
    "conversation_id": {**reference("Conversation", "Обращение", "conversation"), "readOnly": True},
    "kind": kept("Kind", "Вид", {"type": "string", "enum": ["inbound", "reply", "note", "event"]}),
    "text": kept("Text", "Текст", {"type": "string"}),
    "html": kept("HTML, cleaned", "HTML, очищенный", {"type": "string"}),
    "attachments": kept("Files", "Файлы", {"type": "array", "items": {"type": "object"}}),
    "author": kept("Author", "Автор", {"type": "object"}),
    "external_id": kept("Id in the channel", "Номер в канале", {"type": ["string", "null"]}),
    "thread_reason": kept("Why it is here", "Почему здесь", {"type": "string"}),
    "delivery": kept("Delivery", "Доставка", {"type": "string"}),
    "delivery_error": kept("Delivery error", "Ошибка доставки", {"type": "string"}),
    "delivery_attempts": kept("Attempts", "Попыток", {"type": "integer"}),
    "sent_at": moment("Sent", "Отправлено", read_only=True),
}


class MessageType(RecordType, frozen=True, kw_only=True):
    """A message; written by receiving and answering, never edited."""

    def told(self, document: dict[str, Any], row: Mapping[str, Any], actor: Actor) -> None:
        """Say an event, and why the message is here or was not sent, in the reader's language and zone."""
        for name, made_of in (row.get("said") or {}).items():
            if document.get(name) and (text := told(made_of, actor.language, actor.time_zone)):
                document[name] = text

    def title(self, document: Mapping[str, Any]) -> str:
        """Return the beginning of the text."""
        return str(document["text"])[:80]

    def document(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the message with its author."""
        document = super().document(row)
        document["author"] = {"kind": row["author_kind"], "id": row["author_id"], "name": row["author_name"]}
        return document


def conversation_type(clock: Clock, language: str, soon: Callable[..., Awaitable[None]]) -> ConversationType:
    """Return the record type of conversations; ``language`` is that of the lines among the messages.

    ``soon`` is told until when one rests, in the open transaction.
    """
    return ConversationType(
        key="conversation",
        plural="conversations",
        label={"en": "Conversation", "ru": "Обращение"},
        label_plural={"en": "Conversations", "ru": "Обращения"},
        table=Conversation,
        properties=CONVERSATION_PROPERTIES,
        joined=(
            Conversation.contact.first_name,
            Conversation.contact.last_name,
            Conversation.contact.points,
            Conversation.account.name,
            Conversation.account.channel,
            Conversation.assignee.name,
            Conversation.team.name,
        ),
        list_columns=("number", "subject", "status", "contact", "assignee", "last_activity_at"),
        filters=(
            "number",
            "subject",
            "status",
            "priority",
            "contact_id",
            "account_id",
            "assignee_id",
            "team_id",
            "mentioned",
            "snoozed_until",
            "waiting_since",
            "first_response_at",
            "next_due_at",
            "last_inbound_at",
            "last_outbound_at",
            "last_activity_at",
            "closed_at",
            "created_at",
        ),
        sorts=(
            "created_at",
            "updated_at",
            "last_activity_at",
            "number",
            "waiting_since",
            "first_response_at",
            "next_due_at",
        ),
        elsewhere={"mentioned": MENTIONED},
        default_sort="-last_activity_at",
        custom_fields=True,
        tags=True,
        creatable=False,
        deletable=False,
        found_through=(
            FoundThrough(record_type="message"),
            FoundThrough(record_type="contact", column="contact"),
        ),
        owner="assignee",
        team="team",
        always_shown=("number", "status", "contact", "assignee", "team", "last_activity_at"),
        repeats={"preview": ("message.text",)},
        clock=clock,
        soon=soon,
        language=language,
    )


def message_type(within: RowLink) -> MessageType:
    """Return the record type of messages; they are seen and written ``within`` their conversations."""
    return MessageType(
        key="message",
        plural="messages",
        label={"en": "Message", "ru": "Сообщение"},
        label_plural={"en": "Messages", "ru": "Сообщения"},
        table=Message,
        properties=MESSAGE_PROPERTIES,
        filters=("conversation_id", "kind", "delivery", "created_at"),
        creatable=False,
        deletable=False,
        within=within,
        always_shown=("conversation_id", "kind", "author"),
    )
