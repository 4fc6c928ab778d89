"""Conversations and messages as pages show them."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from msgspec import Struct

from crmcore.contracts.labels import Label, text_of
from crmcore.contracts.records import Record
from crmcore.web.formats import Formats
from crmcore.web.message_html import MessageHtml, message_html
from crmcore.web.texts import N_, Texts

if TYPE_CHECKING:
    from crmcore.web.visit import Visit

STATUS = {
    "open": (N_("Open"), "accent"),
    "waiting": (N_("Waiting"), "warn"),
    "snoozed": (N_("Snoozed"), "violet"),
    "closed": (N_("Closed"), "neutral"),
}
PRIORITY = {
    "low": (N_("Low"), "neutral"),
    "normal": (N_("Normal"), "neutral"),
    "high": (N_("High"), "warn"),
    "urgent": (N_("Urgent"), "bad"),
}
DELIVERY = {
    "queued": N_("Sending…"),
    "sent": N_("Sent"),
    "stored": N_("Stored, not sent: no reply address"),
    "delivered": N_("Delivered"),
    "failed": N_("Not sent"),
    "held": N_("Held back"),
}
# Nobody should wait longer than half a working day without somebody noticing.
LONG_WAIT_S, TOO_LONG_WAIT_S = 4 * 3600, 24 * 3600


class ConversationView(Struct, frozen=True, kw_only=True):
    """A conversation in words of the visitor's language. ``title`` is the subject, or who it is with."""

    id: UUID
    version: int
    number: int
    subject: str
    title: str
    name: str
    contact_id: str
    icon: str
    channel: str
    account_id: str
    account_name: str
    status: str
    status_label: str
    status_tone: str
    priority: str
    priority_label: str
    priority_tone: str
    assignee_id: str
    assignee_name: str
    preview: str
    tags: list[str]
    at: datetime
    waiting: str
    waiting_tone: str
    snoozed_until: datetime | None
    next_due: str
    next_due_tone: str
    custom: dict[str, Any]
    team_id: str = ""
    team_name: str = ""
    draft: bool = False


def conversation_view(visit: "Visit", record: Record, *, draft: bool = False) -> ConversationView:
    """Return ``record`` as the inbox shows it; ``draft`` says that the visitor has begun to write there."""
    document = record.document
    texts, formats = visit.texts, visit.formats
    account: dict[str, Any] = document.get("account") or {}
    contact: dict[str, Any] = document.get("contact") or {}
    assignee: dict[str, Any] = document.get("assignee") or {}
    team: dict[str, Any] = document.get("team") or {}
    registered = visit.crm.host.registry.channels.get(account.get("channel") or "")
    status, status_tone = STATUS.get(document["status"], (document["status"], "neutral"))
    priority, priority_tone = PRIORITY.get(document["priority"], (document["priority"], "neutral"))
    waiting, waiting_tone = _waiting(document, formats)
    name = contact.get("name") or texts.gettext("Unknown sender")
    return ConversationView(
        id=record.id,
        version=record.version,
        number=document["number"],
        subject=document["subject"],
        title=document["subject"] or texts.gettext("Conversation with {name}", name=name),
        name=name,
        contact_id=str(contact.get("id") or ""),
        icon=registered.item.icon if registered else "message-square",
        channel=visit.say(registered.item.label) if registered else str(account.get("channel") or ""),
        account_id=str(account.get("id") or ""),
        account_name=account.get("name") or "",
        status=document["status"],
        status_label=texts.gettext(status),
        status_tone=status_tone,
        priority=document["priority"],
        priority_label="" if document["priority"] == "normal" else texts.gettext(priority),
        priority_tone=priority_tone,
        assignee_id=str(assignee.get("id") or ""),
        assignee_name=assignee.get("name") or "",
        preview=document["preview"] or "",
        tags=list(document.get("tags") or ()),
        at=document["last_activity_at"],
        waiting=waiting,
        waiting_tone=waiting_tone,
        snoozed_until=document["snoozed_until"] if document["status"] == "snoozed" else None,
        next_due=formats.short(due) if (due := document.get("next_due_at")) else "",
        next_due_tone="bad" if due and due < formats.now else "",
        custom=document.get("custom") or {},
        team_id=str(team.get("id") or ""),
        team_name=team.get("name") or "",
        draft=draft,
    )


def _waiting(document: dict[str, Any], formats: Formats) -> tuple[str, str]:
    since = document["waiting_since"]
    if since is None or document["status"] == "closed":
        return "", ""
    seconds = (formats.now - since).total_seconds()
    tone = "bad" if seconds > TOO_LONG_WAIT_S else "warn" if seconds > LONG_WAIT_S else ""
    return formats.span(seconds), tone


class MessageView(Struct, frozen=True, kw_only=True):
    """A message of the thread. ``day`` is set on the first message of a day, ``continues`` when the one before
    is by the same author. ``reason`` says why it is here, or why it was done when nobody in person did it."""

    id: UUID
    kind: str
    author: str
    text: str
    at: datetime
    day: str
    continues: bool
    delivery: str
    delivery_label: str
    delivery_error: str
    reason: str = ""
    by: str = ""
    html: MessageHtml | None = None
    attachments: tuple[dict[str, Any], ...] = ()


def message_views(
    records: Iterable[Record], texts: Texts, formats: Formats, *, images: str = ""
) -> list[MessageView]:
    """Return messages, oldest first, as the thread shows them; ``images`` is the id of the one with its pictures."""
    views: list[MessageView] = []
    last_day, last_author = None, None
    for record in records:
        document = record.document
        at: datetime = document["created_at"]
        day = formats.local(at).date()
        author: dict[str, Any] = document["author"]
        who = (document["kind"], author.get("kind"), author.get("id"), author.get("name"))
        delivery = document["delivery"] if document["kind"] == "reply" else ""
        views.append(
            MessageView(
                id=record.id,
                kind=document["kind"],
                author=author.get("name") or texts.gettext("Unknown sender"),
                text=document["text"],
                at=at,
                day=formats.day(at) if day != last_day else "",
                continues=day == last_day and who == last_author and document["kind"] != "event",
                delivery=delivery,
                delivery_label=texts.gettext(DELIVERY[delivery]) if delivery in DELIVERY else "",
                delivery_error=_error(document["delivery_error"], texts),
                reason=document.get("thread_reason") or "",
                by=_by(author) if document["kind"] == "event" else "",
                html=message_html(
                    document.get("html", ""), document["text"], images=images == str(record.id)
                ),
                attachments=tuple(document.get("attachments") or ()),
            )
        )
        last_day, last_author = day, who
    return views


def _by(author: dict[str, Any]) -> str:
    """Return who did what an event line tells of; nobody for what happens by itself."""
    return str(author.get("name") or "") if author.get("kind") in ("user", "token", "plugin") else ""


def _error(error: Label | None, texts: Texts) -> str:
    return text_of(error, texts.language) if error else ""
