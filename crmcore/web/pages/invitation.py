"""Accepting an invitation."""

from litestar.response.base import ASGIResponse

from crmcore.accounts.invitations import InvitationEntry
from crmcore.accounts.pending import SecondStepNeeded
from crmcore.errors import Invalid, NotFound
from crmcore.web.entering import entered, second_step
from crmcore.web.pages.password_reset import dead
from crmcore.web.record_form import field_name
from crmcore.web.route import Route
from crmcore.web.visit import Visit


async def show(visit: Visit) -> ASGIResponse:
    """Ask for name and password."""
    try:
        invitation = await visit.crm.invitations.find(_token(visit))
    except NotFound as refusal:
        return dead(visit, refusal)
    visit.speak(invitation.language)
    return _page(visit, invitation, invitation.name, {})


async def accept(visit: Visit) -> ASGIResponse:
    """Make the user and let them in."""
    form = await visit.form()
    crm = visit.crm
    try:
        invitation = await crm.invitations.find(_token(visit))
        visit.speak(invitation.language)
        user_id = await crm.invitations.accept(
            _token(visit),
            name=form.get("name")[:300],
            password=form.raw("password")[:1000],
            language=invitation.language,
            time_zone="UTC",
        )
    except NotFound as refusal:
        return dead(visit, refusal)
    except Invalid as refusal:
        errors = {field_name(problem.path): problem.sentence(visit.language) for problem in refusal.problems}
        return _page(visit, invitation, form.get("name"), errors)
    try:
        secret = await crm.accounts.entrance.enter(
            user_id, address=visit.address, user_agent=visit.user_agent
        )
    except SecondStepNeeded as step:
        return second_step(visit, step, "/inbox")
    return await entered(visit, secret, "/inbox", "welcome")


def _token(visit: Visit) -> str:
    return str(visit.request.path_params["token"])


def _page(visit: Visit, invitation: InvitationEntry, name: str, errors: dict[str, str]) -> ASGIResponse:
    return visit.render(
        "invitation.html",
        status=422 if errors else 200,
        email=invitation.email,
        inviter=invitation.invited_by,
        name=name,
        errors=errors,
    )


ROUTES = (
    Route("GET", "/invitation/{token:str}", show, public=True),
    Route("POST", "/invitation/{token:str}", accept, public=True),
)
