"""Which column goes into which field."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from crmcore.contracts.problems import Problem
from crmcore.importing.cells import split_cell

JsonSchema = Mapping[str, Any]

# How spreadsheets and other programs name the fields of a contact, in English and Russian, without spaces.
_ALIASES: dict[str, tuple[str, ...]] = {
    "first_name": ("firstname", "givenname", "имя"),
    "last_name": ("lastname", "surname", "familyname", "фамилия"),
    "name": ("name", "fullname", "contact", "contactname", "фио", "контакт", "клиент"),
    "emails": ("email", "emails", "emailaddress", "mail", "почта", "электроннаяпочта", "эпочта"),
    "phones": ("phone", "phones", "phonenumber", "telephone", "mobile", "tel", "телефон", "мобильный"),
    "handles": ("handle", "handles", "username", "ник"),
    "company": ("company", "companyname", "organization", "organisation", "компания", "организация"),
    "job_title": ("jobtitle", "title", "position", "должность"),
    "language": ("language", "язык"),
    "time_zone": ("timezone", "часовойпояс"),
    "gender": ("gender", "sex", "пол"),
    "notes": ("notes", "note", "comment", "comments", "заметки", "комментарий", "примечание"),
    "tags": ("tags", "tag", "groups", "group", "теги", "группы"),
    "domain": ("domain", "website", "домен", "сайт"),
    "address": ("address", "адрес"),
}


class MappingError(ValueError):
    """The mapping names a column or a field that is not there; the sentence says which there are."""


class ColumnMapping(Struct, frozen=True, kw_only=True):
    """Field of each column, by position: ``first_name``, ``custom.tier``, ``name`` (split in two), or empty.

    ``properties`` are the JSON Schema properties of the record type, ``custom`` those of its custom fields.
    """

    targets: list[str]
    properties: JsonSchema
    custom: JsonSchema

    def document(self, cells: Sequence[str]) -> tuple[dict[str, Any], list[Problem]]:
        """Return the document that ``cells`` describe, and what is wrong with them as a row.

        Empty cells say nothing. Several columns of one list field (``Phone``, ``Mobile``) are put together.
        Custom values stay text: their field types turn it into what they keep.
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
            if not target or not cell:
                continue
            if target.startswith("custom."):
                key = target.removeprefix("custom.")
                _put(custom, key, split_cell(cell) if _is_list(self.custom.get(key, {})) else cell)
            elif target == "name" and self.properties.get("first_name") is not None:
                first, _, last = cell.rpartition(" ")
                _put(document, "first_name", first or last)
                _put(document, "last_name", last if first else "")
            else:
                _put(document, target, _value(cell, self.properties.get(target, {})))
        if custom:
            document["custom"] = custom
        return document, problems


def map_columns(
    header: Sequence[str], schema: JsonSchema, chosen: Mapping[str, str] | None = None
) -> ColumnMapping:
    """Return the mapping of ``header`` onto the fields of ``schema`` (a record type's composite schema).

    ``chosen`` maps column names (or numbers from 1) to fields, or to nothing to leave a column out; the other
    columns are guessed by their names. Raises :class:`MappingError`.
    """
    properties = dict(schema.get("properties", {}))
    custom = dict(properties.pop("custom", {}).get("properties", {}))
    writable = {key: rule for key, rule in properties.items() if not rule.get("readOnly")}
    fields = [*writable, *(f"custom.{key}" for key in custom)]
    if "first_name" in writable:
        fields.append("name")
    targets = [_guess(name, writable, custom) for name in header]
    # A column may repeat a guess only where the field holds several values.
    for position, target in enumerate(targets):
        if target in targets[:position] and not _is_list(writable.get(target, {})):
            targets[position] = ""
    for column, field in (chosen or {}).items():
        position = _position(column, header)
        if field and field not in fields:
            raise MappingError(
                f"there is no field {field!r} to import into; there are: {', '.join(sorted(fields))}"
            )
        for other, target in enumerate(targets):
            if target == field and not _is_list(writable.get(field, {})):
                targets[other] = ""
        targets[position] = field
    if not any(targets):
        raise MappingError(
            f"no column of {', '.join(map(repr, header))} is known; say which is which, for example "
            f"{header[0]}=emails"
        )
    return ColumnMapping(targets=targets, properties=writable, custom=custom)


def _position(column: str, header: Sequence[str]) -> int:
    if column in header:
        return list(header).index(column)
    if column.isdecimal() and 0 < int(column) <= len(header):
        return int(column) - 1
    raise MappingError(f"there is no column {column!r}; there are: {', '.join(header)}")


def _plain(name: str) -> str:
    return re.sub(r"[\W_\d]+", "", name.casefold())


def _guess(name: str, properties: JsonSchema, custom: JsonSchema) -> str:
    plain = _plain(name)
    if not plain:
        return ""
    for field, aliases in _ALIASES.items():
        known = field in properties or (field == "name" and "first_name" in properties)
        if known and (plain in aliases or plain == _plain(field)):
            return field
    for key, rule in properties.items():
        if plain in (_plain(key), _plain(str(rule.get("title", "")))):
            return key
    for key, rule in custom.items():
        if plain in (_plain(key), _plain(str(rule.get("title", "")))):
            return f"custom.{key}"
    return ""


def _types(rule: JsonSchema) -> set[str]:
    kind = rule.get("type", [])
    return {kind} if isinstance(kind, str) else set(kind)


def _is_list(rule: JsonSchema) -> bool:
    return "array" in _types(rule)


def _value(cell: str, rule: JsonSchema) -> Any:
    """Return ``cell`` as the JSON value that ``rule`` asks for; what does not fit is left to the gate."""
    kinds = _types(rule)
    if "array" in kinds:
        return split_cell(cell)
    if "string" in kinds or not kinds:
        return cell
    plain = cell.casefold()
    if "boolean" in kinds and plain in _BOOLEANS:
        return _BOOLEANS[plain]
    number = cell.replace("\u00a0", "").replace(" ", "")
    if kinds & {"integer", "number"} and re.fullmatch(r"[+-]?\d{1,18}", number):
        return int(number)
    if "number" in kinds and re.fullmatch(r"[+-]?\d{1,18}[.,]\d{1,18}", number):
        return float(number.replace(",", "."))
    return cell


_BOOLEANS = {
    **dict.fromkeys(("1", "true", "yes", "y", "да", "истина", "x", "✓"), True),
    **dict.fromkeys(("0", "false", "no", "n", "нет", "ложь"), False),
}


def _put(document: dict[str, Any], key: str, value: Any) -> None:
    if isinstance(value, list) and isinstance(document.get(key), list):
        document[key] += [item for item in value if item not in document[key]]
    elif value != "":
        document[key] = value
