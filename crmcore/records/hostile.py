"""Refuses schemas that would cost too much, reach out, or mean something else than they seem to."""

from collections.abc import Collection
from typing import Any

import jsonschema_rs

from crmcore.contracts.fields import JsonSchema
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem

MAX_DEPTH = 8
MAX_NODES = 500
MAX_CHOICES = 500
MAX_PATTERN = 500
MAX_SIZE = 1_000_000
MAX_BOUND = 2**63 - 1

_PLAIN = {
    "type", "title", "description", "enum", "const", "default", "examples", "format", "minLength", "maxLength",
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems",
    "uniqueItems", "required", "minProperties", "maxProperties", "readOnly", "x-crm", "pattern",
}  # fmt: skip
_SIZES = {"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"}
_BOUNDS = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
_PAIRS = (
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
    ("minimum", "maximum"),
)
_ONE = {"items", "additionalProperties", "not", "if", "then", "else"}
_MANY = {"allOf", "anyOf", "oneOf", "prefixItems"}
_NAMED = {"properties", "dependentRequired"}

_TOO_DEEP: Label = {"en": "The schema is nested too deeply.", "ru": "Схема вложена слишком глубоко."}
_TOO_BIG: Label = {"en": "The schema has too many parts.", "ru": "В схеме слишком много частей."}
_UNKNOWN: Label = {
    "en": "The keyword “{name}” is not supported here.",
    "ru": "Ключевое слово «{name}» не поддерживается.",
}
_CHOICES: Label = {"en": "At most {limit} choices are possible.", "ru": "Можно не больше {limit} вариантов."}
_PATTERN: Label = {
    "en": "This pattern cannot be checked in linear time (look-arounds and back references cannot).",
    "ru": "Это выражение нельзя проверить за линейное время (просмотр вперёд и обратные ссылки не годятся).",
}
_FORMAT: Label = {
    "en": "The format “{name}” is not checked here. Possible: {known}.",
    "ru": "Формат «{name}» здесь не проверяется. Возможны: {known}.",
}
_SIZE: Label = {
    "en": "This must be a whole number from 0 to {limit}.",
    "ru": "Здесь должно быть целое число от 0 до {limit}.",
}
_BOUND: Label = {
    "en": "This must be a number between -{limit} and {limit}.",
    "ru": "Здесь должно быть число от -{limit} до {limit}.",
}
_CROSSED: Label = {
    "en": "Nothing can pass: {least} ({low}) is above {most} ({high}).",
    "ru": "Ничто не подойдёт: {least} ({low}) больше {most} ({high}).",
}
_NOT_A_SCHEMA: Label = {"en": "This is not a valid JSON Schema.", "ru": "Это не похоже на JSON Schema."}


def hostile(
    schema: JsonSchema, path: str = "/schema", formats: Collection[str] | None = None
) -> list[Problem]:
    """Return why ``schema`` is refused as a custom field's property; empty when it is accepted.

    Accepted are the keywords of JSON Schema 2020-12 that check a value in place. References of any kind,
    unknown keywords, deep or wide schemas and patterns that need more than linear time are refused, and formats
    that are not among ``formats``, if these are said.
    """
    problems: list[Problem] = []
    nodes = _walk(schema, path, 1, problems, formats)
    if nodes > MAX_NODES:
        problems.append(Problem(path=path, code="schema_too_big", message=_TOO_BIG))
    if not problems and not jsonschema_rs.meta.is_valid(
        {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    ):
        problems.append(Problem(path=path, code="not_a_schema", message=_NOT_A_SCHEMA))
    return problems


def _walk(
    schema: Any, path: str, depth: int, problems: list[Problem], formats: Collection[str] | None
) -> int:
    if isinstance(schema, bool):
        return 1
    if not isinstance(schema, dict):
        problems.append(Problem(path=path, code="not_a_schema", message=_NOT_A_SCHEMA))
        return 1
    if depth > MAX_DEPTH:
        problems.append(Problem(path=path, code="schema_too_deep", message=_TOO_DEEP))
        return 1
    nodes = 1
    for name, value in schema.items():
        here = f"{path}/{name}"
        if name in _ONE:
            nodes += _walk(value, here, depth + 1, problems, formats)
        elif name in _MANY and isinstance(value, list):
            nodes += sum(
                _walk(part, f"{here}/{i}", depth + 1, problems, formats)
                for i, part in enumerate(value[:MAX_NODES])
            )
            nodes += max(0, len(value) - MAX_NODES)
        elif name == "properties" and isinstance(value, dict):
            nodes += sum(
                _walk(part, f"{here}/{key}", depth + 1, problems, formats) for key, part in value.items()
            )
        elif name not in _PLAIN and name not in _NAMED:
            problems.append(
                Problem(path=here, code="unknown_keyword", message=_UNKNOWN, params={"name": name[:60]})
            )
        elif name == "enum" and isinstance(value, list) and len(value) > MAX_CHOICES:
            problems.append(
                Problem(path=here, code="too_many", message=_CHOICES, params={"limit": MAX_CHOICES})
            )
        elif name == "format" and formats is not None and value not in formats:
            params = {"name": str(value)[:60], "known": ", ".join(sorted(formats))}
            problems.append(Problem(path=here, code="unknown_format", message=_FORMAT, params=params))
        elif name == "pattern":
            _pattern(value, here, problems)
        else:
            problems += _measure(name, value, here)
    problems += _crossed(schema, path)
    return nodes


def _measure(name: str, value: Any, path: str) -> list[Problem]:
    """Return a problem for a size or bound that no value has or that a database cannot compare with."""
    if name in _SIZES:
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole or not 0 <= value <= MAX_SIZE:
            params = {"limit": MAX_SIZE}
            return [Problem(path=path, code="not_possible", message=_SIZE, params=params)]
    # Written so that NaN, which compares with nothing, is refused as well.
    if name in _BOUNDS and not (isinstance(value, int | float) and -MAX_BOUND <= value <= MAX_BOUND):
        return [Problem(path=path, code="not_possible", message=_BOUND, params={"limit": MAX_BOUND})]
    return []


def _crossed(schema: JsonSchema, path: str) -> list[Problem]:
    for least, most in _PAIRS:
        low, high = schema.get(least), schema.get(most)
        if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
            params = {"least": least, "low": str(low)[:40], "most": most, "high": str(high)[:40]}
            return [Problem(path=f"{path}/{least}", code="crossed", message=_CROSSED, params=params)]
    return []


def _pattern(pattern: Any, path: str, problems: list[Problem]) -> None:
    try:
        if not isinstance(pattern, str) or len(pattern) > MAX_PATTERN:
            raise ValueError("too long")
        jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=jsonschema_rs.RegexOptions())
    except ValueError:
        problems.append(Problem(path=path, code="pattern_not_linear", message=_PATTERN))
