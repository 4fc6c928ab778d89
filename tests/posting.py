"""Short ways to do in tests what programs and people do."""

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import msgspec

from crmcore.contracts.actors import Actor, system_actor
from crmcore.contracts.channels import InboundRequest, Verified
from crmcore.conversations.tables import Conversation, InboundDelivery, Message
from crmcore.conversations.told import lines_told

if TYPE_CHECKING:
    from crmcore.workspace import Crm

PROGRAM = Actor(kind="token", id="t1", label="Shop", permissions=frozenset({"inbound.post"}))
ADMIN = system_actor("test")


async def api_account(crm: "Crm", **more: Any) -> UUID:
    """Configure an ``api`` account under the slug ``shop``."""
    return await crm.channel_accounts.create(
        "api", "Shop", more.pop("config", {}), actor=ADMIN, slug=more.pop("slug", "shop"), **more
    )


async def post(
    crm: "Crm", *, account: str = "shop", actor: Actor | None = PROGRAM, **message: Any
) -> Verified:
    """Post one message as a program does; ``email`` and ``name`` are short for its sender."""
    sender = {key: message.pop(key) for key in ("email", "phone", "handle", "name") if key in message}
    body = {"delivery_key": uuid4().hex, "text": "Hello", "from": sender, **message}
    return await crm.conversations.receive(account, request(crm, msgspec.json.encode(body)), actor=actor)


def request(crm: "Crm", body: bytes, **headers: str) -> InboundRequest:
    """Return a request with ``body`` as it arrives now."""
    return InboundRequest(
        method="POST",
        url="http://crm.example/api/channels/shop/inbound",
        headers={"content-type": "application/json", **headers},
        body=body,
        received_at=crm.clock(),
        remote_address="192.0.2.7",
    )


async def drained(crm: "Crm") -> None:
    """Run everything that is due, and what follows from it."""
    while await crm.worker.drain():
        pass


async def conversations() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = await Conversation.select().order_by(Conversation.number)
    return rows


async def messages(*kinds: str) -> list[dict[str, Any]]:
    query = Message.select().order_by(Message.created_at, Message.id)
    rows: list[dict[str, Any]] = await (query.where(Message.kind.is_in(list(kinds))) if kinds else query)
    return rows


async def deliveries() -> list[dict[str, Any]]:
    """Return what has arrived, what became of it in English."""
    rows: list[dict[str, Any]] = await InboundDelivery.select().order_by(InboundDelivery.received_at)
    return [{**row, "error": lines_told(row["error"], "en", "UTC")} for row in rows]


async def chat_account(crm: "Crm", **config: Any) -> UUID:
    """Configure an account of the test plugin's channel under the slug ``chat``."""
    return await crm.channel_accounts.create("chat", "Chat", config, actor=ADMIN, slug="chat")


async def chat(
    crm: "Crm", *messages: dict[str, Any], key: str = "", secret: str = "s3cret", **more: Any
) -> Verified:
    """Deliver messages as the chat's vendor does."""
    body = {"id": key or uuid4().hex, "messages": messages, **more}
    return await crm.conversations.receive(
        "chat", request(crm, msgspec.json.encode(body), **{"x-chat-secret": secret})
    )
