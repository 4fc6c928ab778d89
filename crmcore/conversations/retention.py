"""How long deliveries are kept once they are handled."""

from datetime import timedelta

import structlog

from crmcore.clock import Clock
from crmcore.conversations.rate import AddressLimit
from crmcore.conversations.tables import InboundDelivery

HANDLED = ("done", "dropped")
# One statement holds SQLite's writer as long as it deletes, and a body has up to a megabyte.
_AT_ONCE = 200


class Retention:
    """Deletes deliveries that were handled long ago. What a person has to look at stays, and is told."""

    def __init__(self, clock: Clock, limit: AddressLimit) -> None:
        self._clock = clock
        self._limit = limit
        self._log = structlog.get_logger("crmcore.conversations")

    async def forget(self, keep_days: int) -> int:
        """Delete deliveries that are done or dropped and older than ``keep_days``, and return how many.

        The messages stay. Those held, quarantined or not understood yet stay too: their number is logged as
        ``old_deliveries_not_done``.
        """
        await self._limit.forget_old()
        before = self._clock() - timedelta(days=keep_days)
        deleted = 0
        while True:
            rows = (
                await InboundDelivery.select(InboundDelivery.id)
                .where(InboundDelivery.state.is_in(list(HANDLED)), InboundDelivery.received_at < before)
                .limit(_AT_ONCE)
            )
            if rows:
                # The state again: it may have been queued once more just now.
                await InboundDelivery.delete().where(
                    InboundDelivery.id.is_in([row["id"] for row in rows]),
                    InboundDelivery.state.is_in(list(HANDLED)),
                )
                deleted += len(rows)
            if len(rows) < _AT_ONCE:
                break
        waiting = int(
            await InboundDelivery.count().where(
                InboundDelivery.state.not_in(list(HANDLED)), InboundDelivery.received_at < before
            )
        )
        if waiting:
            self._log.warning("old_deliveries_not_done", deliveries=waiting, older_than_days=keep_days)
        return deleted
