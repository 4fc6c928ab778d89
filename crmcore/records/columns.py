"""Turns checked JSON values into what the columns of a table hold."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from piccolo.columns import JSON
from piccolo.table import Table

from crmcore.contracts.problems import Problem
from crmcore.contracts.records import RecordType
from crmcore.records.sentences import NOT_A_MOMENT, NOT_AN_ID


def reference_of(schema: Mapping[str, Any]) -> str:
    """Return the record type that a property refers to; empty when it is no reference."""
    return str(schema.get("x-crm", {}).get("reference", ""))


def column_name(name: str, schema: Mapping[str, Any]) -> str:
    """Return the column of property ``name``: ``company`` for the reference ``company_id``."""
    return name[: -len("_id")] if reference_of(schema) else name


def json_form(value: Any) -> Any:
    """Return ``value`` as JSON has it: ids and moments given as objects become texts."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return value


def column_values(record_type: RecordType, asked: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Return the column values for the checked base fields ``asked``, and what could not be turned into one."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in asked.items():
        schema = record_type.properties.get(name, {})
        try:
            values[column_name(name, schema)] = _column_value(schema, value)
        except ValueError:
            message = NOT_AN_ID if schema.get("format") == "uuid" else NOT_A_MOMENT
            problems.append(Problem(path=f"/{name}", code="wrong_form", message=message))
    return values, problems


def _column_value(schema: Mapping[str, Any], value: Any) -> Any:
    if value is None or not isinstance(value, str):
        return value
    if schema.get("format") == "uuid":
        return UUID(value)
    if schema.get("format") == "date-time":
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("no zone")
        try:
            return moment.astimezone(UTC)
        except OverflowError as error:
            raise ValueError("out of range") from error
    return value


def decoded(record_type: RecordType, row: dict[str, Any]) -> dict[str, Any]:
    """Return ``row`` with its JSON columns decoded."""
    return decoded_rows(record_type, (row,))[0]


def decoded_rows(record_type: RecordType, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return ``rows`` with their JSON columns decoded."""
    found = list(rows)
    for name in _json_columns(record_type.table):
        for row in found:
            text = row.get(name)
            if isinstance(text, (str, bytes)):  # a union is made anew each time, and a page has many rows
                # Most are empty, and a page has a hundred of them.
                row[name] = {} if text == "{}" else [] if text == "[]" else msgspec.json.decode(text)
    return found


@lru_cache(maxsize=256)
def _json_columns(table: type[Table]) -> tuple[str, ...]:
    """Return the names of the table's JSON columns."""
    return tuple(column._meta.name for column in table._meta.columns if isinstance(column, JSON))
