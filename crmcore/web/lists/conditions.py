"""The conditions of a filter as lines of a form: what a person chose, and the filter it means."""

from collections.abc import Mapping
from datetime import date, datetime, time, tzinfo
from typing import Any

import msgspec
from msgspec import Struct

from crmcore.contracts.problems import InvalidValue
from crmcore.web.lists.filter_fields import FilterField
from crmcore.web.texts import N_
from crmcore.written_numbers import written_number

MOST = 20
SPANS = {
    "today": N_("today"),
    "yesterday": N_("yesterday"),
    "tomorrow": N_("tomorrow"),
    "this_week": N_("this week"),
    "last_week": N_("last week"),
    "next_week": N_("next week"),
    "this_month": N_("this month"),
    "last_month": N_("last month"),
    "next_month": N_("next month"),
    "this_year": N_("this year"),
    "last_year": N_("last year"),
    "next_year": N_("next year"),
}
UNITS = {
    "day": N_("days"),
    "week": N_("weeks"),
    "month": N_("months"),
    "year": N_("years"),
    "hour": N_("hours"),
    "minute": N_("minutes"),
}
WRONG_NUMBER = N_("Write a number.")
WHICH_NUMBER = N_(
    "Write the number without commas between thousands and without a currency: 1500 or 1500.50."
)
WRONG_COUNT = N_("Write a whole number from 1 to 10,000.")
WRONG_DATE = N_("Choose a date.")
MISSING = N_("Fill this in, or take the condition away.")


class Condition(Struct, frozen=True, kw_only=True):
    """One line: ``comparison`` of ``field`` with ``value``, several ``values``, or a number of ``unit``."""

    field: FilterField
    comparison: str
    value: str = ""
    values: tuple[str, ...] = ()
    unit: str = "day"
    error: str = ""


class Conditions(Struct, frozen=True, kw_only=True):
    """All lines, of which ``match`` all or any. ``beyond`` is a filter that the lines cannot show."""

    match: str = "all"
    lines: tuple[Condition, ...] = ()
    beyond: bool = False


class Wrong(Exception):
    """A value that means nothing; the message is for people, in English."""


def conditions_of(
    filter: Mapping[str, Any] | None, fields: Mapping[str, FilterField], zone: tzinfo
) -> Conditions:
    """Return the lines that mean ``filter``."""
    if not filter:
        return Conditions()
    match = "any" if "any" in filter else "all"
    parts = filter.get(match) if match in filter else [filter]
    if not isinstance(parts, list) or len(parts) > MOST:
        return Conditions(beyond=True)
    lines = [_line(part, fields, zone) for part in parts]
    found = [line for line in lines if line is not None]
    if len(found) < len(lines):
        return Conditions(beyond=True)
    return Conditions(match=match, lines=tuple(found))


def filter_of(conditions: Conditions, zone: tzinfo) -> dict[str, Any] | None:
    """Return the filter that the lines mean. Raises Wrong; :func:`checked` finds out for which line."""
    parts = [part_of(line, zone) for line in conditions.lines]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else {conditions.match: parts}


def part_of(line: Condition, zone: tzinfo) -> dict[str, Any]:
    """Return the comparison that one line means; raises Wrong."""
    name = line.field.name
    if line.comparison in ("empty", "filled"):
        return {"field": name, "op": "empty", "value": line.comparison == "empty"}
    if line.comparison == "in":
        values = line.values or tuple(part.strip() for part in line.value.split(",") if part.strip())
        if not values:
            raise Wrong(MISSING)
        return {"field": name, "op": "in", "value": list(values)}
    if line.comparison in ("last", "next", "older"):
        if not (line.value.isascii() and line.value.isdecimal() and 1 <= int(line.value) <= 10_000):
            raise Wrong(WRONG_COUNT)
        unit = line.unit if line.unit in UNITS else "day"
        if line.comparison == "older":
            return {"field": name, "op": "lt", "value": {"last": int(line.value), "unit": unit}}
        return {"field": name, "op": "within", "value": {line.comparison: int(line.value), "unit": unit}}
    if not line.value:
        raise Wrong(MISSING)
    if line.comparison in ("before", "after"):
        op = "lt" if line.comparison == "before" else "gte"
        return {"field": name, "op": op, "value": _moment(line, zone)}
    return {"field": name, "op": line.comparison, "value": _value(line)}


def _value(line: Condition) -> Any:
    if line.field.kind == "flag":
        return line.value == "true"
    if line.field.kind == "number":
        try:
            text = written_number(line.value)
        except InvalidValue:
            raise Wrong(WHICH_NUMBER) from None
        try:
            number = float(text)
        except ValueError:
            raise Wrong(WRONG_NUMBER) from None
        if number != number or abs(number) >= 2**63:
            raise Wrong(WRONG_NUMBER)
        return int(text) if text.lstrip("-").isdecimal() else number
    return line.value


def _moment(line: Condition, zone: tzinfo) -> str:
    try:
        day = date.fromisoformat(line.value)
        return day.isoformat() if line.field.day else datetime.combine(day, time(), zone).isoformat()
    except (ValueError, OverflowError):
        raise Wrong(WRONG_DATE) from None


def _line(part: Any, fields: Mapping[str, FilterField], zone: tzinfo) -> Condition | None:
    """Return the line that means ``part``, None when there is none."""
    if not isinstance(part, dict) or part.get("field") not in fields:
        return None
    field, op, value = fields[part["field"]], part.get("op"), part.get("value")
    comparison, more = str(op), dict[str, Any]()
    if op == "empty":
        comparison = "empty" if value is not False else "filled"
    elif op == "in" and isinstance(value, list):
        more = {"values": tuple(str(item) for item in value), "value": ", ".join(str(item) for item in value)}
    elif op == "within" and isinstance(value, dict):
        comparison = "last" if "last" in value else "next"
        more = {"value": str(value.get(comparison, "")), "unit": str(value.get("unit", ""))}
    elif field.kind == "moment" and op == "lt" and isinstance(value, dict) and "last" in value:
        comparison = "older"
        more = {"value": str(value["last"]), "unit": str(value.get("unit", ""))}
    elif field.kind == "moment" and op in ("lt", "gte"):
        comparison = "before" if op == "lt" else "after"
        day = _day(value, field, zone)
        if not day:
            return None
        more = {"value": day}
    elif isinstance(value, bool):
        more = {"value": "true" if value else "false"}
    elif isinstance(value, str | int | float):
        more = {"value": str(value)}
    else:
        return None
    if comparison not in field.comparisons:
        return None
    return Condition(field=field, comparison=comparison, **more)


def _day(value: Any, field: FilterField, zone: tzinfo) -> str:
    try:
        if field.day:
            return date.fromisoformat(str(value)).isoformat()
        moment = datetime.fromisoformat(str(value)).astimezone(zone)
    except (ValueError, OverflowError):
        return ""
    return moment.date().isoformat() if moment.time() == time() else ""


def with_error(line: Condition, error: str) -> Condition:
    """Return ``line`` with what is wrong with it."""
    return msgspec.structs.replace(line, error=error)
