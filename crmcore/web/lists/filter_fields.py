"""The fields that a list can be narrowed by, with the comparisons each of them knows."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from crmcore.contracts.fields import JsonSchema
from crmcore.contracts.records import RecordType
from crmcore.records.custom_filters import stored_form
from crmcore.records.definition import Definition
from crmcore.web.facts import label_of
from crmcore.web.lists.columns import SYSTEM
from crmcore.web.texts import N_

if TYPE_CHECKING:
    from crmcore.web.visit import Visit

COMPARISONS = {
    "contains": N_("contains"),
    "eq": N_("is"),
    "ne": N_("is not"),
    "in": N_("is one of"),
    "lt": N_("is less than"),
    "lte": N_("is at most"),
    "gt": N_("is more than"),
    "gte": N_("is at least"),
    "within": N_("is in"),
    "last": N_("is in the last"),
    "next": N_("is in the next"),
    "older": N_("is longer ago than"),
    "before": N_("is before"),
    "after": N_("is on or after"),
    "filled": N_("is filled in"),
    "empty": N_("is empty"),
}
"""What a comparison is called. Some are forms of one operator of filters: ``last`` is ``within``."""

_OF = {
    "text": ("contains", "eq", "ne", "empty", "filled"),
    "number": ("eq", "ne", "lt", "lte", "gt", "gte", "empty", "filled"),
    "amount": ("eq", "ne", "lt", "lte", "gt", "gte", "empty", "filled"),
    "moment": ("within", "last", "next", "older", "before", "after", "empty", "filled"),
    "flag": ("eq", "ne", "empty", "filled"),
    "choice": ("eq", "ne", "in", "empty", "filled"),
    "reference": ("eq", "ne", "empty", "filled"),
    "tags": ("eq", "ne", "in", "empty", "filled"),
}
_NEEDS = {
    "last": "within",
    "next": "within",
    "older": "lt",
    "before": "lt",
    "after": "gte",
    "filled": "empty",
}


class FilterField(Struct, frozen=True, kw_only=True):
    """A field that can be asked about. ``kind`` is text, number, amount, moment, flag, choice, reference or tags.

    ``day`` says that its moments are whole days; ``target`` is the record type that a reference leads to.
    """

    name: str
    label: str
    kind: str
    comparisons: tuple[str, ...]
    choices: tuple[tuple[str, str], ...] = ()
    target: str = ""
    day: bool = False


def filter_fields(
    visit: "Visit", kind: RecordType, definitions: Sequence[Definition], hidden: frozenset[str]
) -> dict[str, FilterField]:
    """Return the fields by their names, base fields first, as the visitor may ask about them."""
    fields = [
        _base(visit, kind, name)
        for name in (*kind.filters, *(("tags",) if kind.tags else ()))
        if name not in hidden
    ]
    fields += [
        _custom(visit, item)
        for item in definitions
        if item.filterable and not item.dormant and item.operators and f"custom.{item.key}" not in hidden
    ]
    return {field.name: field for field in fields}


def _base(visit: "Visit", kind: RecordType, name: str) -> FilterField:
    if name == "tags":
        label = visit.texts.gettext("Tags")
        return FilterField(name=name, label=label, kind="tags", comparisons=_OF["tags"])
    if name in SYSTEM:
        label = visit.texts.gettext(SYSTEM[name])
        return FilterField(name=name, label=label, kind="moment", comparisons=_OF["moment"][:-2])
    schema = kind.properties.get(name, {})
    label, target = label_of(visit, name, schema), str(schema.get("x-crm", {}).get("reference", ""))
    if target:
        return FilterField(
            name=name, label=label, kind="reference", target=target, comparisons=_OF["reference"]
        )
    form = _form(schema)
    choices = tuple((str(value), str(value)) for value in schema.get("enum", ()))
    return FilterField(name=name, label=label, kind=form, choices=choices, comparisons=_OF[form])


def _form(schema: Mapping[str, object]) -> str:
    kinds = schema.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if schema.get("format") == "date-time":
        return "moment"
    if schema.get("enum"):
        return "choice"
    if "boolean" in kinds:
        return "flag"
    return "number" if {"integer", "number"} & set(kinds) else "text"


def _custom(visit: "Visit", definition: Definition) -> FilterField:
    schema: JsonSchema = definition.schema
    form, format = stored_form(definition), schema.get("format")
    target = str(schema.get("x-crm", {}).get("reference", ""))
    choices = tuple(
        (str(choice["value"]), visit.say(choice.get("label") or choice["value"]))
        for choice in definition.options.get("choices", ())
    )
    kind = "text"
    if format in ("date", "date-time"):
        kind = "moment"
    elif target:
        kind = "reference"
    elif choices:
        kind = "choice"
    elif form == "boolean":
        kind = "flag"
    elif form == "number" or ("lt" in definition.operators and form in ("decimal", "money")):
        kind = "number"
    operators = {*definition.operators, *(("within",) if "lt" in definition.operators else ())}
    return FilterField(
        name=f"custom.{definition.key}",
        label=visit.say(definition.label),
        kind=kind,
        choices=choices,
        target=target,
        day=format == "date",
        comparisons=tuple(name for name in _OF[kind] if _NEEDS.get(name, name) in operators),
    )
