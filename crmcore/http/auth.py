"""Who asks: bearer tokens and session cookies; what nobody may do unless a route says so."""

from typing import TYPE_CHECKING, Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from crmcore.audit.acting import found_out
from crmcore.contracts.actors import Actor
from crmcore.errors import Forbidden, NotSignedIn
from crmcore.http.cookies import session_cookie_name
from crmcore.http.cross_site import refuse_cross_site

if TYPE_CHECKING:
    from crmcore.workspace import Crm

MAX_SECRET = 200


def actor_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Actor:
    """Return who asks. Raises :class:`~crmcore.errors.NotSignedIn` on a public route that nobody signed in to."""
    actor = connection.scope["state"].get("actor")
    if not isinstance(actor, Actor):
        raise NotSignedIn
    return actor


async def find_actor(connection: ASGIConnection[Any, Any, Any, Any]) -> Actor | None:
    """Return who asks, or None; for public pages that look different to somebody signed in.

    An ``Authorization`` header counts alone; a cookie counts only without one. The answer is kept in the
    request's state, together with how the actor signed in: ``token`` or ``cookie``.
    """
    state = connection.scope["state"]
    if "not_met" in state:  # the database failed a moment ago: nobody waits for it twice
        raise state["not_met"]
    if "actor" in state:
        found: Actor | None = state["actor"]
        return found
    crm: Crm = connection.app.state.crm
    header = connection.headers.get("authorization")
    actor = None
    if header is not None:
        scheme, _, token = header.partition(" ")
        token = token.strip()
        if scheme.lower() == "bearer" and 0 < len(token) <= MAX_SECRET and token.isascii():
            actor = await crm.accounts.actor_for_token(token)
        state["signed_in_by"] = "token"
    else:
        secret = connection.cookies.get(session_cookie_name(crm.settings), "")
        if 0 < len(secret) <= MAX_SECRET and secret.isascii():
            actor = await crm.accounts.actor_for_session(secret)
        state["signed_in_by"] = "cookie"
    state["actor"] = actor
    if actor is not None:
        found_out(actor)
    return actor


def may(connection: ASGIConnection[Any, Any, Any, Any], permission: str) -> Actor:
    """Return who asks when they hold ``permission``, or raise :class:`~crmcore.errors.Forbidden`."""
    actor = actor_of(connection)
    if not actor.may(permission):
        raise Forbidden(permission=permission)
    return actor


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let nobody in unless the route says so: the one guard of the whole app.

    A route's ``opt`` may have ``public`` (anybody), ``signed`` (inbound traffic that proves itself by its
    signature: no cross-site check either) and ``permission`` (a permission the actor must hold). A route that
    says nothing needs somebody signed in.
    """
    opt = handler.opt
    method = connection.scope.get("method")
    if method == "OPTIONS" or opt.get("signed"):
        return
    base_url = connection.app.state.crm.settings.base_url
    if opt.get("public"):
        refuse_cross_site(connection, base_url, proof_required=False)
        return
    actor = await find_actor(connection)
    if actor is None:
        raise NotSignedIn
    if connection.scope["state"]["signed_in_by"] == "cookie":
        refuse_cross_site(connection, base_url, proof_required=True)
    permission = opt.get("permission")
    if permission and not actor.may(permission):
        raise Forbidden(permission=permission)
