"""Tasks as pages show them."""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from msgspec import Struct

from crmcore.contracts.records import Record
from crmcore.records.query import ListQuery

if TYPE_CHECKING:
    from crmcore.web.visit import Visit


class TaskView(Struct, frozen=True, kw_only=True):
    """A task in words of the visitor's language; ``due_tone`` is bad when its time is over."""

    id: UUID
    version: int
    title: str
    notes: str
    done: bool
    due: str
    due_tone: str
    due_at: datetime | None
    assignee: str
    about: tuple[tuple[str, str], ...]
    repeats: str = ""
    remind: str = ""
    hour: str = ""


def task_view(visit: "Visit", record: Record) -> TaskView:
    """Return ``record`` as a list shows it."""
    document: dict[str, Any] = record.document
    due_at: datetime | None = document["due_at"]
    formats = visit.formats
    done = document["status"] == "done"
    about = []
    if conversation := document.get("conversation"):
        anchor = f"#m{document['message_id']}" if document.get("message_id") else ""
        about.append((f"/inbox/{conversation['id']}{anchor}", conversation["name"]))
    if contact := document.get("contact"):
        about.append((f"/contacts/{contact['id']}", contact["name"]))
    overdue = due_at is not None and due_at < formats.now and not done
    today = due_at is not None and formats.local(due_at).date() == formats.now.date()
    return TaskView(
        id=record.id,
        version=record.version,
        title=document["title"],
        notes=document["notes"] or "",
        done=done,
        due=_due(visit, due_at) if due_at else "",
        due_tone="bad" if overdue else "warn" if today and not done else "",
        due_at=due_at,
        assignee=(document.get("assignee") or {}).get("name", ""),
        about=tuple(about),
        repeats=document.get("recurrence_text") or "",
        remind=_reminder(visit, document) if not done else "",
        hour=_hour(visit, due_at),
    )


def _due(visit: "Visit", at: datetime) -> str:
    local = visit.formats.local(at)
    day = visit.formats.day(at)
    # A task made for a day is due at that day's last minute: the hour says nothing then.
    return day if (local.hour, local.minute) == (23, 59) else f"{day}, {visit.formats.time(at)}"


def _hour(visit: "Visit", at: datetime | None) -> str:
    text = visit.formats.time(at) if at else ""
    return "" if text == "23:59" else text


def _reminder(visit: "Visit", document: dict[str, Any]) -> str:
    at: datetime | None = document.get("remind_at")
    return visit.formats.date_time(at) if at and at > visit.formats.now else ""


async def open_tasks(visit: "Visit", field: str, id: UUID) -> list[TaskView]:
    """Return the open tasks that refer to a record, the most urgent first."""
    filter = {
        "all": [
            {"field": "status", "op": "eq", "value": "open"},
            {"field": field, "op": "eq", "value": str(id)},
        ]
    }
    page = await visit.crm.records.list(
        "task", ListQuery(filter=filter, sort="due_at", limit=50), actor=visit.actor
    )
    return [task_view(visit, record) for record in page.items]
