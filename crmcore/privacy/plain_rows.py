"""Rows as an export shows them: JSON, documents decoded."""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec


def plain_row(
    row: Mapping[str, Any], *, documents: Collection[str] = (), without: Collection[str] = ()
) -> dict[str, Any]:
    """Return ``row`` as JSON; the columns ``documents`` are decoded, and nothing that is empty is told."""
    shown = {}
    for name, value in row.items():
        if name in documents and isinstance(value, str):
            value = msgspec.json.decode(value)
        if name not in without and value not in (None, "", [], {}):
            shown[name] = value
    plain: dict[str, Any] = msgspec.to_builtins(shown)
    return plain
