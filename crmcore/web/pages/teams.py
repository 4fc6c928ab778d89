"""Settings: teams and who is in them."""

from typing import Any
from uuid import UUID

from litestar.response.base import ASGIResponse

from crmcore.accounts.teams import memberships
from crmcore.errors import Invalid
from crmcore.records.query import ListQuery
from crmcore.web.route import Route
from crmcore.web.visit import Visit

HERE = "/settings/teams"


async def show(visit: Visit) -> ASGIResponse:
    """List the teams with their members."""
    return await _page(visit)


async def add(visit: Visit) -> ASGIResponse:
    """Make a team."""
    form = await visit.form()
    name = form.get("name")[:300]
    try:
        await visit.crm.records.create("team", {"name": name}, actor=visit.actor)
    except Invalid as error:
        return await _page(visit, new=name, error=error.problems[0].sentence(visit.language))
    return visit.redirect(HERE, done="team_added")


async def rename(visit: Visit) -> ASGIResponse:
    """Call a team something else."""
    form = await visit.form()
    id = _id(visit)
    name = form.get("name")[:300]
    try:
        await visit.crm.records.update("team", id, {"name": name}, actor=visit.actor)
    except Invalid as error:
        return await _page(visit, renamed=id, error=error.problems[0].sentence(visit.language))
    return visit.redirect(HERE, done="saved")


async def delete(visit: Visit) -> ASGIResponse:
    """Delete a team; its members stay."""
    await visit.crm.records.delete("team", _id(visit), actor=visit.actor)
    return visit.redirect(HERE, done="team_deleted")


def _id(visit: Visit) -> UUID:
    id: UUID = visit.request.path_params["id"]
    return id


async def _page(visit: Visit, *, new: str = "", renamed: UUID | None = None, error: str = "") -> ASGIResponse:
    page = await visit.crm.records.list("team", ListQuery(limit=200), actor=visit.actor)
    shown: list[dict[str, Any]] = []
    for record in page.items:
        members = await memberships(team=record.id)
        shown.append({"id": record.id, "name": record.document["name"], "members": members})
    return await visit.page(
        "settings_teams.html",
        status=422 if error else 200,
        area="settings",
        teams=shown,
        new=new,
        renamed=renamed,
        error=error,
    )


ROUTES = (
    Route("GET", HERE, show, permission="team.read"),
    Route("POST", HERE, add, permission="team.write"),
    Route("POST", f"{HERE}/{{id:uuid}}", rename, permission="team.write"),
    Route("POST", f"{HERE}/{{id:uuid}}/delete", delete, permission="team.delete"),
)
