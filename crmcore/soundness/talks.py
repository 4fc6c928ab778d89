"""What a conversation remembers of its messages is what its messages say."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from crmcore.conversations.tables import Conversation, Counter, Message
from crmcore.soundness.batches import batches
from crmcore.soundness.finding import Looked

if TYPE_CHECKING:
    from crmcore.workspace import Crm

_COLUMNS = (
    Conversation.number,
    Conversation.status,
    Conversation.message_count,
    Conversation.snoozed_until,
    Conversation.closed_at,
    Conversation.waiting_since,
    Conversation.first_response_at,
    Conversation.last_inbound_at,
    Conversation.last_outbound_at,
    Conversation.last_activity_at,
)
_SPOKEN = ("inbound", "reply", "note")


async def conversations(crm: "Crm") -> AsyncIterator[Looked | tuple[str, str]]:
    """Compare counts, times and status of each conversation with its messages, and its number with the counter."""
    counters = await Counter.select().where(Counter.name == "conversation")
    last = counters[0]["value"] if counters else 0
    async for found in batches(Conversation, *_COLUMNS):
        yield Looked(len(found))
        spoken: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
        ids = [row["id"] for row in found]
        columns = (Message.conversation, Message.kind, Message.author_kind, Message.created_at)
        for message in await Message.select(*columns).where(
            Message.conversation.is_in(ids), Message.kind.is_in(list(_SPOKEN))
        ):
            spoken[message["conversation"]].append(message)
        for row in found:
            subject = f"conversation {row['id']}"
            if row["number"] > last:
                yield subject, f"its number {row['number']} is above the counter, {last}"
            for text in _differences(row, spoken[row["id"]]):
                yield subject, text


def _differences(row: Mapping[str, Any], spoken: list[dict[str, Any]]) -> Iterator[str]:
    # What the core notes beside a message (values it could not keep) is not counted.
    least = sum(message["kind"] != "note" or message["author_kind"] != "system" for message in spoken)
    if not least <= row["message_count"] <= len(spoken):
        yield f"it counts {row['message_count']} messages and has {len(spoken)}"
    for name, kind in (("last_inbound_at", "inbound"), ("last_outbound_at", "reply")):
        latest = max((message["created_at"] for message in spoken if message["kind"] == kind), default=None)
        if row[name] != latest:
            yield f"“{name}” is not the time of the last such message"
    if (row["status"] == "snoozed") != (row["snoozed_until"] is not None):
        yield "it is put off without a time, or has a time without being put off"
    if (row["status"] == "closed") != (row["closed_at"] is not None):
        yield "it is closed without a time, or has a time without being closed"
    waiting, asked, answered = row["waiting_since"], row["last_inbound_at"], row["last_outbound_at"]
    if waiting is not None and (asked is None or waiting > asked or (answered and waiting < answered)):
        yield "“waiting_since” says that the customer waits, and he does not, or not since then"
    if row["first_response_at"] is not None and answered is None:
        yield "it was answered, and has no answer"
