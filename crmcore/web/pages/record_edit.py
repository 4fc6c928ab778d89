"""Making and changing a record in a form: contacts, companies, and the records that plugins bring."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from litestar.response.base import ASGIResponse

from crmcore.contracts.records import RecordType
from crmcore.errors import Conflict, Invalid, NotFound
from crmcore.records.scope import demand
from crmcore.web.edit import Edit
from crmcore.web.facts import ABOUT
from crmcore.web.lists.places import OWN, PREFIXES, kind_in, place_of
from crmcore.web.pages.record_list import area_of
from crmcore.web.record_editing import edited_names
from crmcore.web.record_form import RecordForm, field_name, file_problems
from crmcore.web.route import Route
from crmcore.web.sent_files import form_with_files
from crmcore.web.texts import N_
from crmcore.web.visit import Visit

# The same person rarely saves three times within one request of ours; then the fourth attempt says so.
ATTEMPTS = 3
NEW = {"contact": N_("New contact"), "company": N_("New company")}


async def new_record(visit: Visit) -> ASGIResponse:
    """Show the form for a new record."""
    kind = _creatable(visit)
    return await _page(visit, kind, await _form(visit, kind, await _blank(visit, kind)))


async def create_record(visit: Visit) -> ASGIResponse:
    """Make a record from the form."""
    kind = _creatable(visit)
    blank = await _blank(visit, kind)
    form = await _form(visit, kind, blank)
    sent_form = await form_with_files(visit)
    sent = form.sent(sent_form)
    if sent_form.refused:
        form.refill(sent)
        form.complain(file_problems(sent_form))
        return await _page(visit, kind, form, status=422)
    await form.resolve(sent)
    try:
        record = await visit.crm.records.create(kind.key, form.changes(sent, blank), actor=visit.actor)
    except Invalid as error:
        form.refill(sent)
        form.complain(error.problems)
        return await _page(visit, kind, form, status=422)
    done = "created" if kind.key == "contact" else "record_created"
    return visit.redirect(f"{place_of(kind)}/{record.id}", done=done)


async def edit_record(visit: Visit) -> ASGIResponse:
    """Show the form over a record."""
    kind = _writable(visit)
    record = await visit.crm.records.get(kind.key, _id(visit), actor=visit.actor)
    return await _page(visit, kind, await _form(visit, kind, record.document), document=record.document)


async def change_record(visit: Visit) -> ASGIResponse:
    """Save the form; where somebody else changed the same field meanwhile, show both values."""
    return await _change(visit, _writable(visit))


async def edit_field(visit: Visit) -> ASGIResponse:
    """Show the form over one field of a record."""
    kind, name = _writable(visit), _name(visit)
    record = await visit.crm.records.get(kind.key, _id(visit), actor=visit.actor)
    form = await _form(visit, kind, record.document, name)
    return await _page(visit, kind, form, document=record.document, field=name)


async def change_field(visit: Visit) -> ASGIResponse:
    """Save one field; where somebody else changed it meanwhile, show both values."""
    return await _change(visit, _writable(visit), _name(visit))


async def _change(visit: Visit, kind: RecordType, field: str = "") -> ASGIResponse:
    sent_form = await form_with_files(visit)
    for attempt in range(ATTEMPTS):
        record = await visit.crm.records.get(kind.key, _id(visit), actor=visit.actor)
        form = await _form(visit, kind, record.document, field, sent_form.names())
        edit = await Edit.read(visit, form, record, sent_form)
        more: dict[str, Any] = {"document": record.document, "edit": edit, "field": field}
        if edit.undecided:
            return await _page(visit, kind, form, status=409, **more)
        if sent_form.refused:
            form.complain(file_problems(sent_form))
            return await _page(visit, kind, form, status=422, **more)
        here = f"{place_of(kind)}/{record.id}"
        if not edit.changes:
            return visit.redirect(here, done="unchanged")
        try:
            await visit.crm.records.update(
                kind.key, record.id, edit.changes, actor=visit.actor, version=record.version
            )
        except Invalid as error:
            if field:
                # What has to be filled in as well stands beside it.
                asked = [*sent_form.names(), *(field_name(problem.path) for problem in error.problems)]
                form = await _form(visit, kind, record.document, field, asked)
                await Edit.read(visit, form, record, sent_form)
            form.complain(error.problems)
            return await _page(visit, kind, form, status=422, **more)
        except Conflict:
            if attempt + 1 == ATTEMPTS:
                raise
            continue
        return visit.redirect(here, done="saved")
    raise Conflict


def _writable(visit: Visit) -> RecordType:
    kind = kind_in(visit)
    demand(visit.actor, f"{kind.key}.write")
    return kind


def _creatable(visit: Visit) -> RecordType:
    kind = _writable(visit)
    if not kind.creatable:
        raise NotFound
    return kind


async def _blank(visit: Visit, kind: RecordType) -> dict[str, Any]:
    """Return what a new record has before anybody writes into its form: the defaults, which can be taken out."""
    definitions = await visit.crm.fields.catalog.of(kind.key)
    return {
        "custom": {
            item.key: item.default for item in definitions if item.default is not None and item.writable
        }
    }


def _id(visit: Visit) -> UUID:
    id: UUID = visit.request.path_params["id"]
    return id


def _name(visit: Visit) -> str:
    return str(visit.request.path_params["field"])[:100]


async def _form(
    visit: Visit, kind: RecordType, document: dict[str, Any], field: str = "", also: Collection[str] = ()
) -> RecordForm:
    """Return the form over a record, or over one ``field`` and those ``also`` needed with it."""
    form = RecordForm(visit, kind.key, edited_names(kind))
    await form.show(document, title=visit.texts.gettext(ABOUT))
    if field:
        form.leave_only(lambda one: one.name in (field, *also) and not one.read_only)
        if not form.has(field):
            raise NotFound
    return form


async def _page(
    visit: Visit,
    kind: RecordType,
    form: RecordForm,
    *,
    document: dict[str, Any] | None = None,
    edit: Edit | None = None,
    field: str = "",
    status: int = 200,
) -> ASGIResponse:
    place = place_of(kind)
    here = f"{place}/{document['id']}" if document else place
    new = visit.texts.gettext(NEW[kind.key]) if kind.key in OWN else visit.say(kind.label)
    return await visit.page(
        "record_form.html",
        status=status,
        area=area_of(kind.key, kind.plural),
        heading=kind.title(document) if document else new,
        back=here,
        action=f"{here}/fields/{field}" if field else f"{here}/edit" if document else f"{place}/new",
        groups=form.groups,
        multipart=form.multipart,
        complaints=form.complaints,
        version=edit.version if edit else document["version"] if document else "",
        both=edit.both if edit else [],
        by=edit.by if edit else "",
    )


ROUTES = tuple(
    route
    for prefix in PREFIXES
    for route in (
        Route("GET", f"{prefix}/new", new_record),
        Route("POST", f"{prefix}/new", create_record),
        Route("GET", f"{prefix}/{{id:uuid}}/edit", edit_record),
        Route("POST", f"{prefix}/{{id:uuid}}/edit", change_record),
        Route("GET", f"{prefix}/{{id:uuid}}/fields/{{field:str}}", edit_field),
        Route("POST", f"{prefix}/{{id:uuid}}/fields/{{field:str}}", change_field),
    )
)
