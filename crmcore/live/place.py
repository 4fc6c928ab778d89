"""Places in the log of events: up to where somebody has read it."""

import hashlib
import re
from uuid import UUID

from msgspec import Struct

MAX_TEXT = 1200
_MAX_CURSOR = 1000
_NUMBER = re.compile(r"\d{1,18}")
_SNAPSHOT = re.compile(r"(\d{1,18}):(\d{1,18}):((?:\d{1,18})(?:,\d{1,18})*)?")
_MARK = re.compile(r"(?:\d{1,18}-[0-9a-f]{8})?")


class Place(Struct, frozen=True):
    """``cursor`` is the number of the last row on SQLite, and on PostgreSQL which transactions had ended.

    ``mark`` names the last event that was there, by a number and a digest of its id: a place whose event is there no
    more, or is another one after a restored backup, is a place in another log.
    """

    cursor: str
    mark: str = ""

    def __str__(self) -> str:
        return f"{self.cursor}.{self.mark}"

    @property
    def number(self) -> int:
        """The row on SQLite, the oldest transaction that may still write on PostgreSQL."""
        return int(self.cursor.partition(":")[0])


def place_of(text: str, kind: str) -> Place | None:
    """Return the place that ``text`` names in a log of this kind of database, None when it names none."""
    cursor, point, mark = text.partition(".")
    if len(text) > MAX_TEXT or not point or _MARK.fullmatch(mark) is None:
        return None
    if kind == "sqlite":
        return Place(cursor, mark) if _NUMBER.fullmatch(cursor) else None
    found = _SNAPSHOT.fullmatch(cursor)
    if found is None:
        return None
    first, end = int(found[1]), int(found[2])
    running = [int(number) for number in found[3].split(",")] if found[3] else []
    # What PostgreSQL would refuse is refused here.
    in_order = running == sorted(set(running)) and all(first <= number < end for number in running)
    return Place(cursor, mark) if 0 < first <= end and in_order else None


def snapshot_cursor(snapshot: str) -> str:
    """Return ``snapshot`` as a cursor; with very many open transactions a shorter one, which repeats events."""
    if len(snapshot) <= _MAX_CURSOR:
        return snapshot
    first = snapshot.partition(":")[0]
    return f"{first}:{first}:"


def mark_of(number: int, id: UUID) -> str:
    """Return the mark of the event ``id`` that is found by ``number``."""
    return f"{number}-{hashlib.sha256(id.bytes).hexdigest()[:8]}"
