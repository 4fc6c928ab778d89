"""Signing in, as a setting: password, second factor, sessions."""

from typing import Any
from uuid import UUID

from litestar.response.base import ASGIResponse

from crmcore.errors import Conflict, CrmError, Forbidden, Invalid, TooMany
from crmcore.http.cookies import session_cookie, session_cookie_name
from crmcore.web.devices import device_of
from crmcore.web.qr import qr_svg
from crmcore.web.record_form import field_name
from crmcore.web.route import Route
from crmcore.web.visit import Visit

HERE = "/settings/security"


async def show(visit: Visit) -> ASGIResponse:
    """Show all of it."""
    return await _page(visit)


async def change_password(visit: Visit) -> ASGIResponse:
    """Change one's password; every other browser is signed out."""
    form = await visit.form()
    try:
        secret = await visit.crm.accounts.change_password(
            _own(visit),
            form.raw("current")[:1000],
            form.raw("password")[:1000],
            address=visit.address,
            user_agent=visit.user_agent,
        )
    except (Invalid, TooMany) as refusal:
        return await _page(visit, refusal, "current")
    return visit.redirect(HERE, (session_cookie(visit.crm.settings, secret),), done="password")


async def show_enrolment(visit: Visit) -> ASGIResponse:
    """Show what an authenticator app has to scan."""
    return await _enrolment(visit)


async def enrol(visit: Visit) -> ASGIResponse:
    """Switch the second factor on with the first code and show the recovery codes."""
    form = await visit.form()
    user_id = _own(visit)
    try:
        codes = await visit.crm.second_factors.confirm(user_id, form.get("code")[:100])
    except Conflict:
        return visit.redirect(HERE)
    except Invalid as refusal:
        return await _enrolment(visit, refusal)
    await visit.crm.accounts.sessions.close_all(user_id, but=_secret(visit))
    return await visit.page("settings_recovery.html", area="settings", codes=codes)


async def renew_codes(visit: Visit) -> ASGIResponse:
    """Replace the recovery codes; needs the password."""
    form = await visit.form()
    try:
        await visit.crm.accounts.is_password_of(_own(visit), form.raw("password")[:1000], "/codes_password")
    except (Invalid, TooMany) as refusal:
        return await _page(visit, refusal, "codes_password")
    codes = await visit.crm.second_factors.new_recovery_codes(_own(visit))
    return await visit.page("settings_recovery.html", area="settings", codes=codes)


async def switch_off(visit: Visit) -> ASGIResponse:
    """Remove the second factor; needs the password, and a role that does without."""
    form = await visit.form()
    try:
        await visit.crm.accounts.is_password_of(_own(visit), form.raw("password")[:1000], "/off_password")
    except (Invalid, TooMany) as refusal:
        return await _page(visit, refusal, "off_password")
    await visit.crm.second_factors.remove(_own(visit))
    return visit.redirect(HERE, done="second_factor_off")


async def end_session(visit: Visit) -> ASGIResponse:
    """Sign one browser out."""
    id: UUID = visit.request.path_params["id"]
    await visit.crm.accounts.sessions.close_one(_own(visit), id)
    return visit.redirect(HERE, done="session_ended")


async def end_others(visit: Visit) -> ASGIResponse:
    """Sign every other browser out."""
    await visit.crm.accounts.sessions.close_all(_own(visit), but=_secret(visit))
    return visit.redirect(HERE, done="sessions_ended")


async def unlink(visit: Visit) -> ASGIResponse:
    """Let a provider's account sign one in no more."""
    id: UUID = visit.request.path_params["id"]
    await visit.crm.external.users.unlink(_own(visit), id)
    return visit.redirect(HERE, done="unlinked")


def _own(visit: Visit) -> UUID:
    actor = visit.actor
    # A program's token reads pages no more than it changes a password.
    if actor.kind != "user":
        raise Forbidden(permission="user")
    return UUID(actor.id)


def _secret(visit: Visit) -> str:
    return visit.request.cookies.get(session_cookie_name(visit.crm.settings), "")


async def _enrolment(visit: Visit, refusal: CrmError | None = None) -> ASGIResponse:
    try:
        enrolment = await visit.crm.second_factors.begin(_own(visit))
    except Conflict:
        return visit.redirect(HERE)
    return await visit.page(
        "settings_second_factor.html",
        status=refusal.status if refusal else 200,
        area="settings",
        qr=qr_svg(enrolment.uri),
        letters=enrolment.secret,
        error=refusal.problems[0].sentence(visit.language) if refusal else "",
    )


async def _page(visit: Visit, refusal: CrmError | None = None, field: str = "") -> ASGIResponse:
    own = _own(visit)
    errors: dict[str, str] = {}
    if refusal is not None:
        errors = {field_name(problem.path): problem.sentence(visit.language) for problem in refusal.problems}
        errors = errors or {field: refusal.sentence(visit.language)}
    return await visit.page(
        "settings_security.html",
        status=refusal.status if refusal else 200,
        area="settings",
        errors=errors,
        linked=await visit.crm.external.users.entries(own),
        providers=await visit.crm.external.buttons(visit.language),
        second_factor=await visit.crm.second_factors.state(own),
        sessions=[_shown(entry) for entry in await visit.crm.accounts.sessions.entries(own, _secret(visit))],
    )


def _shown(entry: Any) -> dict[str, Any]:
    return {
        "id": entry.id,
        "device": device_of(entry.user_agent),
        "address": entry.address,
        "method": entry.method,
        "seen": entry.last_seen_at,
        "since": entry.created_at,
        "current": entry.current,
    }


ROUTES = (
    Route("GET", HERE, show),
    Route("POST", f"{HERE}/password", change_password),
    Route("GET", f"{HERE}/second-factor", show_enrolment),
    Route("POST", f"{HERE}/second-factor", enrol),
    Route("POST", f"{HERE}/second-factor/codes", renew_codes),
    Route("POST", f"{HERE}/second-factor/off", switch_off),
    Route("POST", f"{HERE}/sessions/{{id:uuid}}/end", end_session),
    Route("POST", f"{HERE}/sessions/end-others", end_others),
    Route("POST", f"{HERE}/accounts/{{id:uuid}}/unlink", unlink),
)
