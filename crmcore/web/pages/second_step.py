"""The second step of signing in: a code, or setting up what shows codes."""

from litestar.response.base import ASGIResponse

from crmcore.errors import Conflict, CrmError, Invalid, NotSignedIn, TooMany
from crmcore.http.cookies import short_cookie
from crmcore.web.entering import PENDING, cookies_of, entered, pending_of
from crmcore.web.qr import qr_svg
from crmcore.web.route import Route
from crmcore.web.visit import Visit, local_path


async def show_code(visit: Visit) -> ASGIResponse:
    """Ask for the code."""
    try:
        await visit.crm.accounts.entrance.half_signed_in(pending_of(visit))
    except NotSignedIn:
        return _again(visit)
    return _code(visit, local_path(visit.query.get("next", "/inbox")))


async def give_code(visit: Visit) -> ASGIResponse:
    """Check the code and start the session."""
    form = await visit.form()
    target = local_path(form.get("next") or "/inbox")
    try:
        secret = await visit.crm.accounts.entrance.give_code(
            pending_of(visit), form.get("code")[:100], address=visit.address, user_agent=visit.user_agent
        )
    except NotSignedIn:
        return _again(visit)
    except (Invalid, TooMany) as refusal:
        return _code(visit, target, refusal)
    return await entered(visit, secret, target)


async def show_enrolment(visit: Visit) -> ASGIResponse:
    """Show what an authenticator app has to scan, to who needs one to sign in."""
    try:
        return await _enrolment(visit, local_path(visit.query.get("next", "/inbox")))
    except NotSignedIn:
        return _again(visit)
    except Conflict:
        return visit.redirect("/login/code", next=local_path(visit.query.get("next", "/inbox")))


async def enrol(visit: Visit) -> ASGIResponse:
    """Switch it on with the first code, start the session, show the recovery codes."""
    form = await visit.form()
    target = local_path(form.get("next") or "/inbox")
    try:
        secret, codes = await visit.crm.accounts.entrance.enrol(
            pending_of(visit), form.get("code")[:100], address=visit.address, user_agent=visit.user_agent
        )
    except (NotSignedIn, Conflict):
        return _again(visit)
    except (Invalid, TooMany) as refusal:
        return await _enrolment(visit, target, refusal)
    cookies = await cookies_of(visit, secret)
    return visit.render("login_recovery.html", cookies=cookies, next=target, codes=codes)


def _code(visit: Visit, target: str, refusal: CrmError | None = None) -> ASGIResponse:
    return visit.render(
        "login_code.html",
        status=refusal.status if refusal else 200,
        headers=refusal.headers if refusal else None,
        next=target,
        error=_said(visit, refusal),
    )


async def _enrolment(visit: Visit, target: str, refusal: CrmError | None = None) -> ASGIResponse:
    user_id = await visit.crm.accounts.entrance.half_signed_in(pending_of(visit))
    enrolment = await visit.crm.second_factors.begin(user_id)
    return visit.render(
        "login_enrol.html",
        status=refusal.status if refusal else 200,
        headers=refusal.headers if refusal else None,
        next=target,
        qr=qr_svg(enrolment.uri),
        letters=enrolment.secret,
        error=_said(visit, refusal),
    )


def _said(visit: Visit, refusal: CrmError | None) -> str:
    if refusal is None:
        return ""
    return " ".join(problem.sentence(visit.language) for problem in refusal.problems) or refusal.sentence(
        visit.language
    )


def _again(visit: Visit) -> ASGIResponse:
    return visit.redirect("/login", (short_cookie(visit.crm.settings, PENDING, "", max_age=0),))


ROUTES = (
    Route("GET", "/login/code", show_code, public=True),
    Route("POST", "/login/code", give_code, public=True),
    Route("GET", "/login/enrol", show_enrolment, public=True),
    Route("POST", "/login/enrol", enrol, public=True),
)
