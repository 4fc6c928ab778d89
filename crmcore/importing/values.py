"""A cell's text as the JSON value that a field wants; what does not fit is left for the gate to refuse."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from crmcore.contracts.problems import InvalidValue
from crmcore.importing.cells import split_cell
from crmcore.written_numbers import written_number

_BOOLEANS = {
    **dict.fromkeys(("1", "true", "yes", "y", "да", "истина", "x", "✓"), True),
    **dict.fromkeys(("0", "false", "no", "n", "нет", "ложь"), False),
}
_SPREADSHEET_MOMENT = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?", re.ASCII)


def json_value(cell: str, rule: Mapping[str, Any], time_zone: str = "UTC", *, own: bool = True) -> Any:
    """Return ``cell`` as the JSON value that the property ``rule`` asks for.

    Without ``own`` it is a custom field's, whose field type turns texts into numbers and the like itself.
    """
    kinds = _types(rule)
    if "array" in kinds:
        decoded = _decoded(cell, list) if cell.startswith("[") else None
        return split_cell(cell) if decoded is None else decoded
    if "object" in kinds and cell.startswith("{"):
        decoded = _decoded(cell, dict)
        return cell if decoded is None else decoded
    form = rule.get("format")
    if form == "date-time":
        return _moment(cell, time_zone)
    if "string" in kinds or not kinds or not own:
        return cell
    plain = cell.casefold()
    if "boolean" in kinds and plain in _BOOLEANS:
        return _BOOLEANS[plain]
    try:
        number = written_number(cell)
    except InvalidValue:
        return cell  # 1,500 could mean two numbers
    if kinds & {"integer", "number"} and re.fullmatch(r"[+-]?\d{1,18}", number, re.ASCII):
        return int(number)
    if "number" in kinds and re.fullmatch(r"[+-]?\d{1,18}\.\d{1,18}", number, re.ASCII):
        return float(number)
    return cell


def is_list(rule: Mapping[str, Any]) -> bool:
    """Tell whether the property holds several values."""
    return "array" in _types(rule)


def _types(rule: Mapping[str, Any]) -> set[str]:
    kind = rule.get("type", [])
    return {kind} if isinstance(kind, str) else set(kind)


def _decoded(cell: str, kind: type) -> Any:
    try:
        value = msgspec.json.decode(cell)
    except (msgspec.DecodeError, RecursionError):
        return None
    return value if isinstance(value, kind) else None


def _moment(cell: str, time_zone: str) -> str:
    """Return a spreadsheet's moment, ``2026-11-22 14:00:00`` or a day alone, with its zone; else the text."""
    if _SPREADSHEET_MOMENT.fullmatch(cell) is None:
        return cell
    try:
        return datetime.fromisoformat(cell).replace(tzinfo=ZoneInfo(time_zone)).isoformat()
    except (KeyError, ValueError, OSError):
        return cell
