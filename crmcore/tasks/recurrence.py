"""Rules by which tasks come again: those of RFC 5545, section 3.3.10, that repeat at most once a day."""

import re
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta, Struct

from crmcore.contracts.labels import Label

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
LONGEST = 500

Frequency = Literal["daily", "weekly", "monthly", "yearly"]
Ordinal = Annotated[int, Meta(ge=-366, le=366)]

_REFUSED: dict[str, Label] = {
    "shape": {
        "en": "This is not a rule of RFC 5545, such as FREQ=WEEKLY;INTERVAL=2;BYDAY=TU.",
        "ru": "Это не правило RFC 5545, например FREQ=WEEKLY;INTERVAL=2;BYDAY=TU.",
    },
    "too_often": {
        "en": "A task repeats at most once a day: FREQ is DAILY, WEEKLY, MONTHLY or YEARLY.",
        "ru": "Задача повторяется не чаще раза в день: FREQ — DAILY, WEEKLY, MONTHLY или YEARLY.",
    },
    "part": {
        "en": "“{part}” is not possible in a task’s rule.",
        "ru": "«{part}» в правиле задачи невозможно.",
    },
    "value": {
        "en": "“{part}” has a value that it cannot have.",
        "ru": "У «{part}» недопустимое значение.",
    },
    "two_ends": {
        "en": "A rule ends after a number of times or at a date, not both.",
        "ru": "Правило заканчивается либо после числа повторений, либо к дате, но не то и другое.",
    },
}


class BadRule(ValueError):
    """A rule that cannot be kept; ``label`` with ``params`` says why, ``code`` is for programs."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code = f"bad_rule_{code}"
        self.label = _REFUSED[code]
        self.params = params


class NthWeekday(Struct, frozen=True):
    """A weekday, 0 is Monday; ``nth`` of the month or year, -1 is the last, 0 is each one."""

    day: Annotated[int, Meta(ge=0, le=6)]
    nth: Annotated[int, Meta(ge=-53, le=53)] = 0


class Recurrence(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule. Empty lists leave the choice to the day on which the series begins.

    One of ``count``, ``until`` (the last day, where the series lives) and ``until_at`` may end it. Weeks by their
    number (BYWEEKNO) are not known: no calendar of people offers them.
    """

    frequency: Frequency
    interval: Annotated[int, Meta(ge=1, le=999)] = 1
    weekdays: Annotated[tuple[NthWeekday, ...], Meta(max_length=20)] = ()
    month_days: Annotated[tuple[Annotated[int, Meta(ge=-31, le=31)], ...], Meta(max_length=62)] = ()
    months: Annotated[tuple[Annotated[int, Meta(ge=1, le=12)], ...], Meta(max_length=12)] = ()
    year_days: Annotated[tuple[Ordinal, ...], Meta(max_length=60)] = ()
    positions: Annotated[tuple[Ordinal, ...], Meta(max_length=60)] = ()
    week_start: Annotated[int, Meta(ge=0, le=6)] = 0
    count: Annotated[int, Meta(ge=1, le=1000)] | None = None
    until: date | None = None
    until_at: datetime | None = None

    def text(self) -> str:
        """Return the rule as RFC 5545 writes it; the same rule has the same text."""
        parts = [f"FREQ={self.frequency.upper()}"]
        if self.interval != 1:
            parts.append(f"INTERVAL={self.interval}")
        if self.until is not None:
            parts.append(f"UNTIL={self.until:%Y%m%d}")
        if self.until_at is not None:
            parts.append(f"UNTIL={self.until_at:%Y%m%dT%H%M%SZ}")
        if self.count is not None:
            parts.append(f"COUNT={self.count}")
        days = [f"{weekday.nth or ''}{WEEKDAYS[weekday.day]}" for weekday in self.weekdays]
        for name, values in (
            ("BYMONTH", self.months),
            ("BYYEARDAY", self.year_days),
            ("BYMONTHDAY", self.month_days),
            ("BYDAY", days),
            ("BYSETPOS", self.positions),
        ):
            if values:
                parts.append(f"{name}={','.join(map(str, values))}")
        if self.week_start:
            parts.append(f"WKST={WEEKDAYS[self.week_start]}")
        return ";".join(parts)

    def ends_by(self, zone: ZoneInfo) -> datetime | None:
        """Return the last local moment (without a zone) at which the rule may occur; None without ``until``."""
        if self.until_at is not None:
            return self.until_at.astimezone(zone).replace(tzinfo=None)
        return None if self.until is None else datetime.combine(self.until, time.max)


def read_rule(text: str) -> Recurrence:
    """Return the rule in ``text``; raises :class:`BadRule` for what is none or comes more often than once a day."""
    text = text.strip().upper().removeprefix("RRULE:")
    if not text or len(text) > LONGEST or not text.isascii():
        raise BadRule("shape")
    given: dict[str, str] = {}
    for part in text.strip(";").split(";"):
        name, sign, value = part.partition("=")
        if not sign or not value or name in given:
            raise BadRule("shape")
        given[name] = value
    frequency = given.pop("FREQ", "").lower()
    if frequency in ("secondly", "minutely", "hourly"):
        raise BadRule("too_often")
    found: dict[str, Any] = {"frequency": frequency}
    if "T" in given.get("UNTIL", ""):
        given["UNTIL AT"] = given.pop("UNTIL")
    for name, value in given.items():
        if name not in _PARTS:
            raise BadRule("part", part=name[:40])
        field, read = _PARTS[name]
        try:
            found[field] = read(value)
        except ValueError as error:
            raise BadRule("value", part=name.split()[0]) from error
    try:
        rule = msgspec.convert(found, Recurrence)
    except msgspec.ValidationError as error:
        raise BadRule("value", part=_part_of(str(error))) from error
    return _sound(rule)


def _sound(rule: Recurrence) -> Recurrence:
    """Return ``rule`` when its parts agree with each other (RFC 5545 says which may stand together)."""
    if rule.count is not None and (rule.until or rule.until_at):
        raise BadRule("two_ends")
    lists: tuple[tuple[str, tuple[int, ...]], ...] = (
        ("BYMONTHDAY", rule.month_days),
        ("BYYEARDAY", rule.year_days),
        ("BYSETPOS", rule.positions),
    )
    for name, values in lists:
        if 0 in values:
            raise BadRule("value", part=name)
    nth = any(weekday.nth for weekday in rule.weekdays)
    if nth and rule.frequency not in ("monthly", "yearly"):
        raise BadRule("value", part="BYDAY")
    if rule.month_days and rule.frequency == "weekly":
        raise BadRule("part", part="BYMONTHDAY")
    if rule.year_days and rule.frequency != "yearly":
        raise BadRule("part", part="BYYEARDAY")
    chosen = rule.weekdays or rule.month_days or rule.months or rule.year_days
    if rule.positions and (not chosen or rule.frequency == "daily"):
        raise BadRule("part", part="BYSETPOS")
    return rule


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(dict.fromkeys(_number(part) for part in text.split(",")))


def _number(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,4}", text):
        raise ValueError("not a number")
    return int(text)


def _weekdays(text: str) -> tuple[dict[str, int], ...]:
    found = []
    for part in dict.fromkeys(text.split(",")):
        match = re.fullmatch(r"([+-]?[1-9][0-9]?)?(MO|TU|WE|TH|FR|SA|SU)", part)
        if match is None:
            raise ValueError("not a weekday")
        found.append({"day": WEEKDAYS.index(match[2]), "nth": int(match[1] or 0)})
    return tuple(found)


def _day(text: str) -> date:
    if not re.fullmatch(r"[0-9]{8}", text):
        raise ValueError("not a day")
    return _in_range(date(int(text[:4]), int(text[4:6]), int(text[6:])))


def _moment(text: str) -> datetime:
    if not re.fullmatch(r"[0-9]{8}T[0-9]{6}Z", text):
        raise ValueError("not a moment in UTC")
    return _in_range(datetime.strptime(f"{text[:-1]}+0000", "%Y%m%dT%H%M%S%z"))


_Day = TypeVar("_Day", bound=date)


def _in_range(day: _Day) -> _Day:
    if not 1990 <= day.year < 2200:
        raise ValueError("out of range")
    return day


_PARTS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "INTERVAL": ("interval", _number),
    "COUNT": ("count", _number),
    "UNTIL": ("until", _day),
    "UNTIL AT": ("until_at", _moment),
    "BYDAY": ("weekdays", _weekdays),
    "BYMONTHDAY": ("month_days", _numbers),
    "BYMONTH": ("months", _numbers),
    "BYYEARDAY": ("year_days", _numbers),
    "BYSETPOS": ("positions", _numbers),
    "WKST": ("week_start", WEEKDAYS.index),
}


def _part_of(sentence: str) -> str:
    """Return the part of the rule that msgspec's path names."""
    return next((name for name, (field, _) in _PARTS.items() if f"$.{field}" in sentence), "FREQ")
