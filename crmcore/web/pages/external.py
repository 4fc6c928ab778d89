"""The way to a provider of single sign-on and back."""

from uuid import UUID

from litestar.datastructures import Cookie
from litestar.response.base import ASGIResponse

from crmcore.accounts.external import LIFETIME
from crmcore.errors import NotSignedIn, TooMany
from crmcore.http.auth import find_actor
from crmcore.http.cookies import short_cookie, short_cookie_name
from crmcore.http.cross_site import followed_here
from crmcore.http.refusals import CrossSite
from crmcore.web.entering import entered
from crmcore.web.route import Route
from crmcore.web.visit import HTML, Visit, local_path

TRIP = "trip"


async def start(visit: Visit) -> ASGIResponse:
    """Send the browser to the provider; who is signed in already links the account there."""
    crm = visit.crm
    actor = await find_actor(visit.request)
    linking = visit.query.get("link") == "1" and actor is not None and actor.kind == "user"
    if linking and not followed_here(visit.request, crm.settings.base_url):
        # Another site could have signed this browser in at the provider as somebody else.
        raise CrossSite
    try:
        url, sealed = await crm.external.start(
            _plugin(visit),
            next=local_path(visit.query.get("next", "/inbox")),
            language=visit.language,
            link_to=UUID(actor.id) if actor is not None and linking else None,
        )
    except NotSignedIn as refusal:
        return _refused(visit, refusal)
    cookie = short_cookie(crm.settings, TRIP, sealed, max_age=int(LIFETIME.total_seconds()))
    return ASGIResponse(status_code=303, media_type=HTML, headers={"Location": url}, cookies=[cookie])


async def callback(visit: Visit) -> ASGIResponse:
    """Take the browser back, and let the person in."""
    crm = visit.crm
    plugin = _plugin(visit)
    sealed = visit.request.cookies.get(short_cookie_name(crm.settings, TRIP), "")[:8000]
    query = {name[:100]: value for name, value in visit.long_query.items()}
    actor = await find_actor(visit.request)
    try:
        user_id, target, linked = await crm.external.finish(
            plugin,
            sealed,
            query,
            address=visit.address,
            language=visit.language,
            signed_in=actor.id if actor is not None and actor.kind == "user" else "",
        )
        if linked:
            return visit.redirect("/settings/security", (_over(visit),), done="linked")
        secret = await crm.accounts.entrance.enter_from_outside(
            user_id, plugin, address=visit.address, user_agent=visit.user_agent
        )
    except (NotSignedIn, TooMany) as refusal:
        return _refused(visit, refusal)
    return await entered(visit, secret, target, also=(_over(visit),))


def _plugin(visit: Visit) -> str:
    return str(visit.request.path_params["plugin"])


def _over(visit: Visit) -> Cookie:
    return short_cookie(visit.crm.settings, TRIP, "", max_age=0)


def _refused(visit: Visit, refusal: NotSignedIn | TooMany) -> ASGIResponse:
    return visit.render(
        "sign_in_refused.html",
        status=403 if isinstance(refusal, NotSignedIn) else refusal.status,
        headers=refusal.headers,
        cookies=(_over(visit),),
        sentence=refusal.sentence(visit.language),
    )


ROUTES = (
    Route("GET", "/auth/{plugin:str}/start", start, public=True),
    Route("GET", "/auth/{plugin:str}/callback", callback, public=True),
)
