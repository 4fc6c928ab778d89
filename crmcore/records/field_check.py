"""Checks a custom field's declaration and makes its JSON Schema property."""

import re
from collections.abc import Callable, Collection
from typing import Any

import msgspec

from crmcore.contracts.fields import CustomField, JsonSchema, Options
from crmcore.contracts.labels import Label, text_of
from crmcore.contracts.problems import InvalidValue, Problem
from crmcore.contracts.validators import Validator
from crmcore.plugins.registry import Registered
from crmcore.records.catalog import FieldCatalog
from crmcore.records.checking import CompiledSchema, unstorable
from crmcore.records.columns import reference_of
from crmcore.records.field_extras import clean_default, extra_problems
from crmcore.records.hostile import hostile
from crmcore.records.senseless_options import senseless, unread_label
from crmcore.records.sentences import KEYWORDS, REQUIRED

_SECURITY_CODE = re.compile(r"\b(?:cvv2?|cvc2?|cvn|card security code|цвв|цвц)\b", re.IGNORECASE)
KEY = re.compile(r"[a-z][a-z0-9_]{0,62}", re.ASCII)

_NOT_A_KEY: Label = {
    "en": "A key is made of lower-case letters, digits and underscores, and begins with a letter.",
    "ru": "Ключ — строчные латинские буквы, цифры и подчёркивания, начинается с буквы.",
}
_RESERVED: Label = {
    "en": "Keys beginning with “{prefix}” belong to the plugin “{plugin}”.",
    "ru": "Ключи, начинающиеся с «{prefix}», принадлежат плагину «{plugin}».",
}
_BASE_FIELD: Label = {
    "en": "These records have a field “{name}” with the key “{key}” of their own. Choose another key.",
    "ru": "У этих записей есть своё поле «{name}» с ключом «{key}». Выберите другой ключ.",
}
_EVERY_RECORD = frozenset({"id", "version", "created_at", "updated_at", "deleted_at", "custom", "tags"})
"""Names in every record's document, whatever its type."""
_NO_TYPE: Label = {
    "en": "There is no field type “{name}”. Possible: {known}.",
    "ru": "Нет типа поля «{name}». Возможны: {known}.",
}
_NO_RECORD_TYPE: Label = {
    "en": "There is no record type “{name}”. Possible: {known}.",
    "ru": "Нет типа записей «{name}». Возможны: {known}.",
}
_NO_FORMAT: Label = {
    "en": "There is no check “{name}”. Possible: {known}.",
    "ru": "Нет проверки «{name}». Возможны: {known}.",
}
_TYPE_FAILED: Label = {
    "en": "The field type “{name}” of the plugin “{plugin}” failed on these options.",
    "ru": "Тип поля «{name}» плагина «{plugin}» не справился с этими настройками.",
}
_FORMAT_FAILED: Label = {
    "en": "The check “{name}” of the plugin “{plugin}” failed on these options.",
    "ru": "Проверка «{name}» плагина «{plugin}» не справилась с этими настройками.",
}
_NO_CODES: Label = {
    "en": "The security codes of cards must not be stored.",
    "ru": "Коды безопасности карт хранить нельзя.",
}
_FORMAT_OF_TEXT: Label = {"en": "Only texts have checks.", "ru": "Проверки есть только у текстов."}


class FieldCheck:
    """Knows which declarations of custom fields make sense with the field types and validators at hand."""

    def __init__(self, catalog: FieldCatalog, plugin_names: Callable[[], Collection[str]]) -> None:
        self._catalog = catalog
        self._plugin_names = plugin_names

    def property_of(self, field: CustomField) -> tuple[JsonSchema, list[Problem]]:
        """Return the JSON Schema property that ``field`` stands for, and what is wrong with the declaration."""
        registered = self._catalog.types.get(field.type)
        if registered is None:
            known = ", ".join(sorted(self._catalog.types))
            return {}, [problem("/type", "unknown_type", _NO_TYPE, name=field.type[:60], known=known)]
        if not (any(field.label.values()) if isinstance(field.label, dict) else field.label.strip()):
            return {}, [problem("/label", "required", REQUIRED)]
        if unread := unread_label(field.label):
            return {}, unread
        own = {name: value for name, value in field.options.items() if name != "format_options"}
        problems = CompiledSchema(registered.item.options_schema, {}).problems(own)
        problems = problems or _repeated_choices(own) or senseless(own)
        if problems:
            return {}, _below("/options", problems)
        try:
            schema = dict(registered.item.schema(own))
        except Exception:  # a plugin's function: whatever it raises, there is no property
            return {}, [
                problem("/type", "field_type_failed", _TYPE_FAILED, name=field.type, plugin=registered.plugin)
            ]
        target = reference_of(schema)
        if target and target not in self._catalog.record_types:
            known = ", ".join(sorted(self._catalog.record_types))
            return {}, [
                problem("/options/record_type", "unknown_type", _NO_RECORD_TYPE, name=target, known=known)
            ]
        if field.format:
            problems = self._format_problems(field, schema)
            schema["format"] = field.format
        problems = [*problems, *hostile(schema, "/options")]
        if not problems:
            kind = self._catalog.record_types.get(field.record_type)
            problems = _forbidden(field) or extra_problems(
                self._catalog, kind.item if kind else None, field, schema
            )
        return schema, problems

    def with_kept_default(self, field: CustomField) -> CustomField:
        """Return a declaration that makes sense with its default in the form that records keep."""
        return msgspec.structs.replace(field, default=clean_default(self._catalog, field))

    def key_problems(self, field: CustomField) -> list[Problem]:
        """Return why a field of our own cannot have this key."""
        if not KEY.fullmatch(field.key):
            return [problem("/key", "not_a_key", _NOT_A_KEY)]
        for plugin in self._plugin_names():
            if field.key.startswith(f"{plugin}_"):
                return [problem("/key", "reserved", _RESERVED, prefix=f"{plugin}_", plugin=plugin)]
        kind = self._catalog.record_types.get(field.record_type)
        if kind is not None and (field.key in kind.item.properties or field.key in _EVERY_RECORD):
            label = kind.item.properties.get(field.key, {}).get("x-crm", {}).get("label") or field.key
            return [problem("/key", "taken", _BASE_FIELD, key=field.key, name=label)]
        return []

    def _format_problems(self, field: CustomField, schema: JsonSchema) -> list[Problem]:
        validator = self._catalog.validators.get(field.format)
        if validator is None:
            known = ", ".join(sorted(self._catalog.validators)) or "–"
            return [problem("/format", "unknown_format", _NO_FORMAT, name=field.format[:60], known=known)]
        if schema.get("type") != "string":
            return [problem("/format", "format_of_text", _FORMAT_OF_TEXT)]
        options = field.options.get("format_options", {})
        found = CompiledSchema(validator.item.options_schema, {}).problems(options) or unstorable(options)
        found = found or senseless(options)
        if not found and validator.item.check_options is not None:
            found = _senseless(validator, options)
        return _below("/options/format_options", found)


def _forbidden(field: CustomField) -> list[Problem]:
    """Return why a field for the security codes of cards cannot be: no one may store them (PCI DSS 3.3.1)."""
    said = " ".join([field.key.replace("_", " "), *(text_of(field.label, name) for name in ("en", "ru"))])
    return [problem("/key", "forbidden", _NO_CODES)] if _SECURITY_CODE.search(said) else []


def _repeated_choices(options: Options) -> list[Problem]:
    """Return a problem for every choice whose value is an earlier one's: only the first could ever be chosen."""
    choices = options.get("choices")
    values = [
        choice.get("value") if isinstance(choice, dict) else choice
        for choice in (choices if isinstance(choices, list) else ())
    ]
    code, message = KEYWORDS["uniqueItems"]
    return [
        Problem(path=f"/choices/{place}/value", code=code, message=message)
        for place, value in enumerate(values)
        if value is not None and value in values[:place]
    ]


def _senseless(validator: Registered[Validator], options: Options) -> list[Problem]:
    """Return what a validator itself says against the options of its format."""
    try:
        if validator.item.check_options is not None:
            validator.item.check_options(options)
    except InvalidValue as error:
        return [error.problem("", validator.plugin)]
    except Exception:  # a plugin's function: whatever it raises, nobody knows that the options make sense
        key = validator.item.key
        return [problem("", "format_failed", _FORMAT_FAILED, name=key, plugin=validator.plugin)]
    return []


def problem(path: str, code: str, message: Label, **params: Any) -> Problem:
    """Return a problem of a field's declaration."""
    return Problem(path=path, code=code, message=message, params=params)


def _below(path: str, problems: list[Problem]) -> list[Problem]:
    return [msgspec.structs.replace(found, path=f"{path}{found.path}") for found in problems]
