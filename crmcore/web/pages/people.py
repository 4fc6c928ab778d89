"""Settings: who works here, and inviting others."""

from typing import Any
from uuid import UUID

from litestar.response.base import ASGIResponse

from crmcore.accounts.tables import Team
from crmcore.accounts.teams import memberships
from crmcore.contracts.actors import system_actor
from crmcore.contracts.labels import text_of
from crmcore.errors import Invalid
from crmcore.records.query import ListQuery
from crmcore.web.form import Form
from crmcore.web.record_form import field_name
from crmcore.web.route import Route
from crmcore.web.visit import Visit

HERE = "/settings/people"
PAGE = 100


async def show(visit: Visit) -> ASGIResponse:
    """List the people, the open invitations, and the form for another one."""
    return await people_page(visit)


async def invite(visit: Visit) -> ASGIResponse:
    """Invite somebody: by mail, or with a link to pass on where no mails are sent."""
    form = await visit.form()
    values = {name: form.get(name)[:300] for name in ("email", "name", "role", "team_id", "language")}
    try:
        id = await visit.crm.invitations.create(
            values["email"],
            actor=visit.actor,
            role=values["role"] or "agent",
            name=values["name"],
            team_id=team_in(form),
            language=values["language"] if values["language"] in ("en", "ru") else visit.language,
        )
    except Invalid as error:
        errors = {field_name(problem.path): problem.sentence(visit.language) for problem in error.problems}
        return await people_page(visit, values=values, errors=errors)
    return await _sent(visit, id, values["email"])


async def resend(visit: Visit) -> ASGIResponse:
    """Send an invitation once more; the link before is dead."""
    id: UUID = visit.request.path_params["id"]
    return await _sent(visit, id, "")


async def revoke(visit: Visit) -> ASGIResponse:
    """End an invitation."""
    await visit.crm.invitations.revoke(visit.request.path_params["id"], actor=visit.actor)
    return visit.redirect(HERE, done="invitation_revoked")


async def _sent(visit: Visit, id: UUID, email: str) -> ASGIResponse:
    link = await visit.crm.invitations.send(id, actor=visit.actor)
    if not link:
        return visit.redirect(HERE, done="invited")
    return await people_page(visit, link=link)


def team_in(form: Form) -> UUID | None:
    """Return the team chosen in a form, None without one."""
    try:
        return UUID(form.get("team_id"))
    except ValueError:
        return None


async def role_choices(visit: Visit) -> list[tuple[str, str]]:
    """Return the roles there are, with what they are called."""
    roles = await visit.crm.roles.list(actor=system_actor("settings"))
    return [(role.key, text_of(role.label, visit.language) or role.key) for role in roles]


async def team_choices() -> list[tuple[str, str]]:
    """Return the teams there are."""
    rows = await Team.select(Team.id, Team.name).where(Team.deleted_at.is_null()).order_by(Team.name)
    return [(str(row["id"]), row["name"]) for row in rows]


async def people_page(
    visit: Visit,
    *,
    values: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    link: str = "",
) -> ASGIResponse:
    """Return the page, with ``link`` to pass on when an invitation was just made."""
    crm, actor = visit.crm, visit.actor
    query = ListQuery(limit=PAGE, cursor=visit.query.get("cursor", "")[:500])
    page = await crm.records.list("user", query, actor=actor)
    ids = [record.id for record in page.items]
    teams: dict[UUID, list[Any]] = {}
    for member in await memberships(users=ids):
        teams.setdefault(member.user_id, []).append(member)
    may_write = actor.may("user.write")
    roles = await role_choices(visit)
    return await visit.page(
        "settings_people.html",
        status=422 if errors else 200,
        area="settings",
        people=[{"id": r.id, **r.document, "teams": teams.get(r.id, [])} for r in page.items],
        next_page=page.next,
        roles=roles,
        role_names=dict(roles),
        teams=await team_choices() if may_write else [],
        invitations=await crm.invitations.entries() if may_write else [],
        values=values or {},
        errors=errors or {},
        link=link,
        mails=crm.post.configured,
    )


ROUTES = (
    Route("GET", HERE, show, permission="user.read"),
    Route("POST", f"{HERE}/invite", invite, permission="user.write"),
    Route("POST", f"{HERE}/invitations/{{id:uuid}}/resend", resend, permission="user.write"),
    Route("POST", f"{HERE}/invitations/{{id:uuid}}/revoke", revoke, permission="user.write"),
)
