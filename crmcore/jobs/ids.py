"""Ids that only ever grow."""

from uuid import UUID

from crmcore.clock import uuid7


class AscendingIds:
    """Makes UUIDv7 ids, each greater than the one before, also while the clock stands still or steps back.

    Jobs with one ordering key run by id, so two of them made in one microsecond must not swap places. Between
    processes the order is that of the machine's clock.
    """

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> UUID:
        """Return the next id."""
        self._last = max(uuid7().int, self._last + 1)
        return UUID(int=self._last)
