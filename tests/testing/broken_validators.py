"""Validators that break a rule."""

import time
from typing import Any

from spoiling import Broken, good, validator

from crmcore import InvalidValue


def accepts_all(value: Any, options: Any) -> str:
    return str(value)


def adds(value: Any, options: Any) -> str:
    if not isinstance(value, str) or len(value) > 40:
        raise InvalidValue("No.")
    return value + "!"


def crashes(value: Any, options: Any) -> str:
    return str(value.upper()[0])


def slow(value: Any, options: Any) -> str:
    if isinstance(value, str) and len(value) > 1000:
        time.sleep(1.3)
    return good("validator", "check")(value, options)  # type: ignore[no-any-return]


def repeats(value: Any, options: Any) -> str:
    try:
        return good("validator", "check")(value, options)  # type: ignore[no-any-return]
    except InvalidValue:
        raise InvalidValue({"en": "Not {value}.", "ru": "Не {value}."}, value=value) from None


def in_english(value: Any, options: Any) -> str:
    try:
        return good("validator", "check")(value, options)  # type: ignore[no-any-return]
    except InvalidValue:
        raise InvalidValue("No.") from None


def needs_options(value: Any, options: Any) -> str:
    if options:
        options["minimum"] + 1
    return good("validator", "check")(value, options)  # type: ignore[no-any-return]


def refuses_white_space(value: Any, options: Any) -> str:
    if value != value.strip():
        raise InvalidValue({"en": "Without spaces around it.", "ru": "Без пробелов по краям."})
    return good("validator", "check")(value, options)  # type: ignore[no-any-return]


BROKEN = (
    Broken("validator.shows_examples", "two examples", lambda: validator(examples=("LC-1234",))),
    Broken(
        "validator.stored_form_passes", "unchanged", lambda: validator(adds, examples=(), counter_examples=())
    ),
    Broken("validator.any_text_is_answered_quickly", "more than a second", lambda: validator(slow)),
    Broken(
        "validator.any_text_is_answered_quickly",
        "raise InvalidValue",
        lambda: validator(crashes, examples=(), counter_examples=()),
    ),
    Broken(
        "validator.other_types_are_refused",
        "which is no text",
        lambda: validator(accepts_all, counter_examples=()),
    ),
    Broken("validator.refusals_keep_the_value", "repeats the value", lambda: validator(repeats)),
    Broken("validator.refusals_are_sentences", "in one language", lambda: validator(in_english)),
    Broken(
        "validator.options_are_described",
        "take any name",
        lambda: validator(options_schema={"type": "object"}),
    ),
    Broken("validator.senseless_options_are_survived", "with the options", lambda: validator(needs_options)),
    Broken("validator.little_of_a_secret_is_shown", "of a sensitive value", lambda: validator(shown_last=2)),
    Broken(
        "validator.works_in_a_field",
        "takes its counter-example",
        lambda: validator(refuses_white_space, examples=("LC-1234",), counter_examples=(" LC-1234 ",)),
    ),
)
