"""The inbox's lists: their filter is put together, and kept as a saved view."""

from litestar.response.base import ASGIResponse

from crmcore.errors import CrmError
from crmcore.records.query import ListQuery
from crmcore.views.service import SHARE, NewView, ViewChanges
from crmcore.web.form import Form
from crmcore.web.inbox_filter import inbox_fields
from crmcore.web.lists.filter_form import checked, read_conditions
from crmcore.web.lists.state import form_pairs, parameters
from crmcore.web.pages.inbox import inbox_page
from crmcore.web.route import Route
from crmcore.web.scope import Scope, opened_scope
from crmcore.web.visit import Visit

_NAME = {
    "en": "Give the view a name of at most 120 characters.",
    "ru": "Дайте виду название не длиннее 120 знаков.",
}


async def put_filter_together(visit: Visit) -> ASGIResponse:
    """Show the filter's form, again while it is not ready; else lead to the list it asks for."""
    values = parameters(visit)
    scope = await opened_scope(visit)
    if "do" not in values and "drop" not in values:
        return await inbox_page(visit, scope, form="filter")
    conditions = read_conditions(values, form_pairs(visit), await inbox_fields(visit))
    if values.get("add") or values.get("drop") or values.get("do") != "apply":
        return await inbox_page(visit, scope, conditions=conditions, form="filter")
    conditions, filter = await checked(visit, "conversation", conditions)
    if any(line.error for line in conditions.lines):
        return await inbox_page(visit, scope, conditions=conditions, form="filter", status=422)
    return visit.redirect(f"/inbox?{scope.with_filter(filter)}")


async def show_view_form(visit: Visit) -> ASGIResponse:
    """Show the form that keeps the list as a view."""
    return await inbox_page(visit, await opened_scope(visit), form="view")


async def change_view(visit: Visit) -> ASGIResponse:
    """Keep the list as a view, change the view that is open, or throw it away."""
    form = await visit.form()
    scope = await opened_scope(visit)
    try:
        return await _changed(visit, scope, form)
    except CrmError as error:
        if error.status >= 500:
            raise
        sentences = [problem.sentence(visit.language) for problem in error.problems]
        trouble = " ".join(sentences) or error.sentence(visit.language)
        return await inbox_page(visit, scope, status=error.status, trouble=trouble, form="view")


async def _changed(visit: Visit, scope: Scope, form: Form) -> ASGIResponse:
    views, actor, saved = visit.crm.views, visit.actor, scope.saved
    if form.get("do") == "delete":
        if saved is not None:
            await views.delete(saved.id, actor=actor)
        return visit.redirect("/inbox", done="view_deleted")
    name = form.get("name")
    if not 1 <= len(name) <= 120:
        raise CrmError(_NAME, code="no_name")
    asked = scope.query(visit)
    query = ListQuery(q=asked.q, filter=asked.filter, sort=asked.sort)
    shared = bool(form.get("shared")) and actor.may(SHARE)
    if form.get("do") == "save" and saved is not None:
        changes = ViewChanges(name=name, query=query)
        if actor.may(SHARE):
            changes = ViewChanges(name=name, query=query, shared=shared)
        await views.update(saved.id, changes, actor=actor)
        id = saved.id
    else:
        new = NewView(name=name, record_type="conversation", query=query, shared=shared)
        id = (await views.create(new, actor=actor)).id
    return visit.redirect(f"/inbox?view={id}", done="view_saved")


ROUTES = (
    Route("GET", "/inbox/filter", put_filter_together, permission="conversation.read"),
    Route("GET", "/inbox/view", show_view_form, permission="conversation.read"),
    Route("POST", "/inbox/view", change_view, permission="conversation.read"),
)
