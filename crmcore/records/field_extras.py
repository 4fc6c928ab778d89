"""Checks what a definition says beside its type: default, rule over several fields, when a value is required."""

from typing import Any

import msgspec

from crmcore.contracts.fields import CustomField, JsonSchema
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import InvalidValue, Problem
from crmcore.contracts.records import RecordType
from crmcore.records.catalog import FieldCatalog
from crmcore.records.checking import CompiledSchema
from crmcore.records.custom_rules import CLOSING, named_in
from crmcore.records.formats import STANDARD_FORMATS
from crmcore.records.hostile import hostile

_WHEN: Label = {
    "en": "Only records that are closed can require a value before closing.",
    "ru": "Требовать значение перед закрытием можно только у записей, которые закрывают.",
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
    try:
        value = catalog.types[field.type].item.clean(field.default, field.options)
        if field.format and isinstance(value, str) and field.format in catalog.validators:
            check = catalog.validators[field.format].item.check
            value = check(value, field.options.get("format_options", {}))
    except InvalidValue as error:
        return [error.problem("/default")]
    plain = {name: part for name, part in schema.items() if name != "format" or not field.format}
    found = CompiledSchema(plain, {}).problems(value)
    return [msgspec.structs.replace(problem, path=f"/default{problem.path}") for problem in found]


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
