"""The general settings over HTTP."""

from typing import TYPE_CHECKING

from crmcore.conversions import converted
from crmcore.general.choices import GeneralChoices
from crmcore.general.service import READ, WRITE
from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.operation import Operation, Success, reference
from crmcore.http.request import CrmRequest

if TYPE_CHECKING:
    from crmcore.workspace import Crm

_ALL = Success(schema=reference("GeneralSettingList"), description="Every setting, as it is in force.")


def general_operations(crm: "Crm") -> list[Operation]:
    """Return reading and changing the workspace's name, language, time zone, address and colour."""

    async def show(request: CrmRequest) -> Answer:
        return Answer(body={"items": await crm.general.all(actor=actor_of(request))})

    async def change(request: CrmRequest) -> Answer:
        actor = actor_of(request)
        await crm.general.change(converted(await request.document(), GeneralChoices), actor=actor)
        return Answer(body={"items": await crm.general.all(actor=actor)})

    return [
        Operation(
            id="list_general_settings",
            method="GET",
            path="/api/settings",
            tag="settings",
            summary="What is the workspace called, and how does it look and speak?",
            description="`decided_by` is `settings` where the settings file or a variable has the last word.",
            permission=READ,
            success=_ALL,
            handler=show,
        ),
        Operation(
            id="change_general_settings",
            method="PATCH",
            path="/api/settings",
            tag="settings",
            summary="Change name, language, time zone, address or colour",
            description="What is left out stays. What the settings file or a variable says cannot be changed here.",
            permission=WRITE,
            body=reference("GeneralChoices"),
            example={"name": "Polar Coffee", "time_zone": "Europe/Berlin"},
            success=_ALL,
            refusals=(422,),
            handler=change,
        ),
    ]
