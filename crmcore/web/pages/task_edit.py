"""One task: made, read, changed, deleted; with a preview of how it repeats."""

from typing import Any
from uuid import UUID

import msgspec
from litestar.response.base import ASGIResponse

from crmcore.errors import Conflict, CrmError, Invalid
from crmcore.web.form import Form
from crmcore.web.people import active_people
from crmcore.web.record_lookup import title_of
from crmcore.web.route import Route
from crmcore.web.task_form import (
    TaskFields,
    about_choices,
    document_of,
    fields_in,
    fields_of,
    preview_of,
    reminder_choices,
)
from crmcore.web.texts import N_
from crmcore.web.visit import Visit, local_path

REPEATS = {
    "": N_("Does not repeat"),
    "daily": N_("By days"),
    "workdays": N_("Every weekday, Monday to Friday"),
    "weekly": N_("By weeks"),
    "monthly": N_("By months"),
    "yearly": N_("By years"),
}
CHANGED: dict[str, str] = {
    "en": "Somebody has changed this task meanwhile. Below is what you typed; save once more to keep it.",
    "ru": "Задачу тем временем изменили. Ниже то, что ввели вы; сохраните ещё раз, чтобы оставить это.",
}


async def new(visit: Visit) -> ASGIResponse:
    """Show an empty form; from a message, its words are the title."""
    query = visit.query
    fields = TaskFields(assignee_id=visit.actor.id, due_on=query.get("on", "")[:10])
    if query.get("conversation"):
        fields = msgspec.structs.replace(fields, conversation_id=query["conversation"][:40])
    if query.get("contact") and visit.actor.may("contact.read"):
        name = await title_of(visit, "contact", query["contact"])
        fields = msgspec.structs.replace(fields, contact_id=query["contact"], contact=name)
    kind, id = query.get("about_type", ""), query.get("about_id", "")
    if id and kind in dict(about_choices(visit)):
        about = await title_of(visit, kind, id)
        fields = msgspec.structs.replace(fields, about_type=kind, about_id=id, about=about)
    if query.get("message"):
        fields = await _from_message(visit, query["message"], fields)
    return await _form(visit, fields)


async def add(visit: Visit) -> ASGIResponse:
    """Make the task."""
    form = await visit.form()
    fields = fields_in(form)
    if form.get("preview"):
        return await _form(visit, fields)
    document, errors = await document_of(visit, fields)
    if not errors:
        try:
            await visit.crm.records.create("task", document, actor=visit.actor)
        except Invalid as error:
            errors = _errors(visit, error)
        else:
            return visit.redirect(local_path(form.get("back") or "/tasks"), done="task_added")
    return await _form(visit, fields, errors=errors)


async def show(visit: Visit) -> ASGIResponse:
    """Show one task in its form."""
    record = await visit.crm.records.get("task", _id(visit), actor=visit.actor)
    return await _form(visit, await fields_of(visit, record), record=record)


async def save(visit: Visit) -> ASGIResponse:
    """Change the task to what the form says."""
    form = await visit.form()
    fields = fields_in(form)
    record = await visit.crm.records.get("task", _id(visit), actor=visit.actor)
    if form.get("preview"):
        return await _form(visit, fields, record=record)
    document, errors = await document_of(visit, fields)
    refused = ""
    if not errors:
        try:
            await visit.crm.records.update(
                "task",
                record.id,
                _changes(document, record.document),
                actor=visit.actor,
                version=form.number("version"),
            )
        except Invalid as error:
            errors = _errors(visit, error)
        except Conflict:
            refused = visit.say(CHANGED)
        else:
            return visit.redirect(local_path(form.get("back") or "/tasks"), done="saved")
    return await _form(
        visit, fields, record=record, errors=errors, refused=refused, status=409 if refused else 422
    )


async def delete(visit: Visit) -> ASGIResponse:
    """Delete the task; one that repeats does not come again."""
    await visit.crm.records.delete("task", _id(visit), actor=visit.actor)
    return visit.redirect("/tasks", done="task_deleted")


async def preview(visit: Visit) -> ASGIResponse:
    """Return what is picked in words, for our script."""
    return visit.render("task_preview.html", preview=preview_of(visit, fields_in(Form(visit.pairs))))


async def _from_message(visit: Visit, id: str, fields: TaskFields) -> TaskFields:
    try:
        record = await visit.crm.records.get("message", UUID(id), actor=visit.actor)
    except (CrmError, ValueError):
        return fields
    words = " ".join((record.document.get("text") or "").split())
    conversation = record.document["conversation_id"]
    changes: dict[str, Any] = {
        "title": words[:117] + "…" if len(words) > 118 else words,
        "message_id": id,
        "conversation_id": str(conversation),
    }
    found = await visit.crm.records.get("conversation", conversation, actor=visit.actor)
    if contact := found.document.get("contact"):
        changes |= {"contact": contact["name"], "contact_id": str(contact["id"])}
    return msgspec.structs.replace(fields, **changes)


async def _form(
    visit: Visit,
    fields: TaskFields,
    *,
    record: Any = None,
    errors: dict[str, str] | None = None,
    refused: str = "",
    status: int = 200,
) -> ASGIResponse:
    document = record.document if record else {"status": "open", "assignee": None, "recurrence": ""}
    repeats = [(value, visit.texts.gettext(label)) for value, label in REPEATS.items()]
    if fields.picked.repeat == "keep":
        repeats.append(("keep", preview_of(visit, fields, 1).words or fields.picked.rule))
    return await visit.page(
        "task.html",
        status=422 if errors else status,
        area="tasks",
        task=record,
        document=document,
        conversation=await _conversation(visit, fields),
        f=fields,
        errors=errors or {},
        refused=refused,
        people=await active_people(visit),
        reminders=reminder_choices(visit, fields),
        repeats=repeats,
        abouts=about_choices(visit),
        days=visit.formats.weekdays(),
        preview=preview_of(visit, fields),
        back=local_path(visit.query.get("back", "") or "/tasks"),
    )


async def _conversation(visit: Visit, fields: TaskFields) -> tuple[str, str] | None:
    """Return address and title of the conversation, with the message it was made from."""
    if not fields.conversation_id:
        return None
    title = await title_of(visit, "conversation", fields.conversation_id)
    anchor = f"#m{fields.message_id}" if fields.message_id else ""
    return f"/inbox/{fields.conversation_id}{anchor}", title


def _changes(document: dict[str, Any], stored: dict[str, Any]) -> dict[str, Any]:
    """Return what the form changes: an untouched rule keeps its zone and what it is counted from."""
    changes = dict(document)
    if changes.get("recurrence") == (stored.get("recurrence") or ""):
        changes.pop("recurrence", None)
        changes.pop("recurrence_zone", None)
    if (changes.get("message_id") or None) == (str(stored.get("message_id") or "") or None):
        changes.pop("message_id")
    if str(changes["about_id"] or "") == str(stored.get("about_id") or ""):
        changes.pop("about_id")
        changes.pop("about_type")
    return changes


def _errors(visit: Visit, error: Invalid) -> dict[str, str]:
    names = {"due_at": "due_on", "remind_at": "remind", "recurrence_zone": "recurrence"}
    found = {}
    for problem in error.problems:
        name = problem.path.strip("/").removesuffix("_id")
        found[names.get(name, name) or "title"] = problem.sentence(visit.language)
    return found


def _id(visit: Visit) -> UUID:
    id: UUID = visit.request.path_params["id"]
    return id


ROUTES = (
    Route("GET", "/tasks/new", new, permission="task.write"),
    Route("POST", "/tasks/new", add, permission="task.write"),
    Route("GET", "/tasks/preview", preview, permission="task.write"),
    Route("GET", "/tasks/{id:uuid}", show, permission="task.read"),
    Route("POST", "/tasks/{id:uuid}", save, permission="task.write"),
    Route("POST", "/tasks/{id:uuid}/delete", delete, permission="task.delete"),
)
