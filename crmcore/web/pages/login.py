"""Signing in and out."""

from uuid import UUID

from litestar.datastructures import Cookie
from litestar.response.base import ASGIResponse

from crmcore.contracts.actors import system_actor
from crmcore.errors import NotSignedIn, TooMany
from crmcore.http.auth import find_actor
from crmcore.http.cookies import session_cookie, session_cookie_name
from crmcore.web.pages.profile import theme_cookie
from crmcore.web.route import Route
from crmcore.web.visit import Visit, local_path


async def show_login(visit: Visit) -> ASGIResponse:
    """Show the sign-in form; whoever is signed in goes on."""
    target = local_path(visit.query.get("next", "/inbox"))
    if await find_actor(visit.request) is not None:
        return visit.redirect(target)
    return _form(visit, target)


async def sign_in(visit: Visit) -> ASGIResponse:
    """Check e-mail address and password, and start a session."""
    form = await visit.form()
    target = local_path(form.get("next") or "/inbox")
    email = form.get("email")[:254]
    request = visit.request
    try:
        secret = await visit.crm.accounts.sign_in(
            email,
            form.raw("password")[:1000],
            address=request.client.host if request.client else "",
            user_agent=request.headers.get("user-agent", "")[:300],
        )
    except NotSignedIn:
        error = visit.texts.gettext("The e-mail address or the password is wrong.")
        return _form(visit, target, email, error, 401)
    except TooMany as refusal:
        return _form(visit, target, email, refusal.sentence(visit.language), 429)
    return visit.redirect(target, (session_cookie(visit.crm.settings, secret), *await _theme(visit, secret)))


async def sign_out(visit: Visit) -> ASGIResponse:
    """End the session here and in the database."""
    settings = visit.crm.settings
    secret = visit.request.cookies.get(session_cookie_name(settings), "")
    if secret:
        await visit.crm.accounts.sign_out(secret)
    return visit.redirect("/login", (session_cookie(settings, "", max_age=0),))


async def _theme(visit: Visit, secret: str) -> list[Cookie]:
    """Return the cookie of the theme that the user chose in another browser."""
    actor = await visit.crm.accounts.actor_for_session(secret)
    if actor is None:
        return []
    user = await visit.crm.records.get("user", UUID(actor.id), actor=system_actor("sign-in"))
    return [theme_cookie(visit, user.document["theme"])]


def _form(visit: Visit, target: str, email: str = "", error: str = "", status: int = 200) -> ASGIResponse:
    return visit.render("login.html", status=status, next=target, email=email, error=error)


ROUTES = (
    Route("GET", "/login", show_login, public=True),
    Route("POST", "/login", sign_in, public=True),
    Route("POST", "/logout", sign_out),
)
