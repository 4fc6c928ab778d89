"""The dates of a rule, period by period: the days of a period that its parts leave, and of these its positions.

Libraries look for the next date of a rule that never occurs (the 30th of February, day by day) until the year 9999,
which takes seconds; here the last day is given, and a century of days takes some 50 ms. The tests compare it with
dateutil's rules.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count

from crmcore.tasks.recurrence import Recurrence


def dates(rule: Recurrence, start: date, last: date, begin: date) -> Iterator[date]:
    """Yield the dates of ``rule`` from ``start`` to ``last`` in their order, those of a count all counted.

    Periods that end before ``begin`` are passed over where nothing is counted.
    """
    chosen = _with_defaults(rule, start)
    first = 0 if rule.count is not None else _periods_before(rule, start, begin)
    found = 0
    for number in count(first):
        days = _period(rule, start, number)
        if days is None or days[0] > last:
            return
        for day in _positioned(chosen, [day for day in days if _matches(chosen, day)]):
            if day < start:
                continue
            found += 1
            if day > last or (rule.count is not None and found > rule.count):
                return
            yield day


def _with_defaults(rule: Recurrence, start: date) -> "_Parts":
    months, month_days = frozenset(rule.months), frozenset(rule.month_days)
    weekdays = frozenset((weekday.day, weekday.nth) for weekday in rule.weekdays)
    if not (rule.year_days or month_days or weekdays):
        if rule.frequency == "yearly":
            months = months or frozenset({start.month})
        if rule.frequency in ("yearly", "monthly"):
            month_days = frozenset({start.day})
        elif rule.frequency == "weekly":
            weekdays = frozenset({(start.weekday(), 0)})
    return _Parts(rule, months, month_days, weekdays)


class _Parts:
    """What a day has to be."""

    __slots__ = ("month_days", "months", "nth_in_year", "positions", "weekdays", "year_days")

    def __init__(
        self,
        rule: Recurrence,
        months: frozenset[int],
        month_days: frozenset[int],
        weekdays: frozenset[tuple[int, int]],
    ) -> None:
        self.months = months
        self.month_days = month_days
        self.year_days = frozenset(rule.year_days)
        self.weekdays = weekdays
        self.positions = rule.positions
        self.nth_in_year = rule.frequency == "yearly" and not rule.months


def _periods_before(rule: Recurrence, start: date, begin: date) -> int:
    days = (begin - start).days
    # The longest there is of each, so that none is passed over too early.
    length = {"daily": 1, "weekly": 7, "monthly": 31, "yearly": 366}[rule.frequency] * rule.interval
    return max(0, days // length - 1)


def _period(rule: Recurrence, start: date, number: int) -> list[date] | None:
    """Return the days of the period ``number``; None behind the end of the calendar."""
    step = number * rule.interval
    try:
        if rule.frequency == "daily":
            return [start + timedelta(days=step)]
        if rule.frequency == "weekly":
            monday = start - timedelta(days=(start.weekday() - rule.week_start) % 7) + timedelta(weeks=step)
            return [monday + timedelta(days=day) for day in range(7)]
        if rule.frequency == "monthly":
            year, month = divmod(start.year * 12 + start.month - 1 + step, 12)
            begins, length = date(year, month + 1, 1), monthrange(year, month + 1)[1]
        else:
            begins = date(start.year + step, 1, 1)
            length = (date(begins.year + 1, 1, 1) - begins).days
        return [begins + timedelta(days=day) for day in range(length)]
    except (OverflowError, ValueError):
        return None


def _matches(parts: _Parts, day: date) -> bool:
    if parts.months and day.month not in parts.months:
        return False
    if parts.month_days:
        length = monthrange(day.year, day.month)[1]
        if day.day not in parts.month_days and day.day - length - 1 not in parts.month_days:
            return False
    if parts.year_days:
        ordinal = day.timetuple().tm_yday
        length = date(day.year, 12, 31).timetuple().tm_yday
        if ordinal not in parts.year_days and ordinal - length - 1 not in parts.year_days:
            return False
    if not parts.weekdays:
        return True
    weekday = day.weekday()
    if (weekday, 0) in parts.weekdays:
        return True
    if parts.nth_in_year:
        ordinal, length = day.timetuple().tm_yday, date(day.year, 12, 31).timetuple().tm_yday
    else:
        ordinal, length = day.day, monthrange(day.year, day.month)[1]
    nth, from_end = (ordinal - 1) // 7 + 1, -((length - ordinal) // 7 + 1)
    return (weekday, nth) in parts.weekdays or (weekday, from_end) in parts.weekdays


def _positioned(parts: _Parts, days: list[date]) -> list[date]:
    if not parts.positions:
        return days
    places = {position - 1 if position > 0 else len(days) + position for position in parts.positions}
    return [days[place] for place in sorted(places) if 0 <= place < len(days)]
