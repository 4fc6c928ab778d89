"""Who asks."""

from typing import TYPE_CHECKING

from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.operation import Operation, Success, reference
from crmcore.http.request import CrmRequest

if TYPE_CHECKING:
    from crmcore.workspace import Crm


def me_operations(crm: "Crm") -> list[Operation]:
    """Return the one operation about oneself."""

    async def get_me(request: CrmRequest) -> Answer:
        actor = actor_of(request)
        body = {
            "kind": actor.kind,
            "id": actor.id,
            "label": actor.label,
            "permissions": sorted(actor.permissions),
            "language": actor.language,
            "time_zone": actor.time_zone,
            "workspace": crm.settings.name,
        }
        return Answer(body=body)

    return [
        Operation(
            id="get_me",
            method="GET",
            path="/api/me",
            tag="access",
            summary="Read who you are and what you may do",
            description="`permissions` are patterns: `contact.read`, `contact.*`, `*.read`, `*`.",
            anyone=True,
            success=Success(schema=reference("Me"), description="You."),
            handler=get_me,
        )
    ]
