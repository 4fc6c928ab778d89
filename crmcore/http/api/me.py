"""Who asks, and how they want the pages."""

from typing import TYPE_CHECKING

import msgspec

from crmcore.accounts.preferences import PreferenceChanges
from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.conversions import converted
from crmcore.http.operation import Operation, Success, reference
from crmcore.http.request import CrmRequest

if TYPE_CHECKING:
    from crmcore.workspace import Crm


def me_operations(crm: "Crm") -> list[Operation]:
    """Return the operations about oneself."""

    async def get_me(request: CrmRequest) -> Answer:
        actor = actor_of(request)
        body = {
            "kind": actor.kind,
            "id": actor.id,
            "label": actor.label,
            "permissions": sorted(actor.permissions),
            "language": actor.language,
            "time_zone": actor.time_zone,
            "density": actor.density,
            "workspace": crm.settings.name,
        }
        return Answer(body=body)

    async def get_preferences(request: CrmRequest) -> Answer:
        return Answer(body=msgspec.to_builtins(await crm.preferences.of(actor_of(request))))

    async def change_preferences(request: CrmRequest) -> Answer:
        changes = converted(await request.document(), PreferenceChanges)
        return Answer(body=msgspec.to_builtins(await crm.preferences.change(actor_of(request), changes)))

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
        ),
        Operation(
            id="get_preferences",
            method="GET",
            path="/api/me/preferences",
            tag="access",
            summary="Read how you want the pages",
            description="`keys` has the key of every action: those that you chose, and the defaults of the others.",
            anyone=True,
            success=Success(schema=reference("Preferences"), description="What holds for you."),
            refusals=(403, 404),
            handler=get_preferences,
        ),
        Operation(
            id="change_preferences",
            method="PATCH",
            path="/api/me/preferences",
            tag="access",
            summary="Change how you want the pages",
            description=(
                "What you name changes, the rest stays. `keys` are those that differ from the defaults; every other "
                "action gets its default back, and a key that two actions would have is refused."
            ),
            anyone=True,
            body=reference("PreferenceChanges"),
            example={"density": "compact", "keys": {"close": "q"}},
            success=Success(schema=reference("Preferences"), description="What holds from now on."),
            refusals=(403, 404, 422),
            handler=change_preferences,
        ),
    ]
