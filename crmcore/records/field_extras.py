"""Checks what a definition says beside its type: default, rule over several fields, when a value is required."""

from collections.abc import Collection
from typing import Any

import msgspec

from crmcore.contracts.fields import CustomField, JsonSchema
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import InvalidValue, Problem
from crmcore.contracts.records import RecordType
from crmcore.files.binding import STORED_AS
from crmcore.records.catalog import FieldCatalog
from crmcore.records.checking import CompiledSchema
from crmcore.records.custom_rules import CLOSING, named_in
from crmcore.records.custom_values import EMPTY, retired_choices
from crmcore.records.formats import STANDARD_FORMATS
from crmcore.records.hostile import hostile
from crmcore.records.sentences import CHECK_FAILED, RETIRED

_WHEN: Label = {
    "en": "Only records that are closed can require a value before closing.",
    "ru": "Требовать значение перед закрытием можно только у записей, которые закрывают.",
}
_NO_DEFAULT_FILE: Label = {
    "en": "A file belongs to one record and cannot be what new records get.",
    "ru": "Файл относится к одной записи и не может быть значением по умолчанию.",
}
_NAMES_NOTHING: Label = {
    "en": "The rule names no field of these records.",
    "ru": "В правиле не названо ни одно поле этих записей.",
}
_NO_SUCH_FIELD: Label = {"en": "There is no field “{name}”.", "ru": "Нет поля «{name}»."}


def extra_problems(
    catalog: FieldCatalog, record_type: RecordType | None, field: CustomField, schema: JsonSchema
) -> list[Problem]:
    """Return what is wrong with ``field`` apart from its type and options, whose property is ``schema``."""
    problems: list[Problem] = []
    statuses = record_type.properties.get("status", {}).get("enum", ()) if record_type else ()
    if field.required_when and (field.required_when != CLOSING or "closed" not in statuses):
        problems.append(Problem(path="/required_when", code="not_possible", message=_WHEN))
    if field.default is not None:
        problems += _default_problems(catalog, field, schema)
    if field.rule:
        problems += hostile(field.rule, "/rule", STANDARD_FORMATS) or _rule_problems(record_type, field)
    return problems


def _default_problems(catalog: FieldCatalog, field: CustomField, schema: JsonSchema) -> list[Problem]:
    if schema.get("x-crm", {}).get("stored") == STORED_AS:
        return [Problem(path="/default", code="not_possible", message=_NO_DEFAULT_FILE)]
    try:
        value = clean_default(catalog, field)
    except InvalidValue as error:
        return [error.problem("/default")]
    except Exception:  # a plugin's function: whatever it raises, nobody knows that the value is possible
        params = {"format": field.format or field.type, "plugin": catalog.types[field.type].plugin}
        return [Problem(path="/default", code="check_failed", message=CHECK_FAILED, params=params)]
    if value is None:
        return []
    if gone := retired_choices(schema, value, None):
        params = {"choice": ", ".join(gone)}
        return [Problem(path="/default", code="not_a_choice", message=RETIRED, params=params)]
    plain = {name: part for name, part in schema.items() if name != "format" or not field.format}
    found = CompiledSchema(plain, {}).problems(value)
    return [msgspec.structs.replace(problem, path=f"/default{problem.path}") for problem in found]


def clean_default(catalog: FieldCatalog, field: CustomField) -> Any:
    """Return the default of ``field`` in the form that records keep; raises InvalidValue."""
    if field.default is None:
        return None
    value = catalog.types[field.type].item.clean(field.default, field.options)
    if field.format and isinstance(value, str) and value and field.format in catalog.validators:
        check = catalog.validators[field.format].item.check
        value = check(value, field.options.get("format_options", {}))
    return None if value in EMPTY else value


def _rule_problems(record_type: RecordType | None, field: CustomField) -> list[Problem]:
    names = named_in(field.rule)
    if not names:
        return [Problem(path="/rule", code="names_nothing", message=_NAMES_NOTHING)]
    known: dict[str, Any] = record_type.properties if record_type else {}
    return [
        Problem(path="/rule", code="unknown_field", message=_NO_SUCH_FIELD, params={"name": name[:80]})
        for name in sorted(names)
        if not name.startswith("custom.") and name != "custom" and name not in known
    ]


def rule_names_nobody(field: CustomField, keys: Collection[str]) -> list[Problem]:
    """Return a problem for every custom field that the rule of ``field`` names and that is not among ``keys``.

    By its key alone: a document has no value under another name of a field.
    """
    known = {f"custom.{key}" for key in (*keys, field.key)}
    return [
        Problem(path="/rule", code="unknown_field", message=_NO_SUCH_FIELD, params={"name": name[:80]})
        for name in sorted(named_in(field.rule))
        if name.startswith("custom.") and name not in known
    ]
