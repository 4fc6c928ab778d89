"""Records made for tests, through the doors that everybody uses."""

from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import msgspec

from crmcore.contracts.actors import Actor, system_actor
from crmcore.contracts.channels import InboundRequest
from crmcore.contracts.fields import CustomField
from crmcore.contracts.records import Record
from crmcore.errors import NotFound

if TYPE_CHECKING:
    from crmcore.workspace import Crm

MAKER = system_actor("tests")
_PROGRAM = Actor(
    kind="token", id="tests", label="tests", permissions=frozenset({"inbound.post", "conversation.read"})
)


class Factories:
    """Makes records with values that are good enough, and those that a test names."""

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm
        self._numbers = count(1)

    async def contact(self, **values: Any) -> Record:
        """Make a contact; ``custom`` has the values of its fields."""
        own = f"ann.{uuid4().hex[:12]}@example.com"
        basic = {"first_name": "Ann", "last_name": f"Lee {next(self._numbers)}", "emails": [own]}
        return await self._crm.records.create("contact", {**basic, **values}, actor=MAKER)

    async def company(self, **values: Any) -> Record:
        """Make a company."""
        basic = {"name": f"Polar Coffee {next(self._numbers)}"}
        return await self._crm.records.create("company", {**basic, **values}, actor=MAKER)

    async def record(self, record_type: str, **values: Any) -> Record:
        """Make a record of any kind, a plugin's own too."""
        return await self._crm.records.create(record_type, values, actor=MAKER)

    async def field(self, record_type: str, key: str, **values: Any) -> None:
        """Define a custom field: ``await make.field("contact", "tier", type="text")``."""
        field = CustomField(record_type=record_type, key=key, label=values.pop("label", key), **values)
        await self._crm.fields.create(field, actor=MAKER)

    async def message(self, text: str = "Hello", **values: Any) -> UUID:
        """Let a customer write ``text``, and return the conversation it is in.

        ``email``, ``phone``, ``handle`` and ``name`` are the customer's; the others are those of the ``api`` channel.
        """
        try:
            await self._crm.channel_accounts.get("tests")
        except NotFound:
            await self._crm.channel_accounts.create("api", "Tests", {}, actor=MAKER, slug="tests")
        sender = {key: values.pop(key) for key in ("email", "phone", "handle", "name") if key in values} or {
            "email": f"customer.{uuid4().hex[:12]}@example.com"
        }
        key = uuid4().hex
        body = {"delivery_key": key, "text": text, "from": sender, **values}
        request = InboundRequest(
            method="POST",
            url="http://127.0.0.1:8000/api/channels/tests/inbound",
            headers={"content-type": "application/json"},
            body=msgspec.json.encode(body),
            received_at=self._crm.clock(),
            remote_address="192.0.2.7",
        )
        await self._crm.conversations.receive("tests", request, actor=_PROGRAM)
        await self._crm.worker.drain()
        return await newest_conversation()


async def newest_conversation() -> UUID:
    """Return the conversation that was written to last; raise LookupError when there is none."""
    return (await newest_message())[1]


async def newest_message() -> tuple[UUID, UUID]:
    """Return the newest message and its conversation; raise LookupError when there is none."""
    from crmcore.conversations.tables import Message

    row = (
        await Message.select(Message.id, Message.conversation)
        .order_by(Message.created_at, ascending=False)
        .order_by(Message.id, ascending=False)
        .first()
    )
    if row is None:
        raise LookupError("No message has arrived.")
    id: UUID = row["id"]
    conversation: UUID = row["conversation"]
    return id, conversation
