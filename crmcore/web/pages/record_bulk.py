"""One change to many records of a list: chosen, put together, begun, watched, taken back."""

from typing import Any
from uuid import UUID

import msgspec
from litestar.response.base import ASGIResponse
from litestar.response.streaming import ASGIStreamingResponse

from crmcore.bulk.run import MAX_IDS, Selection, Work
from crmcore.contracts.records import RecordType
from crmcore.errors import Invalid
from crmcore.exporting.service import ExportSettings
from crmcore.records.query import ListQuery
from crmcore.records.scope import demand
from crmcore.web.form import Form
from crmcore.web.lists.places import PREFIXES, kind_in, place_of
from crmcore.web.lists.shown import Listing
from crmcore.web.pages.record_list import area_of, list_page
from crmcore.web.record_editing import edited_names
from crmcore.web.record_form import RecordForm
from crmcore.web.route import Route
from crmcore.web.texts import N_
from crmcore.web.visit import Visit

ASKED = ("view", "q", "filter", "sort")
STATES = {
    "queued": N_("Waiting"),
    "running": N_("At work"),
    "done": N_("Done"),
    "failed": N_("Failed"),
    "undoing": N_("Being taken back"),
    "undone": N_("Taken back"),
}
TONES = {"done": "ok", "failed": "bad", "undone": "neutral"}


async def choose(visit: Visit) -> ASGIResponse:
    """Do what the button says with the chosen records: ask what to change, ask whether to delete, or export."""
    kind = kind_in(visit)
    demand(visit.actor, f"{kind.key}.read")
    form = await visit.form()
    listing = await _listing(visit, kind, form)
    selection = _selection(listing, form)
    if selection is None:
        trouble = visit.texts.gettext("Choose records first.")
        return await list_page(visit, listing, status=422, trouble=trouble)
    do = form.get("do")
    if do in ("csv", "xlsx"):
        return await _export(visit, kind, selection, do)
    demand(visit.actor, f"{kind.key}.{'delete' if do == 'delete' else 'write'}")
    return await _page(visit, listing, form, selection, await _fields(visit, kind), delete=do == "delete")


async def begin(visit: Visit) -> ASGIResponse:
    """Begin the change, and lead to where it is watched."""
    kind = kind_in(visit)
    form = await visit.form()
    delete = form.get("do") == "delete"
    demand(visit.actor, f"{kind.key}.{'delete' if delete else 'write'}")
    listing = await _listing(visit, kind, form)
    selection = _selection(listing, form)
    if selection is None:
        return visit.redirect(place_of(kind))
    fields = await _fields(visit, kind)
    try:
        work = Work(delete=True) if delete else await _work(form, fields)
        run = await visit.crm.bulk.begin(kind.key, selection, work, actor=visit.actor)
    except Invalid as invalid:
        fields.complain(invalid.problems)
        return await _page(visit, listing, form, selection, fields, delete=delete, status=422)
    return visit.redirect(f"{place_of(kind)}/bulk/{run.id}")


async def watch(visit: Visit) -> ASGIResponse:
    """Show how far a change is, what was refused and why."""
    kind = kind_in(visit)
    demand(visit.actor, f"{kind.key}.read")
    run = await visit.crm.bulk.get(visit.request.path_params["id"], actor=visit.actor)
    reasons = await visit.crm.bulk.refusals(run.id, actor=visit.actor)
    first = [id for reason in reasons for id in reason.records]
    titles = await visit.crm.records.titles(kind.key, first, actor=visit.actor)
    return await visit.page(
        "record_bulk_run.html",
        area=area_of(kind.key, kind.plural),
        place=place_of(kind),
        heading=visit.say(kind.label_plural),
        run=run,
        state=visit.texts.gettext(STATES[run.state]),
        tone=TONES.get(run.state, "accent"),
        reasons=[(reason, [(id, titles[id]) for id in reason.records if id in titles]) for reason in reasons],
        may_undo=run.state == "done" and run.changed and visit.actor.may(f"{kind.key}.write"),
    )


async def undo(visit: Visit) -> ASGIResponse:
    """Take a change back."""
    kind = kind_in(visit)
    demand(visit.actor, f"{kind.key}.write")
    run = await visit.crm.bulk.undo(visit.request.path_params["id"], actor=visit.actor)
    return visit.redirect(f"{place_of(kind)}/bulk/{run.id}")


async def _listing(visit: Visit, kind: RecordType, form: Form) -> Listing:
    return await Listing.of(visit, kind, {name: form.get(name) for name in ASKED if name in form})


def _selection(listing: Listing, form: Form) -> Selection | None:
    if form.get("everything"):
        return Selection(query=msgspec.structs.replace(listing.state.query(), cursor=""))
    ids = []
    for text in form.all("id")[:MAX_IDS]:
        try:
            ids.append(UUID(text))
        except ValueError:
            continue
    return Selection(ids=tuple(dict.fromkeys(ids))) if ids else None


async def _fields(visit: Visit, kind: RecordType) -> RecordForm:
    """Return the form of what can be changed in many records at once: nothing hidden, no files, no tags."""
    form = RecordForm(visit, kind.key, [name for name in edited_names(kind) if name != "tags"])
    await form.show({}, title=visit.texts.gettext("Fields"))
    sensitive = visit.crm.records.sensitive(kind.key)
    form.leave_only(
        lambda field: not field.read_only and field.widget != "file" and field.name not in sensitive
    )
    return form


async def _work(form: Form, fields: RecordForm) -> Work:
    picked = set(form.all("pick"))
    sent = {name: value for name, value in fields.sent(form).items() if name in picked}
    await fields.resolve(sent)
    fields.refill(sent)
    changes: dict[str, Any] = {name: value for name, value in sent.items() if not name.startswith("custom.")}
    custom = {
        name.removeprefix("custom."): value for name, value in sent.items() if name.startswith("custom.")
    }
    if custom:
        changes["custom"] = custom
    if unresolved := fields.unresolved(sent):
        raise Invalid(problems=unresolved)
    return Work(changes=changes, add_tags=tags_in(form, "add_tags"), remove_tags=tags_in(form, "remove_tags"))


def tags_in(form: Form, name: str) -> tuple[str, ...]:
    """Return the names of tags in a field, separated by commas."""
    names = (" ".join(part.split())[:60] for part in form.get(name).replace("\n", ",").split(","))
    return tuple(dict.fromkeys(name for name in names if name))[:50]


async def _page(
    visit: Visit,
    listing: Listing,
    form: Form,
    selection: Selection,
    fields: RecordForm,
    *,
    delete: bool,
    status: int = 200,
) -> ASGIResponse:
    kind = listing.kind
    total = len(selection.ids)
    if selection.query is not None:
        total = await visit.crm.records.count(kind.key, selection.query, actor=visit.actor)
    titles = await visit.crm.records.titles(kind.key, selection.ids[:5], actor=visit.actor)
    return await visit.page(
        "record_bulk.html",
        status=status,
        area=area_of(kind.key, kind.plural),
        place=place_of(kind),
        heading=visit.say(kind.label_plural),
        back=listing.state.address(place_of(kind)),
        asked=dict(listing.state.pairs(cursor=None, peek=None)),
        ids=selection.ids,
        total=total,
        titles=list(titles.values()),
        groups=fields.groups,
        complaints=fields.complaints,
        picked=set(form.all("pick")),
        tags=kind.tags,
        add_tags=form.get("add_tags"),
        remove_tags=form.get("remove_tags"),
        delete=delete,
    )


async def _export(visit: Visit, kind: RecordType, selection: Selection, format: str) -> ASGIResponse:
    query = selection.query or ListQuery(
        filter={"field": "id", "op": "in", "value": [str(id) for id in selection.ids[:200]]}
    )
    settings = ExportSettings(format="xlsx" if format == "xlsx" else "csv", query=query, labels=True)
    found = await visit.crm.exports.prepare(kind.key, settings, actor=visit.actor)
    headers = {"Content-Disposition": f'attachment; filename="{found.name}"', "Cache-Control": "no-store"}
    return ASGIStreamingResponse(iterator=found.pieces, headers=headers, media_type=found.media_type)


ROUTES = tuple(
    route
    for prefix in PREFIXES
    for route in (
        Route("POST", f"{prefix}/bulk", choose),
        Route("POST", f"{prefix}/bulk/begin", begin),
        Route("GET", f"{prefix}/bulk/{{id:uuid}}", watch),
        Route("POST", f"{prefix}/bulk/{{id:uuid}}/undo", undo),
    )
)
