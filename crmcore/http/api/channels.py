"""Kinds of channels, and messages that programs post into a channel account."""

from typing import TYPE_CHECKING, Any

import msgspec

from crmcore.contracts.channels import Channel
from crmcore.contracts.connections import Connection
from crmcore.contracts.labels import text_of
from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.operation import Operation, Parameter, Success, reference
from crmcore.http.receiving import answer_of, inbound_request
from crmcore.http.request import CrmRequest

if TYPE_CHECKING:
    from crmcore.workspace import Crm

ACCOUNT = Parameter(
    name="account",
    where="path",
    required=True,
    description="The channel account's id or slug.",
    schema={"type": "string"},
)
EXAMPLE = {
    "delivery_key": "order-1042-question-1",
    "from": {"email": "lena@example.com", "name": "Lena Orlova"},
    "subject": "Where is my parcel?",
    "text": "Hello, I ordered on Monday and have heard nothing since.",
    "thread_key": "order-1042",
}


def channel_operations(crm: "Crm") -> list[Operation]:
    """Return the list of channels and the door for programs' messages."""

    async def list_channels(request: CrmRequest) -> Answer:
        channels = sorted(crm.registry.channels.items())
        items = [
            _document(registered.item, registered.plugin, request.language) for _, registered in channels
        ]
        return Answer(body={"items": items})

    async def list_connections(request: CrmRequest) -> Answer:
        connections = sorted(crm.registry.connections.items())
        items = [_of_connection(owned.item, owned.plugin, request.language) for _, owned in connections]
        return Answer(body={"items": items})

    async def post_inbound(request: CrmRequest) -> Answer:
        await request.document()
        inbound = await inbound_request(crm, request)
        account = str(request.path_params["account"])
        return answer_of(await crm.conversations.receive(account, inbound, actor=actor_of(request)))

    return [
        Operation(
            id="list_channels",
            method="GET",
            path="/api/channels",
            tag="channels",
            summary="List kinds of channels",
            description="What each can do, and the JSON Schema of an account's `config`.",
            permission="channel.read",
            success=Success(
                schema=reference("ChannelList"), description="All that the loaded plugins bring."
            ),
            handler=list_channels,
        ),
        Operation(
            id="list_connections",
            method="GET",
            path="/api/connections",
            tag="channels",
            summary="List kinds of connections",
            description=(
                "Services that are no channel. Their accounts are configured at `/api/channel-accounts`, with the "
                "connection's `key` as `channel` and a `config` of this JSON Schema."
            ),
            permission="channel.read",
            success=Success(
                schema=reference("ConnectionList"), description="All that the loaded plugins bring."
            ),
            handler=list_connections,
        ),
        Operation(
            id="post_inbound",
            method="POST",
            path="/api/channels/{account:str}/inbound",
            tag="channels",
            summary="Deliver a customer's message",
            description=(
                "For programs that receive messages themselves. The message is stored before the answer and "
                "becomes a contact and a conversation shortly after. The same `delivery_key` gets the same answer "
                "and is applied once, so repeat the request until it is answered."
            ),
            permission="inbound.post",
            parameters=(ACCOUNT,),
            body=reference("InboundMessage"),
            example=EXAMPLE,
            success=Success(status=202, schema=reference("InboundAccepted"), description="It is stored."),
            refusals=(404, 409, 422),
            handler=post_inbound,
        ),
    ]


def _document(channel: Channel, plugin: str, language: str) -> dict[str, Any]:
    return {
        "key": channel.key,
        "plugin": plugin,
        "label": text_of(channel.label, language),
        "icon": channel.icon,
        "public_form": channel.public_form,
        "capabilities": channel.capabilities,
        "config_schema": msgspec.json.schema(channel.config) if channel.config is not None else None,
    }


def _of_connection(connection: Connection, plugin: str, language: str) -> dict[str, Any]:
    return {
        "key": connection.key,
        "plugin": plugin,
        "label": text_of(connection.label, language),
        "help": text_of(connection.help, language),
        "icon": connection.icon,
        "receives": connection.verify is not None,
        "checks": connection.check is not None,
        "authorizes": connection.authorize is not None,
        "listens": connection.listen is not None,
        "config_schema": msgspec.json.schema(connection.config),
    }
