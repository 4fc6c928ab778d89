"""Sessions over HTTP: where one is signed in."""

from typing import TYPE_CHECKING
from uuid import UUID

from crmcore.errors import Forbidden
from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.cookies import session_cookie_name
from crmcore.http.listing import id_of
from crmcore.http.operation import Operation, Success, path_id, reference
from crmcore.http.request import CrmRequest

if TYPE_CHECKING:
    from crmcore.workspace import Crm

NEEDED = "token.write"


def session_operations(crm: "Crm") -> list[Operation]:
    """Return list and end of one's own sessions."""

    async def list_sessions(request: CrmRequest) -> Answer:
        entries = await crm.accounts.sessions.entries(own_id(request), own_secret(crm, request))
        return Answer(body={"items": entries})

    async def end_session(request: CrmRequest) -> Answer:
        await crm.accounts.sessions.close_one(own_id(request), id_of(request))
        return Answer(status=204)

    async def end_other_sessions(request: CrmRequest) -> Answer:
        await crm.accounts.sessions.close_all(own_id(request), but=own_secret(crm, request))
        return Answer(status=204)

    return [
        Operation(
            id="list_sessions",
            method="GET",
            path="/api/sessions",
            tag="access",
            summary="List your sessions",
            description="Browsers you are signed in with, the one used last first. A token needs `token.write`.",
            anyone=True,
            success=Success(schema=reference("SessionList"), description="Your sessions."),
            handler=list_sessions,
        ),
        Operation(
            id="end_session",
            method="DELETE",
            path="/api/sessions/{id:str}",
            tag="access",
            summary="End one of your sessions",
            anyone=True,
            parameters=(path_id(description="The session's id."),),
            success=Success(status=204, description="That browser is signed out."),
            refusals=(404,),
            handler=end_session,
        ),
        Operation(
            id="end_other_sessions",
            method="DELETE",
            path="/api/sessions",
            tag="access",
            summary="End all your other sessions",
            description="The browser that asks stays signed in; a token ends all of them.",
            anyone=True,
            success=Success(status=204, description="They are signed out."),
            handler=end_other_sessions,
        ),
    ]


def own_secret(crm: "Crm", request: CrmRequest) -> str:
    """Return the secret of the session that asks; empty for a token."""
    if request.scope["state"].get("signed_in_by") != "cookie":
        return ""
    return request.cookies.get(session_cookie_name(crm.settings), "")


def own_id(request: CrmRequest) -> UUID:
    """Return whose account it is about: who asks. Raises Forbidden for a token without ``token.write``."""
    actor = actor_of(request)
    # Whoever reads with a token shall not sign its owner out.
    if actor.kind != "user" and not (actor.kind == "token" and actor.may(NEEDED)):
        raise Forbidden(permission=NEEDED)
    return UUID(actor.id)
