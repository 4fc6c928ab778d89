"""Settings: one person who works here."""

from typing import Any
from uuid import UUID

from litestar.response.base import ASGIResponse

from crmcore.accounts.role_grants import demand_teams
from crmcore.accounts.teams import memberships, set_teams
from crmcore.errors import Invalid, NotFound
from crmcore.records.reasons import reason
from crmcore.web.pages.people import HERE, role_choices, team_choices
from crmcore.web.record_form import field_name
from crmcore.web.route import Route
from crmcore.web.visit import Visit


async def show(visit: Visit) -> ASGIResponse:
    """Show the person with what may be changed."""
    return await _page(visit)


async def save(visit: Visit) -> ASGIResponse:
    """Save name, role, teams and whether they work here."""
    form = await visit.form()
    crm, id = visit.crm, _id(visit)
    known = {team for team, _ in await team_choices()}
    leads = {UUID(team): team in form.all("leads") for team in form.all("teams") if team in known}
    first = form.get("team_id") if form.get("team_id") in known else ""
    values = {
        "name": form.get("name")[:300],
        "role": form.get("role")[:60],
        "active": form.get("active") == "yes",
    }
    try:
        async with crm.database.transaction():
            await crm.records.update(
                "user", id, {**values, "team_id": first or None}, actor=visit.actor, reason=reason("settings")
            )
            if first:
                leads.setdefault(UUID(first), first in form.all("leads"))
            there = {member.team_id for member in await memberships(users=[id])}
            demand_teams(leads.keys() - there, visit.actor)
            await set_teams(id, leads, crm.clock)
    except Invalid as error:
        errors = {field_name(problem.path): problem.sentence(visit.language) for problem in error.problems}
        return await _page(visit, values, errors)
    return visit.redirect(f"{HERE}/{id}", done="saved")


async def reset_link(visit: Visit) -> ASGIResponse:
    """Send the person a link for a new password, or show it where no mails are sent."""
    id = await _over(visit)
    link = await visit.crm.password_resets.send(id)
    if link:
        return await _page(visit, link=link)
    return visit.redirect(f"{HERE}/{id}", done="reset_sent")


async def reset_second_factor(visit: Visit) -> ASGIResponse:
    """Take the second factor away, for who has lost it; sessions end."""
    id = await _over(visit)
    await visit.crm.second_factors.remove(id)
    await visit.crm.accounts.end_sessions(id)
    return visit.redirect(f"{HERE}/{id}", done="second_factor_off")


async def end_sessions(visit: Visit) -> ASGIResponse:
    """Sign the person out everywhere."""
    id = await _over(visit)
    await visit.crm.accounts.end_sessions(id)
    return visit.redirect(f"{HERE}/{id}", done="sessions_ended")


def _id(visit: Visit) -> UUID:
    id: UUID = visit.request.path_params["id"]
    return id


async def _over(visit: Visit) -> UUID:
    """Return whom it is about; nobody has power over those who may more than themselves."""
    record = await visit.crm.records.get("user", _id(visit), actor=visit.actor)
    await visit.crm.roles.demand_over(record.id, visit.actor)
    return record.id


async def _page(
    visit: Visit,
    values: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    link: str = "",
) -> ASGIResponse:
    crm = visit.crm
    record = await crm.records.get("user", _id(visit), actor=visit.actor)
    if record.type != "user":
        raise NotFound
    members = {str(member.team_id): member for member in await memberships(users=[record.id])}
    return await visit.page(
        "settings_person.html",
        status=422 if errors else 200,
        area="settings",
        person={"id": record.id, **record.document, **(values or {})},
        email=record.document.get("email", ""),
        first=str((record.document.get("team") or {}).get("id", "")),
        members=members,
        roles=await role_choices(visit),
        teams=await team_choices(),
        second_factor=await crm.second_factors.state(record.id),
        sessions=len(await crm.accounts.sessions.entries(record.id)),
        errors=errors or {},
        link=link,
        mails=crm.post.configured,
    )


ROUTES = (
    Route("GET", f"{HERE}/{{id:uuid}}", show, permission="user.write"),
    Route("POST", f"{HERE}/{{id:uuid}}", save, permission="user.write"),
    Route("POST", f"{HERE}/{{id:uuid}}/reset-link", reset_link, permission="user.write"),
    Route("POST", f"{HERE}/{{id:uuid}}/reset-second-factor", reset_second_factor, permission="user.write"),
    Route("POST", f"{HERE}/{{id:uuid}}/end-sessions", end_sessions, permission="user.write"),
)
