"""Notifications over HTTP: what concerns who asks."""

from typing import TYPE_CHECKING, Any

import msgspec

from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.conversions import converted
from crmcore.http.listing import CURSOR, LIMIT, cursor_of, id_of, limit_of
from crmcore.http.operation import Operation, Parameter, Success, path_id, reference
from crmcore.http.request import CrmRequest
from crmcore.notifications.choices import Ways
from crmcore.notifications.reading import own_id

if TYPE_CHECKING:
    from crmcore.workspace import Crm

HERE = "/api/notifications"
UNREAD = Parameter(
    name="unread",
    where="query",
    description="`true`: only what you have not read.",
    schema={"type": "boolean"},
)


def notification_operations(crm: "Crm") -> list[Operation]:
    """Return list, count, mark and choices of one's own notifications."""

    async def list_notifications(request: CrmRequest) -> Answer:
        values = request.query("limit", "cursor", "unread")
        page = await crm.notifications.reading.page(
            actor=actor_of(request),
            unread=values.get("unread") == "true",
            cursor=cursor_of(values),
            limit=limit_of(values),
        )
        return Answer(body={"items": [_document(item) for item in page.items], "next": page.next})

    async def count_notifications(request: CrmRequest) -> Answer:
        return Answer(body={"unread": await crm.notifications.reading.unread(actor=actor_of(request))})

    async def read_notification(request: CrmRequest) -> Answer:
        item = await crm.notifications.reading.read(id_of(request), actor=actor_of(request))
        return Answer(body=_document(item))

    async def read_notifications(request: CrmRequest) -> Answer:
        return Answer(body={"read": await crm.notifications.reading.read_all(actor=actor_of(request))})

    async def get_choices(request: CrmRequest) -> Answer:
        return Answer(body=_ways(await crm.notifications.choices.of(own_id(actor_of(request)))))

    async def set_choices(request: CrmRequest) -> Answer:
        user = own_id(actor_of(request))
        asked = converted(await request.document(), dict[str, Ways])
        return Answer(body=_ways(await crm.notifications.choices.choose(user, asked)))

    return [
        Operation(
            id="list_notifications",
            method="GET",
            path=HERE,
            tag="notifications",
            summary="List your notifications",
            description="The newest first. What is about a record that you do not see any more is left out.",
            anyone=True,
            parameters=(UNREAD, LIMIT, CURSOR),
            success=Success(schema=reference("NotificationList"), description="One page."),
            refusals=(400, 403, 422),
            handler=list_notifications,
        ),
        Operation(
            id="count_notifications",
            method="GET",
            path=f"{HERE}/count",
            tag="notifications",
            summary="Count what you have not read",
            description="Up to 100, which means a hundred or more.",
            anyone=True,
            success=Success(schema=reference("NotificationCount"), description="How many."),
            refusals=(403,),
            handler=count_notifications,
        ),
        Operation(
            id="read_notifications",
            method="POST",
            path=f"{HERE}/read",
            tag="notifications",
            summary="Mark everything as read",
            anyone=True,
            success=Success(schema=reference("NotificationsRead"), description="How many there were."),
            refusals=(403,),
            handler=read_notifications,
            idempotency="together",
        ),
        Operation(
            id="read_notification",
            method="POST",
            path=f"{HERE}/{{id:str}}/read",
            tag="notifications",
            summary="Mark one as read",
            anyone=True,
            parameters=(path_id(description="The notification's id."),),
            success=Success(schema=reference("Notification"), description="It, with the time of reading."),
            refusals=(403, 404),
            handler=read_notification,
            idempotency="together",
        ),
        Operation(
            id="get_notification_choices",
            method="GET",
            path=f"{HERE}/choices",
            tag="notifications",
            summary="Read how you hear of what",
            anyone=True,
            success=Success(schema=reference("NotificationChoices"), description="Every kind with its ways."),
            refusals=(403,),
            handler=get_choices,
        ),
        Operation(
            id="set_notification_choices",
            method="PATCH",
            path=f"{HERE}/choices",
            tag="notifications",
            summary="Choose how you hear of what",
            description="The kinds that you name change, the others stay.",
            anyone=True,
            body=reference("NotificationChoices"),
            example={"customer_answered": {"in_page": True, "by_mail": True}},
            success=Success(schema=reference("NotificationChoices"), description="Every kind with its ways."),
            refusals=(403, 422),
            handler=set_choices,
        ),
    ]


def _document(item: Any) -> dict[str, Any]:
    return {name: getattr(item, name) for name in item.__struct_fields__}


def _ways(ways: dict[str, Ways]) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(ways)
    return found
