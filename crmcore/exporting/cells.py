"""Values of records as cells: what an import reads back as the same value."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from crmcore.importing.cells import joined_cell, quoted_cell


def text_of_value(value: Any) -> str:
    """Return a value of a document as the text of a cell, quoted where a spreadsheet would run it."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(value)  # a number is none of a formula's beginnings, whatever its sign
    return quoted_cell(_plain(value))


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, list):
        if all(isinstance(item, str) for item in value):
            return joined_cell(value)
        if all(isinstance(item, Mapping) and {"id", "name"} <= item.keys() for item in value):
            return joined_cell([str(item["name"]) for item in value])
        return _json(value)
    if isinstance(value, Mapping):
        if value.keys() == {"amount", "currency"}:
            return f"{value['amount']} {value['currency']}"
        if {"id", "name"} <= value.keys():
            return str(value["name"])
        return _json(value)
    return str(value)


def _json(value: Any) -> str:
    return msgspec.json.encode(value, enc_hook=str).decode()
