"""Field types and custom fields: a field *is* a JSON Schema 2020-12 property."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from msgspec import Meta, Struct, field

from crmcore.contracts.labels import Label

JsonSchema = dict[str, Any]
Options = Mapping[str, Any]


def _as_it_is(value: Any, options: Options) -> Any:
    return value


def _as_text(value: Any, options: Options, language: str) -> str:
    return "" if value is None else str(value)


class FieldType(Struct, frozen=True, kw_only=True):
    """A template that makes a JSON Schema property from the options of one field.

    ``schema(options)`` returns the property's schema; ``clean(value, options)`` brings a value to the one form
    that is stored, before it is checked (strip a text, turn ``"12"`` from a form into 12), and may raise
    :class:`~crmcore.InvalidValue`; ``render(value, options, language)`` returns what a person reads.
    ``options_schema`` describes the options themselves: the field builder makes its form from it.
    ``operators`` are the filter operators that make sense: eq, ne, in, lt, lte, gt, gte, contains, empty.
    ``sensitive`` values are encrypted where they are stored, masked for every reader, and kept out of search,
    history, events and logs; ``shown_last`` of their last characters stay readable in the mask.
    """

    key: str
    label: Label
    schema: Callable[[Options], JsonSchema]
    widget: str = "text"
    options_schema: JsonSchema = field(
        default_factory=lambda: {"type": "object", "additionalProperties": False}
    )
    clean: Callable[[Any, Options], Any] = _as_it_is
    render: Callable[[Any, Options, str], str] = _as_text
    operators: tuple[str, ...] = ("eq", "ne", "in", "empty")
    sensitive: bool = False
    shown_last: int = 0


class Leaving(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a record leaves a choice: ``field``, a drop-down list of the same record type, has another value, or none.

    ``field`` is the key of the list; of its ``choices`` those count that are named by their values, all when
    none is.
    """

    field: Annotated[str, Meta(min_length=1, max_length=63)]
    choices: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=120)], ...], Meta(max_length=500)
    ] = ()


class CustomField(Struct, frozen=True, kw_only=True):
    """One custom field of one record type, brought by a plugin or made by an administrator.

    A plugin's keys begin with the plugin's name and an underscore (``loyalty_tier``). ``type`` names a field
    type, ``options`` are that type's options, ``format`` names a validator from any plugin. ``read_only``
    fields are written by their plugin alone; ``compute(document)`` makes such a field's value whenever the record
    is written (None: no value), from its base fields and ``custom``.

    ``default`` is what a new record gets that does not name the field. ``required_when="closing"`` asks for a
    value before a conversation is closed, ``required_before_leaving`` before a record leaves a choice of a drop-down
    list, a stage for instance. ``rule`` is a JSON Schema over the whole document (base fields and
    ``custom``; what has no value is absent), as ``{"if": …, "then": …}`` or ``{"dependentRequired": …}``; it is
    checked when this field or one that it names changes, and ``x-crm.message`` in it is the sentence for people.
    """

    record_type: str
    key: str
    label: Label
    type: str = "text"
    options: dict[str, Any] = field(default_factory=dict)
    format: str = ""
    description: Label = ""
    group: Label = ""
    order: int = 100
    required: bool = False
    read_only: bool = False
    filterable: bool = False
    default: Any = None
    required_when: str = ""
    required_before_leaving: Leaving | None = None
    rule: JsonSchema = field(default_factory=dict)
    compute: Callable[[Mapping[str, Any]], Any] | None = None
