"""Signing in and out."""

from urllib.parse import urlencode

from litestar.response.base import ASGIResponse

from crmcore.accounts.pending import SecondStepNeeded
from crmcore.errors import NotSignedIn, TooMany
from crmcore.http.auth import find_actor
from crmcore.http.cookies import session_cookie, session_cookie_name
from crmcore.web.entering import entered, second_step
from crmcore.web.route import Route
from crmcore.web.visit import Visit, local_path


async def show_login(visit: Visit) -> ASGIResponse:
    """Show the sign-in form; whoever is signed in goes on."""
    target = local_path(visit.query.get("next", "/inbox"))
    if await find_actor(visit.request) is not None:
        return visit.redirect(target)
    return await _form(visit, target)


async def sign_in(visit: Visit) -> ASGIResponse:
    """Check e-mail address and password, and start a session or ask for a code."""
    form = await visit.form()
    target = local_path(form.get("next") or "/inbox")
    email = form.get("email")[:254]
    try:
        secret = await visit.crm.accounts.sign_in(
            email, form.raw("password")[:1000], address=visit.address, user_agent=visit.user_agent
        )
    except SecondStepNeeded as step:
        return second_step(visit, step, target)
    except NotSignedIn:
        error = visit.texts.gettext("The e-mail address or the password is wrong.")
        return await _form(visit, target, email, error, 401)
    except TooMany as refusal:
        return await _form(visit, target, email, refusal.sentence(visit.language), 429, refusal.headers)
    return await entered(visit, secret, target)


async def sign_out(visit: Visit) -> ASGIResponse:
    """End the session here and in the database."""
    settings = visit.crm.settings
    secret = visit.request.cookies.get(session_cookie_name(settings), "")
    if secret:
        await visit.crm.accounts.sign_out(secret)
    return visit.redirect("/login", (session_cookie(settings, "", max_age=0),))


async def _form(
    visit: Visit,
    target: str,
    email: str = "",
    error: str = "",
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> ASGIResponse:
    return visit.render(
        "login.html",
        status=status,
        headers=headers,
        next=target,
        email=email,
        error=error,
        providers=[
            (f"/auth/{button.plugin}/start?{urlencode({'next': target})}", button.label, button.icon)
            for button in await visit.crm.external.buttons(visit.language)
        ],
        mails=visit.crm.post.configured,
        empty=await visit.crm.first_run.is_open(),
    )


ROUTES = (
    Route("GET", "/login", show_login, public=True),
    Route("POST", "/login", sign_in, public=True),
    Route("POST", "/logout", sign_out),
)
