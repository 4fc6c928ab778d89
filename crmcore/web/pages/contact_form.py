"""Making and changing a contact in a form."""

from typing import Any
from uuid import UUID

from litestar.response.base import ASGIResponse

from crmcore.errors import Conflict, Invalid
from crmcore.web.edit import Edit
from crmcore.web.facts import ABOUT
from crmcore.web.record_form import RecordForm, file_problems
from crmcore.web.route import Route
from crmcore.web.sent_files import form_with_files
from crmcore.web.visit import Visit

EDITED = (
    "first_name",
    "last_name",
    "emails",
    "phones",
    "handles",
    "company",
    "job_title",
    "language",
    "time_zone",
    "gender",
    "notes",
)
# The same person rarely saves three times within one request of ours; then the fourth attempt says so.
ATTEMPTS = 3


async def new_contact(visit: Visit) -> ASGIResponse:
    """Show the form for a new contact."""
    return await _page(visit, await _form(visit, {}))


async def create_contact(visit: Visit) -> ASGIResponse:
    """Make a contact from the form."""
    form = await _form(visit, {})
    sent_form = await form_with_files(visit)
    sent = form.sent(sent_form)
    if sent_form.refused:
        form.refill(sent)
        form.complain(file_problems(sent_form))
        return await _page(visit, form, status=422)
    await form.resolve(sent)
    try:
        record = await visit.crm.records.create("contact", form.changes(sent, {}), actor=visit.actor)
    except Invalid as error:
        form.refill(sent)
        form.complain(error.problems)
        return await _page(visit, form, status=422)
    return visit.redirect(f"/contacts/{record.id}", done="created")


async def edit_contact(visit: Visit) -> ASGIResponse:
    """Show the form over a contact."""
    record = await visit.crm.records.get("contact", _id(visit), actor=visit.actor)
    return await _page(visit, await _form(visit, record.document), document=record.document)


async def change_contact(visit: Visit) -> ASGIResponse:
    """Save the form; where somebody else changed the same field meanwhile, show both values."""
    sent_form = await form_with_files(visit)
    for attempt in range(ATTEMPTS):
        record = await visit.crm.records.get("contact", _id(visit), actor=visit.actor)
        form = await _form(visit, record.document)
        edit = await Edit.read(visit, form, record, sent_form)
        if edit.undecided:
            return await _page(visit, form, document=record.document, edit=edit, status=409)
        if sent_form.refused:
            form.complain(file_problems(sent_form))
            return await _page(visit, form, document=record.document, edit=edit, status=422)
        if not edit.changes:
            return visit.redirect(f"/contacts/{record.id}", done="unchanged")
        try:
            await visit.crm.records.update(
                "contact", record.id, edit.changes, actor=visit.actor, version=record.version
            )
        except Invalid as error:
            form.complain(error.problems)
            return await _page(visit, form, document=record.document, edit=edit, status=422)
        except Conflict:
            if attempt + 1 == ATTEMPTS:
                raise
            continue
        return visit.redirect(f"/contacts/{record.id}", done="saved")
    raise Conflict


def _id(visit: Visit) -> UUID:
    id: UUID = visit.request.path_params["id"]
    return id


async def _form(visit: Visit, document: dict[str, Any]) -> RecordForm:
    form = RecordForm(visit, "contact", EDITED)
    await form.show(document, title=visit.texts.gettext(ABOUT))
    return form


async def _page(
    visit: Visit,
    form: RecordForm,
    *,
    document: dict[str, Any] | None = None,
    edit: Edit | None = None,
    status: int = 200,
) -> ASGIResponse:
    here = f"/contacts/{document['id']}" if document else "/contacts"
    return await visit.page(
        "record_form.html",
        status=status,
        area="contacts",
        heading=document["name"] if document else visit.texts.gettext("New contact"),
        back=here,
        action=f"{here}/edit" if document else "/contacts/new",
        groups=form.groups,
        multipart=form.multipart,
        complaints=form.complaints,
        version=edit.version if edit else document["version"] if document else "",
        both=edit.both if edit else [],
        by=edit.by if edit else "",
    )


ROUTES = (
    Route("GET", "/contacts/new", new_contact, permission="contact.write"),
    Route("POST", "/contacts/new", create_contact, permission="contact.write"),
    Route("GET", "/contacts/{id:uuid}/edit", edit_contact, permission="contact.write"),
    Route("POST", "/contacts/{id:uuid}/edit", change_contact, permission="contact.write"),
)
