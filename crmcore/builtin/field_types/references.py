"""References from a record to another one."""

from typing import Any
from uuid import UUID

from crmcore.builtin.field_types.options import options_schema
from crmcore.contracts.fields import FieldType, JsonSchema, Options
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import InvalidValue

_NOT_AN_ID: Label = {"en": "This is not an id.", "ru": "Это не идентификатор."}


def reference_type() -> FieldType:
    """Return ``reference``: the id of a record that there is and that the writer may see, which the gate checks."""
    return FieldType(
        key="reference",
        label={"en": "Reference to a record", "ru": "Ссылка на запись"},
        schema=_schema,
        clean=_clean,
        widget="reference",
        options_schema=options_schema(
            "record_type", record_type={"type": "string", "pattern": "^[a-z][a-z0-9_]{0,59}$"}
        ),
        operators=("eq", "ne", "in", "empty"),
    )


def _schema(options: Options) -> JsonSchema:
    return {"type": "string", "format": "uuid", "x-crm": {"reference": options["record_type"]}}


def _clean(value: Any, options: Options) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if not isinstance(value, str):
        return value
    text = value.strip()
    if not text:
        return None
    try:
        return str(UUID(text))
    except ValueError:
        raise InvalidValue(_NOT_AN_ID, code="wrong_form") from None
