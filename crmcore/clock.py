"""The one source of the present moment, so that tests can turn it."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID


def utc_now() -> datetime:
    """Return the present moment in UTC, to the microsecond."""
    return datetime.now(UTC)


Clock = Callable[[], datetime]
"""Returns the present moment, aware, in UTC."""


def uuid7(now: datetime | None = None) -> UUID:
    """Return a UUIDv7 (RFC 9562): sortable by its millisecond of creation. Sortable, so never a secret."""
    moment = now or utc_now()
    milliseconds = int(moment.timestamp() * 1000) & 0xFFFF_FFFF_FFFF
    # Sub-millisecond time in rand_a (RFC 9562 §6.2, method 3) keeps ids of one process in order.
    fraction = (moment.microsecond % 1000) * 4096 // 1000
    value = milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | secrets.randbits(62)
    return UUID(int=value)
