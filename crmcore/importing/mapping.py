"""Which column goes into which field."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from crmcore.contracts.problems import Problem
from crmcore.importing.aliases import ALIASES
from crmcore.importing.values import is_list, json_value

JsonSchema = Mapping[str, Any]


class MappingError(ValueError):
    """The mapping names a column or a field that is not there; the sentence says which there are."""

    def __init__(self, english: str, russian: str) -> None:
        super().__init__(english)
        self.russian = russian


class ColumnMapping(Struct, frozen=True, kw_only=True):
    """Field of each column, by position: ``first_name``, ``custom.tier``, ``name`` (split in two), or empty.

    ``properties`` are the JSON Schema properties of the record type, ``custom`` those of its custom fields.
    Moments without a zone are of ``time_zone``. ``sensitive`` fields (``custom.ssn``) ignore masked cells.
    """

    targets: list[str]
    properties: JsonSchema
    custom: JsonSchema
    time_zone: str = "UTC"
    sensitive: frozenset[str] = frozenset()

    def document(self, cells: Sequence[str]) -> tuple[dict[str, Any], list[Problem]]:
        """Return the document that ``cells`` describe, and what is wrong with them as a row.

        Empty cells say nothing. Several columns of one list field (``Phone``, ``Mobile``) are put together.
        """
        problems: list[Problem] = []
        document: dict[str, Any] = {}
        custom: dict[str, Any] = {}
        if any(cells[len(self.targets) :]):
            problems.append(
                Problem(
                    code="too_many_cells",
                    message={
                        "en": "The row has {cells} cells, the header has {columns}.",
                        "ru": "В строке ячеек: {cells}, а в заголовке: {columns}.",
                    },
                    params={"cells": len(cells), "columns": len(self.targets)},
                )
            )
        for target, cell in zip(self.targets, cells, strict=False):
            if not target or not cell or (target in self.sensitive and cell.startswith("•")):
                continue
            if target.startswith("custom."):
                key = target.removeprefix("custom.")
                _put(custom, key, json_value(cell, self.custom.get(key, {}), self.time_zone, own=False))
            elif target == "name" and self.properties.get("first_name") is not None:
                first, _, last = cell.rpartition(" ")
                _put(document, "first_name", first or last)
                _put(document, "last_name", last if first else "")
            else:
                _put(document, target, json_value(cell, self.properties.get(target, {}), self.time_zone))
        if custom:
            document["custom"] = custom
        return document, problems

    def columns(self, header: Sequence[str]) -> dict[str, str]:
        """Return the mapping as it is sent and kept: field by column name; by number where a name comes twice."""
        return columns_to(self.targets, header)


def columns_to(targets: Sequence[str], header: Sequence[str]) -> dict[str, str]:
    """Return the field by column name, by number where a name comes twice or is empty."""
    return {
        name if name and header.index(name) == place else str(place + 1): target
        for place, (name, target) in enumerate(zip(header, targets, strict=False))
    }


def map_columns(
    header: Sequence[str],
    schema: JsonSchema,
    chosen: Mapping[str, str] | None = None,
    *,
    other_languages: Iterable[JsonSchema] = (),
    key: str = "",
    time_zone: str = "UTC",
    sensitive: frozenset[str] = frozenset(),
) -> ColumnMapping:
    """Return the mapping of ``header`` onto the fields of ``schema`` (a record type's composite schema).

    ``chosen`` maps column names (or numbers from 1) to fields, or to nothing to leave a column out; the other
    columns are guessed by their names: keys, titles here and in ``other_languages``, aliases. ``key`` may be
    ``id``, which is a field then. Raises :class:`MappingError`.
    """
    properties = dict(schema.get("properties", {}))
    custom = dict(properties.pop("custom", {}).get("properties", {}))
    writable = {name: rule for name, rule in properties.items() if not rule.get("readOnly")}
    custom = {name: rule for name, rule in custom.items() if not rule.get("readOnly")}
    if key == "id":
        writable["id"] = properties["id"]
    fields = [*writable, *(f"custom.{name}" for name in custom)]
    if "first_name" in writable:
        fields.append("name")
    names = _names(fields, properties, custom, other_languages)
    targets = [_guess(name, fields, properties, names) for name in header]
    if "first_name" in targets or "last_name" in targets:
        # A whole name beside its parts is what an export writes for people.
        targets = ["" if target == "name" else target for target in targets]
    # A column may repeat a guess only where the field holds several values.
    for position, target in enumerate(targets):
        if target in targets[:position] and not is_list(_rule(target, writable, custom)):
            targets[position] = ""
    for column, field in (chosen or {}).items():
        position = _position(column, header)
        if field and field not in fields:
            raise MappingError(
                f"there is no field {field!r} to import into; there are: {', '.join(sorted(fields))}",
                f"поля {field!r} для импорта нет; есть: {', '.join(sorted(fields))}",
            )
        for other, target in enumerate(targets):
            if target == field and not is_list(_rule(field, writable, custom)):
                targets[other] = ""
        targets[position] = field
    if not any(targets):
        raise MappingError(
            f"no column of {', '.join(map(repr, header[:20]))} is known; say which is which, for example "
            f"{header[0]}={fields[0]}",
            f"ни один столбец не узнан: {', '.join(map(repr, header[:20]))}; укажите, что есть что, например "
            f"{header[0]}={fields[0]}",
        )
    return ColumnMapping(
        targets=targets, properties=writable, custom=custom, time_zone=time_zone, sensitive=sensitive
    )


def _rule(field: str, properties: JsonSchema, custom: JsonSchema) -> JsonSchema:
    rule: JsonSchema = (
        custom.get(field.removeprefix("custom."), {})
        if field.startswith("custom.")
        else properties.get(field, {})
    )
    return rule


def _position(column: str, header: Sequence[str]) -> int:
    if column in header:
        return list(header).index(column)
    if column.isascii() and column.isdecimal() and len(column) < 6 and 0 < int(column) <= len(header):
        return int(column) - 1
    known = ", ".join(header[:50])
    raise MappingError(
        f"there is no column {column!r}; there are: {known}", f"столбца {column!r} нет; есть: {known}"
    )


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())


def _names(
    fields: Sequence[str], properties: JsonSchema, custom: JsonSchema, other_languages: Iterable[JsonSchema]
) -> dict[str, str]:
    """Return the fields by everything that a column of theirs may be called."""
    names: dict[str, str] = {}
    for field in fields:
        for alias in (*ALIASES.get(field, ()), field):
            names.setdefault(_plain(alias), field)
    schemas: list[tuple[JsonSchema, JsonSchema]] = [(properties, custom)]
    for schema in other_languages:
        own: JsonSchema = schema.get("properties", {})
        schemas.append((own, own.get("custom", {}).get("properties", {})))
    for field in fields:
        for own, customs in schemas:
            rule = _rule(field, own, customs)
            for title in (rule.get("title", ""), *rule.get("x-crm", {}).get("aliases", ())):
                if plain := _plain(str(title)):
                    names.setdefault(plain, field)
        if field.startswith("custom."):
            names.setdefault(_plain(field.removeprefix("custom.")), field)
    return names


def _guess(name: str, fields: Sequence[str], properties: JsonSchema, names: Mapping[str, str]) -> str:
    if name in fields:
        return name
    if name in properties:
        return ""  # an export's column that nobody writes
    plain = _plain(name)
    return names.get(plain, "") or names.get(re.sub(r"\d+$", "", plain), "") if plain else ""


def _put(document: dict[str, Any], key: str, value: Any) -> None:
    if isinstance(value, list) and isinstance(document.get(key), list):
        document[key] += [item for item in value if item not in document[key]]
    elif value != "":
        document[key] = value
