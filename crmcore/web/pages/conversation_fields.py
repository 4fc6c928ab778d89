"""The form over a conversation's subject and custom fields."""

from uuid import UUID

from litestar.response.base import ASGIResponse

from crmcore.contracts.records import Record
from crmcore.errors import Invalid
from crmcore.web.edit import Edit
from crmcore.web.facts import ABOUT
from crmcore.web.record_form import RecordForm, file_problems
from crmcore.web.route import Route
from crmcore.web.scope import scope_from
from crmcore.web.sent_files import form_with_files
from crmcore.web.visit import Visit

CLOSE = "close"


async def edit(visit: Visit) -> ASGIResponse:
    """Show the form."""
    record = await _record(visit)
    return await _page(visit, await _form(visit, record), record, None)


async def ask_before_closing(visit: Visit, error: Invalid, *, replied: bool) -> ASGIResponse:
    """Show the form with what closing lacks, after a reply was sent or without one; saving it closes."""
    record = await _record(visit)
    form = await _form(visit, record)
    form.complain(error.problems)
    told = visit.texts.gettext("The reply was sent.") if replied else ""
    return await _page(visit, form, record, None, 422, closing=True, told=told)


async def save(visit: Visit) -> ASGIResponse:
    """Save the form; where somebody else changed the same field meanwhile, show both values.

    With ``then=close`` the conversation is closed by the same change.
    """
    record = await _record(visit)
    form = await _form(visit, record)
    sent_form = await form_with_files(visit)
    edit = await Edit.read(visit, form, record, sent_form)
    closing = visit.query.get("then") == CLOSE
    if edit.undecided:
        return await _page(visit, form, record, edit, 409, closing=closing)
    if sent_form.refused:
        form.complain(file_problems(sent_form))
        return await _page(visit, form, record, edit, 422, closing=closing)
    changes = edit.changes | ({"status": "closed"} if closing else {})
    if changes:
        try:
            saved = await visit.crm.records.update(
                "conversation", record.id, changes, actor=visit.actor, version=record.version
            )
        except Invalid as error:
            form.complain(error.problems)
            return await _page(visit, form, record, edit, 422, closing=closing)
        if closing:
            told = f"done=closed&undo={saved.version}"
            return visit.redirect(f"/inbox/{record.id}?{scope_from(visit).address}&{told}")
    done = "saved" if changes else "unchanged"
    return visit.redirect(f"/inbox/{record.id}?{scope_from(visit).address}", done=done)


async def _record(visit: Visit) -> Record:
    id: UUID = visit.request.path_params["id"]
    record: Record = await visit.crm.records.get("conversation", id, actor=visit.actor)
    return record


async def _form(visit: Visit, record: Record) -> RecordForm:
    form = RecordForm(visit, "conversation", ("subject",))
    await form.show(record.document, title=visit.texts.gettext(ABOUT))
    return form


async def _page(
    visit: Visit,
    form: RecordForm,
    record: Record,
    edit: Edit | None,
    status: int = 200,
    *,
    closing: bool = False,
    told: str = "",
) -> ASGIResponse:
    address = scope_from(visit).address
    return await visit.page(
        "record_form.html",
        status=status,
        area="",
        heading=f"#{record.document['number']} {record.document['subject']}".strip(),
        back=f"/inbox/{record.id}?{address}",
        action=f"/inbox/{record.id}/fields?{address}" + (f"&then={CLOSE}" if closing else ""),
        save=visit.texts.gettext("Save and close") if closing else "",
        told=told,
        groups=form.groups,
        multipart=form.multipart,
        complaints=form.complaints,
        version=edit.version if edit else record.version,
        both=edit.both if edit else [],
        by=edit.by if edit else "",
    )


ROUTES = (
    Route("GET", "/inbox/{id:uuid}/fields", edit, permission="conversation.write"),
    Route("POST", "/inbox/{id:uuid}/fields", save, permission="conversation.write"),
)
