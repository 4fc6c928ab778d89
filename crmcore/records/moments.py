"""Relative moments of filters: “today”, “the last 30 days”, in the time zone of who asks."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct
from piccolo.columns.combination import WhereRaw

UNITS = ("minute", "hour", "day", "week", "month", "year")
MAX_COUNT = 10_000
COMPARE = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
WORDS = (
    "now",
    "yesterday",
    "today",
    "tomorrow",
    "last_week",
    "this_week",
    "next_week",
    "last_month",
    "this_month",
    "next_month",
    "last_year",
    "this_year",
    "next_year",
)


class Span(Struct, frozen=True):
    """From ``start`` up to ``end``, which is outside; both aware."""

    start: datetime
    end: datetime


class Present(Struct, frozen=True, kw_only=True):
    """The present moment, and the time zone in which days begin."""

    now: datetime
    time_zone: str = "UTC"

    def span(self, value: Any) -> Span:
        """Return what a word or ``{"last": 30, "unit": "day"}`` means now; raises ValueError.

        The last 30 days are today and the 29 days before it, the next 7 today and the 6 after it; weeks begin on
        Monday. Minutes and hours are counted from the moment.
        """
        if isinstance(value, str) and value in WORDS:
            return self._word(value)
        if isinstance(value, dict):
            return self._counted(value)
        raise ValueError("not a moment")

    def day_of(self, moment: datetime) -> str:
        """Return the date of ``moment`` where the asker is, as it is stored."""
        return moment.astimezone(self.zone).date().isoformat()

    @property
    def zone(self) -> ZoneInfo:
        """The asker's time zone; UTC for a name that this machine does not know."""
        try:
            return ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return ZoneInfo("UTC")

    def _word(self, word: str) -> Span:
        if word == "now":
            return Span(self.now, self.now)
        today = self.now.astimezone(self.zone).date()
        if word in ("yesterday", "today", "tomorrow"):
            day = today + timedelta(days=("yesterday", "today", "tomorrow").index(word) - 1)
            return self._days(day, day + timedelta(days=1))
        which, _, unit = word.partition("_")
        step = {"last": -1, "this": 0, "next": 1}[which]
        if unit == "week":
            monday = today - timedelta(days=today.weekday()) + timedelta(weeks=step)
            return self._days(monday, monday + timedelta(weeks=1))
        first = today.replace(day=1) if unit == "month" else today.replace(month=1, day=1)
        months = 1 if unit == "month" else 12
        return self._days(_months_on(first, step * months), _months_on(first, (step + 1) * months))

    def _counted(self, value: dict[Any, Any]) -> Span:
        direction = next((name for name in ("last", "next") if name in value), "")
        if set(value) != {direction, "unit"} or value["unit"] not in UNITS:
            raise ValueError("not a moment")
        count, unit = value[direction], value["unit"]
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MAX_COUNT:
            raise ValueError("not a count")
        sign = -1 if direction == "last" else 1
        try:
            if unit in ("minute", "hour"):
                away = self.now + sign * count * timedelta(**{f"{unit}s": 1})
                return Span(min(away, self.now), max(away, self.now))
            today = self.now.astimezone(self.zone).date()
            if unit in ("day", "week"):
                days = (count * 7 if unit == "week" else count) - 1
                other = today + sign * timedelta(days=days)
            else:
                months = count * 12 if unit == "year" else count
                other = _months_on(today, sign * months) - sign * timedelta(days=1)
        except OverflowError as error:
            raise ValueError("too far away") from error
        return self._days(min(other, today), max(other, today) + timedelta(days=1))

    def _days(self, start: date, end: date) -> Span:
        # A day begins when its clocks first show it: in some zones there is no midnight on the day of a change.
        return Span(*(datetime.combine(day, time(), self.zone).astimezone(UTC) for day in (start, end)))


def _months_on(day: date, months: int) -> date:
    """Return the day ``months`` later, or that month's last one."""
    number = day.year * 12 + day.month - 1 + months
    year, month = divmod(number, 12)
    if not 1 <= year <= 9998:
        raise ValueError("too far away")
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def relative_condition(expression: str, form: str, op: str, value: Any, present: Present) -> WhereRaw:
    """Return the comparison of a column with a span: before it begins, within it, after it has ended.

    ``form`` says how the column keeps moments: ``moment`` (a timestamp), ``text`` (UTC to the second, with Z) or
    ``date``. Raises ValueError for what is no span.
    """
    span = present.span(value)
    start, end = (_stored(edge, form, present) for edge in (span.start, span.end))
    if span.start == span.end:
        if op == "within":
            raise ValueError("a moment has nothing within")
        return WhereRaw(f"{expression} {COMPARE[op]} {{}}", start)
    if op == "within":
        return WhereRaw(f"({expression} >= {{}} AND {expression} < {{}})", start, end)
    sign, edge = {"lt": ("<", start), "gte": (">=", start), "lte": ("<", end), "gt": (">=", end)}[op]
    return WhereRaw(f"{expression} {sign} {{}}", edge)


def is_relative(op: str, value: Any) -> bool:
    """Tell whether a comparison is with a moment relative to now."""
    return op == "within" or (op in COMPARE and (isinstance(value, dict) or value in WORDS))


def _stored(moment: datetime, form: str, present: Present) -> Any:
    if form == "date":
        return present.day_of(moment)
    if form == "text":
        return f"{moment.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat()}Z"
    return moment.astimezone(UTC)
