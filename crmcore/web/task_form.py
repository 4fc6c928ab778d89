"""A task as its form shows it and sends it."""

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from msgspec import Struct

from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.contracts.records import Record
from crmcore.tasks.occurrences import upcoming, zone_or_utc
from crmcore.tasks.recurrence import BadRule, read_rule
from crmcore.tasks.spoken import spoken
from crmcore.web.form import Form
from crmcore.web.record_lookup import exactly, records_called, title_of
from crmcore.web.recurrence_picker import Picked, picked_from, picked_in, rule_of
from crmcore.web.texts import N_

if TYPE_CHECKING:
    from crmcore.web.visit import Visit

DAYS_END = time(23, 59)
MORNING = time(9)
REMINDERS = {
    "": N_("No reminder"),
    "0": N_("When it is due"),
    "10": N_("10 minutes before"),
    "30": N_("30 minutes before"),
    "60": N_("An hour before"),
    "d0": N_("On the day, at 9:00"),
    "d1": N_("The day before, at 9:00"),
    "d7": N_("A week before, at 9:00"),
}
KEEP = "keep"
# What has a field of its own, or is no thing that somebody has to do something about.
NOT_ABOUT = {"contact", "conversation", "message", "task", "tag"}

_NOT_A_DATE: Label = {"en": "This is not a date.", "ru": "Это не дата."}
_NEEDS_DUE: Label = {"en": "Say when the task is due.", "ru": "Укажите срок задачи."}
_NOT_FOUND: Label = {"en": "Nothing is called “{name}”.", "ru": "Ничего с названием «{name}» нет."}
_SEVERAL: Label = {
    "en": "Several are called “{name}”. Open the one you mean and add the task there.",
    "ru": "С названием «{name}» есть несколько. Откройте нужное и добавьте задачу там.",
}


class TaskFields(Struct, frozen=True, kw_only=True):
    """The fields as texts, as a form has them."""

    title: str = ""
    notes: str = ""
    due_on: str = ""
    due_time: str = ""
    remind: str = ""
    remind_at: str = ""
    assignee_id: str = ""
    contact: str = ""
    contact_id: str = ""
    conversation_id: str = ""
    message_id: str = ""
    about_type: str = ""
    about: str = ""
    about_id: str = ""
    picked: Picked = Picked()


class Preview(Struct, frozen=True, kw_only=True):
    """A rule in words with its next times; ``error`` says what is wrong instead."""

    words: str = ""
    times: tuple[datetime, ...] = ()
    error: str = ""


def fields_in(form: Form) -> TaskFields:
    """Return what a form sent."""
    names = [name for name in TaskFields.__struct_fields__ if name != "picked"]
    return TaskFields(**{name: form.get(name)[:20_000] for name in names}, picked=picked_in(form))


async def fields_of(visit: "Visit", record: Record) -> TaskFields:
    """Return the fields of a stored task."""
    document = record.document
    due, remind = document["due_at"], document["remind_at"]
    local = visit.formats.local(due) if due else None
    day_only = local is not None and (local.hour, local.minute) == (DAYS_END.hour, DAYS_END.minute)
    contact, conversation = document.get("contact"), document.get("conversation")
    kind, about = document.get("about_type") or "", document.get("about_id")
    return TaskFields(
        title=document["title"],
        notes=document.get("notes") or "",
        due_on=local.date().isoformat() if local else "",
        due_time=f"{local:%H:%M}" if local and not day_only else "",
        remind=_reminder_of(visit, remind, due),
        remind_at=remind.isoformat() if remind else "",
        assignee_id=str((document.get("assignee") or {}).get("id") or ""),
        contact=contact["name"] if contact else "",
        contact_id=str(contact["id"]) if contact else "",
        conversation_id=str(conversation["id"]) if conversation else "",
        message_id=str(document.get("message_id") or ""),
        about_type=kind,
        about=await title_of(visit, kind, str(about)) if about and kind in visit.crm.records.types else "",
        about_id=str(about or ""),
        picked=picked_from(document.get("recurrence") or "", local.date() if local else None),
    )


def due_of(visit: "Visit", fields: TaskFields) -> datetime | None:
    """Return when the task is due, by the visitor's clock; raises ValueError for what is no date."""
    if not fields.due_on:
        return None
    day = date.fromisoformat(fields.due_on)
    at = time.fromisoformat(fields.due_time) if fields.due_time else DAYS_END
    return datetime.combine(day, at.replace(tzinfo=None), tzinfo=visit.formats.zone)


async def document_of(visit: "Visit", fields: TaskFields) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the document to write, and what is wrong by field."""
    errors: dict[str, str] = {}
    document: dict[str, Any] = {
        "title": fields.title,
        "notes": fields.notes,
        "assignee_id": fields.assignee_id or None,
        "conversation_id": fields.conversation_id or None,
        "message_id": fields.message_id or None,
    }
    due: datetime | None = None
    try:
        due = due_of(visit, fields)
    except ValueError:
        errors["due_on"] = visit.say(_NOT_A_DATE)
    document["due_at"] = due.isoformat() if due else None
    if fields.remind and due is None and fields.remind != KEEP and "due_on" not in errors:
        errors["due_on"] = visit.say(_NEEDS_DUE)
    document["remind_at"] = _reminder(fields, due)
    try:
        document["recurrence"] = rule_of(fields.picked, due.date() if due else None)
    except BadRule as bad:
        problem = Problem(path="", code=bad.code, message=bad.label, params=bad.params)
        errors["recurrence"] = problem.sentence(visit.language)
    if document.get("recurrence"):
        document["recurrence_zone"] = visit.actor.time_zone or "UTC"
    document["contact_id"] = await _found(visit, "contact", fields.contact, fields.contact_id, errors)
    kind = fields.about_type if fields.about_type in visit.crm.records.types else ""
    id = await _found(visit, kind, fields.about, fields.about_id, errors, "about") if kind else None
    document |= {"about_type": kind if id else "", "about_id": id}
    return document, errors


def preview_of(visit: "Visit", fields: TaskFields, many: int = 5) -> Preview:
    """Return what the picked rule means in words, and its next times."""
    try:
        due = due_of(visit, fields)
        text = rule_of(fields.picked, due.date() if due else None)
    except BadRule as bad:
        problem = Problem(path="", code=bad.code, message=bad.label, params=bad.params)
        return Preview(error=problem.sentence(visit.language))
    except ValueError:
        return Preview(error=visit.say(_NOT_A_DATE))
    if not text:
        return Preview()
    rule, start = read_rule(text), visit.formats.local(due) if due else visit.formats.now
    words = spoken(rule, start.date(), visit.language)
    if due is None:
        return Preview(words=words, error=visit.say(_NEEDS_DUE))
    zone = zone_or_utc(visit.actor.time_zone)
    return Preview(words=words, times=tuple(upcoming(rule, due, zone, due, many)))


def reminder_choices(visit: "Visit", fields: TaskFields) -> list[tuple[str, str]]:
    """Return the choices of when to be reminded; one that is none of them is kept with its time."""
    choices = [(value, visit.texts.gettext(label)) for value, label in REMINDERS.items()]
    if fields.remind == KEEP and fields.remind_at:
        choices.append((KEEP, visit.formats.date_time(datetime.fromisoformat(fields.remind_at))))
    return choices


def about_choices(visit: "Visit") -> list[tuple[str, str]]:
    """Return the record types, plugins' too, that a task may be about beside contact and conversation."""
    return [
        (key, visit.say(kind.label))
        for key, kind in visit.crm.records.types.items()
        if key not in NOT_ABOUT and visit.actor.may(f"{key}.read")
    ]


def _reminder(fields: TaskFields, due: datetime | None) -> str | None:
    if fields.remind == KEEP:
        return fields.remind_at or None
    moment = _moment(fields.remind, due)
    return moment.isoformat() if moment else None


def _moment(choice: str, due: datetime | None) -> datetime | None:
    if due is None or choice not in REMINDERS or not choice:
        return None
    if choice.startswith("d"):
        day = due.date() - timedelta(days=int(choice[1:]))
        return datetime.combine(day, MORNING, tzinfo=due.tzinfo)
    return due - timedelta(minutes=int(choice))


def _reminder_of(visit: "Visit", remind: datetime | None, due: datetime | None) -> str:
    if remind is None:
        return ""
    local = visit.formats.local(due) if due else None
    return next((choice for choice in REMINDERS if _moment(choice, local) == remind), KEEP)


async def _found(
    visit: "Visit", kind: str, name: str, id: str, errors: dict[str, str], field: str = ""
) -> str | None:
    """Return the id of what is called ``name``; ``id`` is what the form held, kept if still called so."""
    if not name:
        return None
    if id and await title_of(visit, kind, id) == name:
        return id
    found = exactly(await records_called(visit, kind, name), name)
    if len(found) == 1:
        return str(UUID(found[0][0]))
    errors[field or kind] = visit.say(_SEVERAL if found else _NOT_FOUND, name=name[:80])
    return None
