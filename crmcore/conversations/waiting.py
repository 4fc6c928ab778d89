"""What waits for a channel account: deliveries that arrived and replies that were written meanwhile."""

from datetime import timedelta
from uuid import UUID

from crmcore.clock import Clock
from crmcore.conversations.deliveries import put_down
from crmcore.conversations.tables import InboundDelivery, Message
from crmcore.jobs.queue import JobQueue

_AT_ONCE = 1000


class Waiting:
    """Puts into the queue what waited while an account was paused or its plugin away."""

    def __init__(self, clock: Clock, queue: JobQueue) -> None:
        self._clock = clock
        self._queue = queue

    async def pick_up(self, account: UUID, *, lane: str, older_than_s: float = 0) -> int:
        """Queue the deliveries and replies of ``account`` that wait longer than that, and return how many.

        What is in the queue already is not added twice. The deliveries go into the jobs of ``lane``.
        """
        until = self._clock() - timedelta(seconds=older_than_s)
        deliveries = (
            await InboundDelivery.select(InboundDelivery.id)
            .where(
                InboundDelivery.account == account,
                InboundDelivery.state == "received",
                InboundDelivery.received_at <= until,
            )
            .order_by(InboundDelivery.received_at)
            .limit(_AT_ONCE)
        )
        for row in deliveries:
            payload = {"delivery_id": str(row["id"])}
            await put_down(self._queue, lane, payload, f"delivery:{row['id']}")
        replies = (
            await Message.select(Message.id, Message.conversation, Message.version)
            .where(Message.account == account, Message.delivery == "queued", Message.updated_at <= until)
            .order_by(Message.created_at)
            .limit(_AT_ONCE)
        )
        for row in replies:
            await self._queue.enqueue(
                "core",
                "send_message",
                {"message_id": str(row["id"])},
                key=f"send:{row['id']}:{row['version']}",
                ordering_key=f"send:{row['conversation']}",
            )
        return len(deliveries) + len(replies)
