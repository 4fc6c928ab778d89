"""Field types that break a rule."""

from itertools import count
from typing import Any

from spoiling import Broken, field_type


def another_form_each_time() -> dict[str, Any]:
    number = count()
    return field_type(
        clean=lambda value, options: next(number),
        schema=lambda options: {"type": "integer"},
        render=lambda value, *_: str(value),
    )


def trusts_its_values() -> dict[str, Any]:
    return field_type(
        clean=lambda value, options: value,
        schema=lambda options: {"type": "string"},
        render=lambda value, *_: f"<b>{value}</b>",
    )


BROKEN = (
    Broken(
        "field_type.makes_a_schema", "is none", lambda: field_type(schema=lambda options: {"type": "whole"})
    ),
    Broken(
        "field_type.options_are_closed",
        "additionalProp",
        lambda: field_type(options_schema={"type": "object"}),
    ),
    Broken(
        "field_type.good_values_fit", "schema refuses", lambda: field_type(clean=lambda value, options: "x")
    ),
    Broken(
        "field_type.one_form_is_stored",
        "once more",
        lambda: field_type(clean=lambda value, options: int(value) % 5 + 1),
    ),
    Broken(
        "field_type.odd_values_are_refused",
        "InvalidValue",
        lambda: field_type(clean=lambda value, _: int(value)),
    ),
    Broken(
        "field_type.everything_is_rendered",
        "must be a text",
        lambda: field_type(render=lambda value, *_: value),
    ),
    Broken(
        "field_type.old_values_are_rendered",
        "str(value)",
        lambda: field_type(render=lambda value, *_: "★" * value),
    ),
    Broken("field_type.operators_are_known", "nobody knows: like", lambda: field_type(operators=("like",))),
    Broken(
        "field_type.little_of_a_secret_is_shown",
        "at most 4",
        lambda: field_type(sensitive=True, shown_last=9),
    ),
    Broken("field_type.goes_through_the_gate", "clean says", another_form_each_time),
    Broken("field_type.hostile_values_are_escaped", "return a plain text", trusts_its_values),
)
