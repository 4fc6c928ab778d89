"""The messages of a conversation: reading, replying, noting, sending again."""

from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.conversions import converted
from crmcore.http.listing import CURSOR, LIMIT, cursor_of, id_of, limit_of
from crmcore.http.operation import Operation, Success, path_id, reference
from crmcore.http.request import CrmRequest

if TYPE_CHECKING:
    from crmcore.workspace import Crm

MAX_TEXT = 100_000
OF_CONVERSATION = path_id(description="The conversation's id.")


class NewMessage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reply to the customer, or a note that the customer never sees; ``attachments`` are ids of uploads."""

    kind: Literal["reply", "note"] = "reply"
    text: Annotated[str, Meta(min_length=1, max_length=MAX_TEXT)]
    attachments: Annotated[list[UUID], Meta(max_length=20)] = []


def message_operations(crm: "Crm") -> list[Operation]:
    """Return the operations on the messages of a conversation."""

    async def list_messages(request: CrmRequest) -> Answer:
        values = request.query("limit", "cursor")
        page = await crm.conversations.message_documents(
            id_of(request), actor=actor_of(request), cursor=cursor_of(values), limit=limit_of(values)
        )
        return Answer(body=page)

    async def write_message(request: CrmRequest) -> Answer:
        message = converted(await request.document(), NewMessage)
        write = crm.conversations.reply if message.kind == "reply" else crm.conversations.note
        record = await write(
            id_of(request), message.text, actor=actor_of(request), attachments=message.attachments
        )
        return Answer(status=201, body=record.document, headers={"Location": f"/api/messages/{record.id}"})

    async def send_again(request: CrmRequest) -> Answer:
        id, actor = id_of(request), actor_of(request)
        await crm.conversations.retry(id, actor=actor)
        record = await crm.records.get("message", id, actor=actor)
        return Answer(status=202, body=record.document)

    return [
        Operation(
            id="list_conversation_messages",
            method="GET",
            path="/api/conversations/{id:str}/messages",
            tag="conversations",
            summary="Read a conversation's messages",
            description="Messages, notes and event lines in the order in which they happened.",
            permission="message.read",
            parameters=(OF_CONVERSATION, LIMIT, CURSOR),
            success=Success(schema=reference("MessagePage"), description="One page."),
            refusals=(400, 404, 422),
            handler=list_messages,
        ),
        Operation(
            id="write_message",
            method="POST",
            path="/api/conversations/{id:str}/messages",
            tag="conversations",
            summary="Reply to the customer, or write a note",
            description=(
                "A reply leaves through the conversation's channel: `delivery` tells how far it is. A note stays in "
                "the team. Send an `Idempotency-Key`, and a retry never sends twice."
            ),
            permission="message.write",
            parameters=(OF_CONVERSATION,),
            body=reference("NewMessage"),
            example={"kind": "reply", "text": "Your parcel left us this morning."},
            success=Success(
                status=201, schema=reference("Message"), headers=("Location",), description="It was written."
            ),
            refusals=(404, 409, 422),
            idempotency="together",
            handler=write_message,
        ),
        Operation(
            id="retry_message",
            method="POST",
            path="/api/messages/{id:str}/retry",
            tag="messages",
            summary="Send a failed or held reply again",
            permission="message.write",
            parameters=(path_id(description="The message's id."),),
            success=Success(status=202, schema=reference("Message"), description="It is on its way again."),
            refusals=(404, 409, 422),
            idempotency="together",
            handler=send_again,
        ),
    ]
