"""A plugin for the tests of sensitive values: a check, a type, fields of its own, and eyes on every write."""

from collections.abc import Mapping
from typing import Any

from crmcore import Change, CustomField, FieldType, InvalidValue, Options, Problem, Validator, hookimpl

SEEN: list[Change] = []
"""Every change as this plugin was shown it; tests empty it."""


def number(value: str, options: Options) -> str:
    """Return a number like AB-123456789; stumble over the word CRASH."""
    if value == "CRASH-1234567":
        raise RuntimeError(f"cannot read {value}")
    if not value.startswith("AB-"):
        raise InvalidValue(
            {"en": "“{value}” is no number.", "ru": "«{value}» — не номер."}, code="not_a_number", value=value
        )
    return value


def seal_of(document: Mapping[str, Any]) -> str | None:
    """Make a computed value of the plugin's own sensitive one, as long as it gets that in the clear."""
    own = document.get("custom", {}).get("sensitive_own", "")
    other = document.get("custom", {}).get("ssn", "")
    return f"AB-{own[3:]}-{other}" if own.startswith("AB-") else None


@hookimpl
def register_validators() -> list[Validator]:
    return [
        Validator(
            key="sensitive-number",
            label="Number",
            check=number,
            examples=("AB-123456789",),
            counter_examples=("12",),
            sensitive=True,
            shown_last=4,
        )
    ]


@hookimpl
def register_field_types() -> list[FieldType]:
    schema = {"type": "array", "items": {"type": "integer"}}
    return [FieldType(key="sensitive_list", label="List", schema=lambda options: schema, sensitive=True)]


@hookimpl
def register_custom_fields() -> list[CustomField]:
    return [
        CustomField(record_type="contact", key="sensitive_own", label="Own", format="sensitive-number"),
        CustomField(
            record_type="contact",
            key="sensitive_made",
            label="Made",
            format="sensitive-number",
            read_only=True,
            compute=seal_of,
        ),
    ]


@hookimpl
def before_write(change: Change) -> list[Problem] | None:
    SEEN.append(change)
    return None
