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


async def edit(visit: Visit) -> ASGIResponse:
    """Show the form."""
    record = await _record(visit)
    return await _page(visit, await _form(visit, record), record, None)


async def save(visit: Visit) -> ASGIResponse:
    """Save the form; where somebody else changed the same field meanwhile, show both values."""
    record = await _record(visit)
    form = await _form(visit, record)
    sent_form = await form_with_files(visit)
    edit = await Edit.read(visit, form, record, sent_form)
    if edit.undecided:
        return await _page(visit, form, record, edit, 409)
    if sent_form.refused:
        form.complain(file_problems(sent_form))
        return await _page(visit, form, record, edit, 422)
    if edit.changes:
        try:
            await visit.crm.records.update(
                "conversation", record.id, edit.changes, actor=visit.actor, version=record.version
            )
        except Invalid as error:
            form.complain(error.problems)
            return await _page(visit, form, record, edit, 422)
    done = "saved" if edit.changes else "unchanged"
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
    visit: Visit, form: RecordForm, record: Record, edit: Edit | None, status: int = 200
) -> ASGIResponse:
    address = scope_from(visit).address
    return await visit.page(
        "record_form.html",
        status=status,
        area="",
        heading=f"#{record.document['number']} {record.document['subject']}".strip(),
        back=f"/inbox/{record.id}?{address}",
        action=f"/inbox/{record.id}/fields?{address}",
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
