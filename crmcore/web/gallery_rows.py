"""Made-up rows of the gallery: conversations, messages and tasks in every state that a list or a thread shows."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct

from crmcore.web.conversations_view import ConversationView
from crmcore.web.tasks_view import TaskView
from crmcore.web.visit import Visit


class Bubble(Struct, frozen=True, kw_only=True):
    """A message; ``state`` is that of its delivery, ``told`` what stands under it."""

    kind: str
    author: str
    text: str
    at: datetime
    state: str = ""
    told: str = ""


def conversations(visit: Visit) -> list[ConversationView]:
    """Return rows: open and waiting, chosen, urgent with a task, snoozed, closed, a draft."""
    now = visit.formats.now
    row: dict[str, Any] = {
        "version": 1,
        "subject": "Grinder arrived with a cracked hopper",
        "title": "Grinder arrived with a cracked hopper",
        "contact_id": "",
        "icon": "mail",
        "channel": "E-mail",
        "account_id": "",
        "account_name": "Shop help desk",
        "status": "open",
        "status_label": "Open",
        "status_tone": "ok",
        "priority": "normal",
        "priority_label": "",
        "priority_tone": "neutral",
        "assignee_id": "",
        "assignee_name": "",
        "preview": "The box looks fine but the hopper is cracked along the seam.",
        "tags": ["VIP", "Return"],
        "at": now,
        "waiting": "",
        "waiting_tone": "neutral",
        "snoozed_until": None,
        "next_due": "",
        "next_due_tone": "neutral",
        "custom": {},
    }
    states: list[tuple[str, dict[str, Any]]] = [
        ("Anna Sokolova", {"waiting": "12 min", "waiting_tone": "warn"}),
        (
            "Игорь Литвинов",
            {"subject": "Оптовая поставка, 120 кг в месяц", "title": "Оптовая поставка", "tags": []},
        ),
        (
            "Daniel Brandt",
            {"priority_label": "Urgent", "priority_tone": "bad", "next_due": "Today", "next_due_tone": "bad"},
        ),
        (
            "Priya Nair",
            {"snoozed_until": now + timedelta(hours=4), "icon": "message-circle", "channel": "Chat"},
        ),
        ("Marta Kowalska", {"draft": True, "subject": "", "tags": []}),
    ]
    return [
        ConversationView(id=UUID(int=number), number=number, name=name, **row | more)
        for number, (name, more) in enumerate(states, 1)
    ]


def bubbles(visit: Visit) -> list[Bubble]:
    """Return messages: in, out, note, event, pending, failed."""
    now = visit.formats.now
    return [
        Bubble(kind="inbound", author="Anna Sokolova", text="The hopper is cracked along the seam.", at=now),
        Bubble(
            kind="reply", author="Lena", text="A new one is on its way.", at=now, state="sent", told="Sent"
        ),
        Bubble(kind="note", author="Maxim", text="Four hoppers are in stock. @Lena", at=now),
        Bubble(kind="event", author="", text="Assigned to Lena", at=now),
        Bubble(
            kind="reply",
            author="Lena",
            text="Is the address right?",
            at=now,
            state="queued",
            told="Is being sent",
        ),
        Bubble(
            kind="reply",
            author="Lena",
            text="Are you there?",
            at=now,
            state="failed",
            told="Not sent: the mailbox is full",
        ),
    ]


def tasks(visit: Visit) -> list[TaskView]:
    """Return tasks: due, overdue, done, repeating."""
    row: dict[str, Any] = {"version": 1, "notes": "", "due_at": None, "assignee": "Lena", "about": ()}
    states: list[dict[str, Any]] = [
        {"title": "Call back before noon", "done": False, "due": "Today 12:00", "due_tone": "warn"},
        {"title": "Check the delivery", "done": False, "due": "2 days ago", "due_tone": "bad"},
        {"title": "Send the invoice", "done": True, "due": "", "due_tone": "neutral"},
        {
            "title": "Count the stock",
            "done": False,
            "due": "Monday",
            "due_tone": "neutral",
            "repeats": "every week",
            "remind": "an hour before",
        },
    ]
    return [TaskView(id=UUID(int=number), **row | more) for number, more in enumerate(states, 1)]
