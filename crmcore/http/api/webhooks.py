"""Outgoing webhooks over HTTP: endpoints and what was sent to them."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.conversions import converted
from crmcore.http.listing import CURSOR, LIMIT, cursor_of, id_of, limit_of
from crmcore.http.operation import Operation, Parameter, Success, path_id, reference
from crmcore.http.request import CrmRequest
from crmcore.http.versions import asked_version
from crmcore.records.query import BadCursor
from crmcore.webhooks.endpoint import DeliveryState, EndpointChanges, EndpointEntry, NewEndpoint
from crmcore.webhooks.log import STATES
from crmcore.webhooks.service import READ, WRITE

if TYPE_CHECKING:
    from crmcore.workspace import Crm

ALL, ONE = "/api/webhooks", "/api/webhooks/{id:str}"
THE_ENDPOINT = path_id(description="The endpoint's id.")
SHOWN_ONCE = (
    "Its `secret` is shown this once; an `Idempotency-Key` is not kept, because the answer is not either."
)


class _Asked(msgspec.Struct, frozen=True):
    state: DeliveryState | None = None


def webhook_operations(crm: "Crm") -> list[Operation]:
    """Return everything about endpoints, their secrets and their deliveries."""

    async def list_webhooks(request: CrmRequest) -> Answer:
        entries = await crm.webhooks.list(actor=actor_of(request))
        return Answer(body={"items": entries, "events": crm.webhooks.event_names()})

    async def create_webhook(request: CrmRequest) -> Answer:
        new = converted(await request.document(), NewEndpoint)
        entry, secret = await crm.webhooks.create(new, actor=actor_of(request))
        return Answer(
            status=201,
            body=_with(entry, secret),
            headers=_etag(entry) | {"Location": f"{ALL}/{entry.id}"},
        )

    async def get_webhook(request: CrmRequest) -> Answer:
        entry = await crm.webhooks.get(id_of(request), actor=actor_of(request))
        return Answer(body=entry, headers=_etag(entry))

    async def change_webhook(request: CrmRequest) -> Answer:
        document: dict[str, Any] = await request.document()
        version = asked_version(request, document.pop("version", None))
        changes = converted(document, EndpointChanges)
        entry = await crm.webhooks.update(id_of(request), changes, actor=actor_of(request), version=version)
        return Answer(body=entry, headers=_etag(entry))

    async def delete_webhook(request: CrmRequest) -> Answer:
        await crm.webhooks.delete(id_of(request), actor=actor_of(request))
        return Answer(status=204)

    async def rotate_webhook(request: CrmRequest) -> Answer:
        entry, secret = await crm.webhooks.rotate(id_of(request), actor=actor_of(request))
        return Answer(body=_with(entry, secret), headers=_etag(entry))

    async def drop_old_secret(request: CrmRequest) -> Answer:
        entry = await crm.webhooks.drop_old_secret(id_of(request), actor=actor_of(request))
        return Answer(body=entry, headers=_etag(entry))

    async def test_webhook(request: CrmRequest) -> Answer:
        delivery = await crm.webhooks.deliveries.test(id_of(request), actor=actor_of(request))
        return Answer(status=202, body=delivery)

    async def list_webhook_deliveries(request: CrmRequest) -> Answer:
        values = request.query("state", "limit", "cursor")
        asked = converted({"state": values["state"]} if values.get("state") else {}, _Asked)
        cursor = cursor_of(values)
        entries, following = await crm.webhooks.deliveries.page(
            id_of(request),
            actor=actor_of(request),
            state=asked.state or "",
            limit=limit_of(values),
            before=_before(cursor) if cursor else None,
        )
        return Answer(body={"items": entries, "next": following})

    async def send_webhook_again(request: CrmRequest) -> Answer:
        delivery = await crm.webhooks.deliveries.send_again(
            id_of(request), id_of(request, "delivery"), actor=actor_of(request)
        )
        return Answer(status=202, body=delivery)

    made = reference("WebhookWithSecret")
    one = Success(schema=reference("Webhook"), headers=("ETag",), description="The endpoint as it is now.")
    example = {"url": "https://shop.example/hooks/crm", "events": ["contact_created", "message_received"]}
    return [
        Operation(
            id="list_webhooks",
            method="GET",
            path=ALL,
            tag="webhooks",
            summary="List endpoints",
            description="The oldest first; with the names of all events that they can choose from.",
            permission=READ,
            success=Success(schema=reference("WebhookList"), description="All endpoints."),
            handler=list_webhooks,
        ),
        Operation(
            id="create_webhook",
            method="POST",
            path=ALL,
            tag="webhooks",
            summary="Make an endpoint",
            description=(
                "Events are posted to it from now on, as much of them as you may see at that moment and this "
                f"request might. {SHOWN_ONCE}"
            ),
            permission=WRITE,
            body=reference("NewWebhook"),
            example=example,
            success=Success(
                status=201, schema=made, headers=("ETag", "Location"), description="It was made."
            ),
            refusals=(409, 422),
            handler=create_webhook,
        ),
        Operation(
            id="get_webhook",
            method="GET",
            path=ONE,
            tag="webhooks",
            summary="Read one endpoint",
            permission=READ,
            parameters=(THE_ENDPOINT,),
            success=Success(schema=reference("Webhook"), headers=("ETag",), description="The endpoint."),
            refusals=(404,),
            handler=get_webhook,
        ),
        Operation(
            id="change_webhook",
            method="PATCH",
            path=ONE,
            tag="webhooks",
            summary="Change, pause or enable an endpoint",
            description=(
                "While it is paused, deliveries are kept and wait. Whoever changes `url` or `events` is its owner "
                "from then on."
            ),
            permission=WRITE,
            parameters=(THE_ENDPOINT,),
            body=reference("WebhookChanges"),
            example={"state": "paused"},
            success=one,
            refusals=(404, 409, 422),
            handler=change_webhook,
        ),
        Operation(
            id="delete_webhook",
            method="DELETE",
            path=ONE,
            tag="webhooks",
            summary="Delete an endpoint",
            description="What waits for it is never sent.",
            permission=WRITE,
            parameters=(THE_ENDPOINT,),
            success=Success(status=204, description="It is gone."),
            refusals=(404,),
            handler=delete_webhook,
        ),
        Operation(
            id="rotate_webhook_secret",
            method="POST",
            path=f"{ONE}/rotate",
            tag="webhooks",
            summary="Give an endpoint a new secret",
            description=f"The one before signs too, until it is dropped or replaced again. {SHOWN_ONCE}",
            permission=WRITE,
            parameters=(THE_ENDPOINT,),
            success=Success(schema=made, headers=("ETag",), description="With the new secret."),
            refusals=(404,),
            handler=rotate_webhook,
        ),
        Operation(
            id="drop_old_webhook_secret",
            method="DELETE",
            path=f"{ONE}/old-secret",
            tag="webhooks",
            summary="Drop the secret from before the rotation",
            permission=WRITE,
            parameters=(THE_ENDPOINT,),
            success=one,
            refusals=(404,),
            handler=drop_old_secret,
        ),
        Operation(
            id="test_webhook",
            method="POST",
            path=f"{ONE}/test",
            tag="webhooks",
            summary="Send a test",
            description="One attempt, also to an endpoint that rests; its list of deliveries says how it went.",
            permission=WRITE,
            parameters=(THE_ENDPOINT,),
            success=Success(status=202, schema=reference("WebhookDelivery"), description="It is on its way."),
            refusals=(404,),
            idempotency="together",
            handler=test_webhook,
        ),
        Operation(
            id="list_webhook_deliveries",
            method="GET",
            path=f"{ONE}/deliveries",
            tag="webhooks",
            summary="List what was sent to an endpoint",
            description="The newest first. They are kept for 30 days.",
            permission=READ,
            parameters=(
                THE_ENDPOINT,
                Parameter(
                    name="state",
                    where="query",
                    description="Only those in this state; `dead` are those that were given up.",
                    schema={"type": "string", "enum": list(STATES)},
                ),
                LIMIT,
                CURSOR,
            ),
            success=Success(schema=reference("WebhookDeliveryList"), description="A page of deliveries."),
            refusals=(400, 404, 422),
            handler=list_webhook_deliveries,
        ),
        Operation(
            id="send_webhook_again",
            method="POST",
            path=f"{ONE}/deliveries/{{delivery:str}}/retry",
            tag="webhooks",
            summary="Send a delivery again",
            description="Whatever became of it, with all its attempts and under the same `webhook-id`.",
            permission=WRITE,
            parameters=(THE_ENDPOINT, path_id("delivery", "The delivery's id.")),
            success=Success(status=202, schema=reference("WebhookDelivery"), description="It is queued."),
            refusals=(404, 409),
            handler=send_webhook_again,
        ),
    ]


def _with(entry: EndpointEntry, secret: str) -> dict[str, Any]:
    return msgspec.structs.asdict(entry) | {"secret": secret}


def _etag(entry: EndpointEntry) -> dict[str, str]:
    return {"ETag": f'"{entry.version}"'}


def _before(cursor: str) -> UUID:
    try:
        return UUID(cursor)
    except ValueError as error:
        raise BadCursor from error
