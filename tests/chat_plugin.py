"""A plugin for the tests of receiving and answering: a channel, filters and decisions led by what is written."""

import asyncio
import hmac
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from crmcore import (
    Capabilities,
    Channel,
    ChannelAccount,
    ContactMatch,
    CustomField,
    Forged,
    Identity,
    InboundMessage,
    InboundRequest,
    OutboundMessage,
    PluginContext,
    RawDelivery,
    Secret,
    SendFailed,
    Sent,
    TaskRequest,
    Verdict,
    Verified,
    hookimpl,
)

SENT: list[OutboundMessage] = []


class ChatConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    secret: Secret = "s3cret"
    mode: str = "ok"


def verify(request: InboundRequest, account: ChannelAccount) -> Verified:
    if not hmac.compare_digest(request.headers.get("x-chat-secret", ""), account.config.secret):
        raise Forged
    body = msgspec.json.decode(request.body)
    return Verified(delivery_key=body.get("id"), status=200, answer=b"ok")


def parse(delivery: RawDelivery, account: ChannelAccount) -> list[InboundMessage]:
    body = msgspec.json.decode(delivery.body)
    if body.get("broken"):
        raise KeyError("text")
    if body.get("odd"):
        return [{"text": "not a message"}]  # type: ignore[list-item]
    messages = []
    for item in body["messages"]:
        values: dict[str, Any] = {"external_id": item["id"], "text": item["text"]}
        if "from" in item:
            values["identities"] = (Identity(kind="chat_id", value=item["from"]),)
        if "task" in item:
            values["task"] = TaskRequest(title=item["task"], due_in_s=3600)
        for name in ("name", "thread_key", "contact", "contact_custom", "conversation_custom"):
            if name in item:
                values[name] = item[name]
        if "email" in item:
            values["identities"] = (
                *values.get("identities", ()),
                Identity(kind="email", value=item["email"]),
            )
        messages.append(InboundMessage(**values))
    return messages


async def send(message: OutboundMessage, account: ChannelAccount, plugin: PluginContext) -> Sent:
    mode = account.config.mode
    if mode == "crash":
        raise RuntimeError("no line")
    if mode == "hang":
        await asyncio.sleep(3600)
    if mode == "busy":
        raise SendFailed("the vendor is busy", retry_after_s=30)
    if mode == "permanent":
        raise SendFailed("the number does not exist", permanent=True)
    SENT.append(message)
    return Sent(external_id=f"out-{message.id}", delivered=mode == "receipt")


def normalize(identity: Identity) -> Identity:
    return Identity(kind=identity.kind, value=identity.value.lower())


@hookimpl
def register_channels() -> list[Channel]:
    return [
        Channel(
            key="chat",
            label={"en": "Chat", "ru": "Чат"},
            verify=verify,
            parse=parse,
            send=send,
            config=ChatConfig,
            capabilities=Capabilities(
                reply=True, max_length=100, reply_window_s=86_400, identity_kinds=("chat_id",)
            ),
            normalize_identity=normalize,
        )
    ]


@hookimpl
def register_custom_fields() -> list[CustomField]:
    return [
        CustomField(record_type="contact", key="chat_level", label="Level", type="number", read_only=True)
    ]


@hookimpl
def filter_inbound_message(message: InboundMessage, account: ChannelAccount) -> Verdict | None:
    if "casino" in message.text:
        return Verdict(action="drop", reason="advertising")
    if "suspicious" in message.text:
        return Verdict(action="hold", reason="somebody should look at it")
    if "filter crashes" in message.text:
        raise RuntimeError("the filter is broken")
    if "shout" in message.text:
        return Verdict(message=msgspec.structs.replace(message, text=message.text.upper()))
    return None


@hookimpl
def filter_outbound_message(message: OutboundMessage, account: ChannelAccount) -> Verdict | None:
    if "hold me" in message.text:
        return Verdict(action="hold", reason="a person should read this first")
    if "drop me" in message.text:
        return Verdict(action="drop", reason="never")
    if "filter crashes" in message.text:
        raise RuntimeError("the filter is broken")
    if "sign" in message.text:
        return Verdict(message=msgspec.structs.replace(message, text=f"{message.text}\n-- Shop"))
    return None


@hookimpl
def resolve_contact(message: InboundMessage, account: ChannelAccount) -> ContactMatch | None:
    if message.text.startswith("I am "):
        return ContactMatch(contact_id=UUID(message.text[5:41]), reason="The chat knows the account.")
    if "resolver crashes" in message.text:
        raise RuntimeError("the resolver is broken")
    return None
