"""Saved views of a list, its columns and its order: made, changed, shared, thrown away, chosen."""

import msgspec
from litestar.response.base import ASGIResponse

from crmcore.errors import CrmError
from crmcore.records.query import ListQuery
from crmcore.records.scope import demand
from crmcore.views.choices import Choice
from crmcore.views.service import NewView, ViewChanges
from crmcore.web.form import Form
from crmcore.web.lists.columns import Columns
from crmcore.web.lists.places import PREFIXES, kind_in, place_of
from crmcore.web.lists.shown import Listing
from crmcore.web.pages.record_list import list_page
from crmcore.web.route import Route
from crmcore.web.visit import Visit

ASKED = ("view", "q", "filter", "sort")


async def change(visit: Visit) -> ASGIResponse:
    """Do what the button says, and lead back to the list."""
    kind = kind_in(visit)
    demand(visit.actor, f"{kind.key}.read")
    form = await visit.form()
    listing = await Listing.of(visit, kind, {name: form.get(name) for name in ASKED if name in form})
    try:
        return await _done(visit, listing, form)
    except CrmError as error:
        if error.status >= 500:
            raise
        sentences = [problem.sentence(visit.language) for problem in error.problems]
        trouble = " ".join(sentences) or error.sentence(visit.language)
        return await list_page(visit, listing, status=error.status, trouble=trouble)


async def _done(visit: Visit, listing: Listing, form: Form) -> ASGIResponse:
    do, place, view = form.get("do"), place_of(listing.kind), listing.state.view
    if "up" in form or "down" in form or do in ("columns", "usual"):
        return await _columns(visit, listing, form)
    if do == "new":
        made = await visit.crm.views.create(_new(listing, form), actor=visit.actor)
        return visit.redirect(f"{place}?view={made.id}", done="view_saved")
    if view is None:
        return visit.redirect(place)
    if do == "save":
        changes = ViewChanges(
            name=_new(listing, form).name,
            query=_query(listing),
            shared=bool(form.get("shared")) if visit.actor.may("view.write") else msgspec.UNSET,
        )
        await visit.crm.views.update(view.id, changes, actor=visit.actor)
        return visit.redirect(f"{place}?view={view.id}", done="view_saved")
    if do == "delete":
        await visit.crm.views.delete(view.id, actor=visit.actor)
        return visit.redirect(f"{place}?view=all", done="view_deleted")
    if do in ("first", "not_first"):
        choice = msgspec.structs.replace(listing.choice, view=view.id if do == "first" else None)
        await visit.crm.list_choices.keep(listing.kind.key, choice, actor=visit.actor)
        return visit.redirect(f"{place}?view={view.id}", done="saved")
    return visit.redirect(listing.state.address(place))


async def _columns(visit: Visit, listing: Listing, form: Form) -> ASGIResponse:
    """Keep the columns and the order: in the view that is open when it may be changed, else for the visitor alone."""
    kind, state = listing.kind, listing.state
    known = Columns(visit, kind, await listing.definitions(), await listing.hidden())
    names = [name for name in dict.fromkeys(form.all("column")) if name in known.labels]
    if form.get("do") == "usual":
        names = []
    for name, step in ((form.get("up"), -1), (form.get("down"), 1)):
        if name in names:
            place = names.index(name)
            names.insert(max(0, place + step), names.pop(place))
    sort = state.sort if form.get("do") != "usual" else ""
    view = state.view
    if view is not None and (view.mine or visit.actor.may("view.write")):
        query = msgspec.structs.replace(view.query, fields=tuple(names) or None, sort=sort)
        await visit.crm.views.update(view.id, ViewChanges(query=query), actor=visit.actor)
    else:
        choice = Choice(columns=tuple(names), sort=sort, view=listing.choice.view)
        await visit.crm.list_choices.keep(kind.key, choice, actor=visit.actor)
    still = "columns" if "up" in form or "down" in form else ""
    return visit.redirect(state.address(place_of(kind), sort=None, cursor=None), open=still)


def _new(listing: Listing, form: Form) -> NewView:
    document = {
        "name": form.get("name")[:121],
        "record_type": listing.kind.key,
        "shared": bool(form.get("shared")),
    }
    try:
        new = msgspec.convert(document, type=NewView)
    except msgspec.ValidationError:
        raise CrmError(_NAME, code="no_name") from None
    return msgspec.structs.replace(new, query=_query(listing))


def _query(listing: Listing) -> ListQuery:
    state = listing.state
    return ListQuery(q=state.q, filter=state.filter, sort=state.sort, fields=state.columns or None)


_NAME = {
    "en": "Give the view a name of at most 120 characters.",
    "ru": "Дайте виду название не длиннее 120 знаков.",
}

ROUTES = tuple(Route("POST", f"{prefix}/view", change) for prefix in PREFIXES)
