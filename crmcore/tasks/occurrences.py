"""When a rule occurs: counted in local time, so that nine o'clock stays nine o'clock over a change of the clocks.

A local time that a change skips is taken by the clock of before it (02:30 becomes 03:30), one that comes twice is
its first: RFC 5545, section 3.3.5.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crmcore.tasks.dates import dates
from crmcore.tasks.recurrence import Recurrence

HORIZON = timedelta(days=40 * 366)
"""So far ahead the next occurrence is looked for: the 29th of February of every third leap year is within it."""
EARLIEST, LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Between these a series may begin: one from the year 1 would be counted through 700,000 days."""


def zone_named(name: str) -> ZoneInfo:
    """Return the zone called ``name``. Raises ValueError when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError) as error:
        raise ValueError(f"no time zone {name!r}") from error


def zone_or_utc(name: str) -> ZoneInfo:
    """Return the zone called ``name``, UTC when there is none of that name."""
    try:
        return zone_named(name)
    except ValueError:
        return ZoneInfo("UTC")


def occurrences(rule: Recurrence, start: datetime, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Yield, in UTC, when ``rule`` that begins at ``start`` occurs later than ``after``, the earliest first."""
    local = start.astimezone(zone).replace(tzinfo=None)
    # A day is more than any zone has ever shifted its clocks by.
    begin = after.astimezone(zone).date() - timedelta(days=1)
    last = max(local.date(), begin) + HORIZON
    until = rule.ends_by(zone)
    for day in dates(rule, local.date(), min(last, until.date()) if until else last, begin):
        moment = datetime.combine(day, local.time())
        if until is not None and moment > until:
            return
        at = moment.replace(tzinfo=zone).astimezone(UTC)
        if at > after:
            yield at


def next_after(rule: Recurrence, start: datetime, zone: ZoneInfo, after: datetime) -> datetime | None:
    """Return the first occurrence later than ``after`` in UTC, None when the rule has ended."""
    return next(occurrences(rule, start, zone, after), None)


def upcoming(rule: Recurrence, start: datetime, zone: ZoneInfo, after: datetime, many: int) -> list[datetime]:
    """Return the next ``many`` occurrences later than ``after`` in UTC."""
    return list(islice(occurrences(rule, start, zone, after), many))


def shifted(at: datetime, before: datetime, then: datetime, zone: ZoneInfo) -> datetime:
    """Return ``at``, moved as far as ``before`` and ``then`` are apart on the clocks of ``zone``, in UTC."""
    clocks = [moment.astimezone(zone).replace(tzinfo=None) for moment in (at, before, then)]
    local = clocks[0] + (clocks[2] - clocks[1])
    return local.replace(tzinfo=zone).astimezone(UTC)
