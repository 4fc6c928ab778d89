"""Conditions over many numbers in one parameter.

A place for each number would make every statement another one: SQLite keeps its last 128 compiled, a megabyte each.
"""

from collections.abc import Iterable

import msgspec

from crmcore.database.current import WORKSPACE_ENGINE


def among(column: str) -> str:
    """Return the condition that ``column`` is one of the numbers in the parameter that :func:`parameter` makes."""
    if WORKSPACE_ENGINE.engine_type == "postgres":
        return f"{column} IN (SELECT CAST(value AS BIGINT) FROM json_array_elements_text(CAST({{}} AS json)))"  # noqa: S608
    return f"{column} IN (SELECT value FROM json_each({{}}))"  # noqa: S608 - a column of ours


def parameter(values: Iterable[int]) -> str:
    """Return numbers as the parameter of :func:`among`."""
    return msgspec.json.encode(list(values)).decode()
