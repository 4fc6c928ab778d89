"""Deliveries as they arrived, what became of them, and their replay."""

from typing import TYPE_CHECKING

from msgspec import Struct

from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.conversations.reading import STATES
from crmcore.errors import Invalid
from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.conversions import converted
from crmcore.http.listing import CURSOR, LIMIT, cursor_of, id_of, limit_of
from crmcore.http.operation import Operation, Parameter, Success, path_id, reference
from crmcore.http.request import CrmRequest

if TYPE_CHECKING:
    from crmcore.workspace import Crm

NO_STATE: Label = {"en": "A state is one of: {known}.", "ru": "Состояние — одно из: {known}."}


class Replay(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to replay a delivery; ``accept`` lets it pass the filters that held or dropped it."""

    accept: bool = False


def inbound_operations(crm: "Crm") -> list[Operation]:
    """Return list, get and replay of deliveries."""

    async def list_deliveries(request: CrmRequest) -> Answer:
        values = request.query("state", "account", "limit", "cursor")
        state = values.get("state", "")
        if state and state not in STATES:
            params = {"known": ", ".join(STATES)}
            raise Invalid(
                problems=(Problem(code="unknown_state", message=NO_STATE, path="/state", params=params),)
            )
        page = await crm.conversations.deliveries(
            actor=actor_of(request),
            state=state,
            account=values.get("account", ""),
            cursor=cursor_of(values),
            limit=limit_of(values),
        )
        return Answer(body={"items": page.items, "next": page.next})

    async def get_delivery(request: CrmRequest) -> Answer:
        return Answer(body=await crm.conversations.delivery(id_of(request), actor=actor_of(request)))

    async def replay(request: CrmRequest) -> Answer:
        asked = converted(await request.document(), Replay) if await request.body() else Replay()
        id = id_of(request)
        await crm.conversations.replay(id, actor=actor_of(request), accept=asked.accept)
        return Answer(status=202, body={"id": id, "state": "received"})

    one = (path_id(description="The delivery's id."),)
    return [
        Operation(
            id="list_deliveries",
            method="GET",
            path="/api/inbound",
            tag="inbound",
            summary="List deliveries",
            description=(
                "What arrived through any channel, the newest first, and what became of it: `received` waits, `done` "
                "is in a conversation, `dropped` and `held` were so decided by a filter, `quarantined` could not be "
                "understood. `error` says why."
            ),
            permission="inbound.read",
            parameters=(
                Parameter(
                    name="state",
                    where="query",
                    description="Only deliveries in this state.",
                    schema={"type": "string", "enum": list(STATES)},
                ),
                Parameter(
                    name="account",
                    where="query",
                    description="Only deliveries of this channel account, by id or slug.",
                    schema={"type": "string"},
                ),
                LIMIT,
                CURSOR,
            ),
            success=Success(schema=reference("DeliveryPage"), description="One page."),
            refusals=(400, 404, 422),
            handler=list_deliveries,
        ),
        Operation(
            id="get_delivery",
            method="GET",
            path="/api/inbound/{id:str}",
            tag="inbound",
            summary="Read one delivery",
            description="With its raw body: as text where it is UTF-8, in base64 otherwise.",
            permission="inbound.read",
            parameters=one,
            success=Success(schema=reference("Delivery"), description="The delivery."),
            refusals=(404,),
            handler=get_delivery,
        ),
        Operation(
            id="replay_delivery",
            method="POST",
            path="/api/inbound/{id:str}/replay",
            tag="inbound",
            summary="Process a delivery again",
            description="What was applied before is not applied twice. `accept` overrules the filters.",
            permission="inbound.write",
            parameters=one,
            body=reference("Replay"),
            body_required=False,
            example={"accept": True},
            success=Success(status=202, schema=reference("DeliveryQueued"), description="It is queued."),
            refusals=(404,),
            handler=replay,
        ),
    ]
