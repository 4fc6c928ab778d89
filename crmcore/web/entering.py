"""What happens to a browser that is let in, or half in."""

from uuid import UUID

from litestar.datastructures import Cookie
from litestar.response.base import ASGIResponse

from crmcore.accounts.pending import LIFETIME, SecondStepNeeded
from crmcore.contracts.actors import system_actor
from crmcore.http.cookies import session_cookie, short_cookie, short_cookie_name
from crmcore.web.pages.profile import theme_cookie
from crmcore.web.visit import Visit

PENDING = "pending"


async def entered(
    visit: Visit, secret: str, target: str, done: str = "", also: tuple[Cookie, ...] = ()
) -> ASGIResponse:
    """Send a signed-in browser to ``target`` with its session's cookie and its user's theme."""
    return visit.redirect(target, (*await cookies_of(visit, secret), *also), done=done)


async def cookies_of(visit: Visit, secret: str) -> tuple[Cookie, ...]:
    """Return the cookies of a browser that is signed in from now on."""
    return (
        session_cookie(visit.crm.settings, secret),
        short_cookie(visit.crm.settings, PENDING, "", max_age=0),
        *await _theme(visit, secret),
    )


def second_step(visit: Visit, step: SecondStepNeeded, target: str) -> ASGIResponse:
    """Send a browser whose password was right to the code, or to setting up its authenticator."""
    seconds = int(LIFETIME.total_seconds())
    cookie = short_cookie(visit.crm.settings, PENDING, step.pending, max_age=seconds)
    return visit.redirect("/login/enrol" if step.enrol else "/login/code", (cookie,), next=target)


def pending_of(visit: Visit) -> str:
    """Return the secret of a half signed-in browser, empty without one."""
    secret = visit.request.cookies.get(short_cookie_name(visit.crm.settings, PENDING), "")
    return secret if len(secret) <= 200 and secret.isascii() else ""


async def _theme(visit: Visit, secret: str) -> list[Cookie]:
    """Return the cookie of the theme that the user chose in another browser."""
    actor = await visit.crm.accounts.actor_for_session(secret)
    if actor is None:
        return []
    user = await visit.crm.records.get("user", UUID(actor.id), actor=system_actor("sign-in"))
    return [theme_cookie(visit, user.document["theme"])]
