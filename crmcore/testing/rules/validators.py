"""Validators: one stored form, sentences for people, any text in no time."""

import asyncio
from collections.abc import Iterator
from typing import Any

import jsonschema_rs

from crmcore.contracts.fields import CustomField
from crmcore.contracts.problems import InvalidValue
from crmcore.contracts.validators import Validator
from crmcore.errors import CrmError, Invalid
from crmcore.testing.bench import Bench
from crmcore.testing.factories import MAKER
from crmcore.testing.hostile import TEXTS
from crmcore.testing.rule import Broken, rules

LONGEST_S = 1.0
SENSELESS: tuple[dict[str, Any], ...] = (
    {"country": 5, "pattern": 1, "minimum": "x", "kind": [], "version": "4", "length": {}},
    {"country": [], "pattern": "[", "minimum": True, "maximum": [], "order": 1},
    {"country": "xx", "pattern": "(?=x)", "minimum": float("nan"), "message": "{0.__class__}"},
)


def _each(bench: Bench) -> Iterator[tuple[str, Validator]]:
    yield from bench.items("validators").items()


def _checked(validator: Validator, value: Any, options: dict[str, Any] | None = None) -> str | None:
    """Return the stored form, None when it was refused; anything else that it raises is raised."""
    try:
        return validator.check(value, options or {})
    except InvalidValue as refusal:
        problem = refusal.problem()
        for language in ("en", "ru"):
            if not problem.sentence(language).strip():
                raise Broken(
                    f"“{validator.key}” refuses without a word: InvalidValue({{'en': …, 'ru': …}})."
                ) from None
        return None


async def shows_examples(bench: Bench) -> None:
    """It brings at least two examples, and one counter-example if it refuses anything."""
    for key, validator in _each(bench):
        plain = [text for text in TEXTS if text.isprintable() and len(text) < 300]
        refuses = any(_checked(validator, text) is None for text in plain)
        if len(validator.examples) < 2 or (refuses and not validator.counter_examples):
            raise Broken(
                f"“{key}” needs two examples and a counter-example: people see them, and start-up tries them."
            )


async def stored_form_passes(bench: Bench) -> None:
    """What it returns it takes again and leaves unchanged, with and without the field's options."""
    for key, validator in _each(bench):
        for text in (*validator.examples, *TEXTS):
            stored = _checked(validator, text)
            if stored is not None and _checked(validator, stored) != stored:
                raise Broken(f"“{key}” does not take its own {stored[:40]!r} unchanged.")


async def any_text_is_answered_quickly(bench: Bench) -> None:
    """Any text, however long or odd, is returned or refused with InvalidValue within a second."""
    for key, validator in _each(bench):
        for text in TEXTS:
            try:
                await asyncio.wait_for(asyncio.to_thread(_checked, validator, text), LONGEST_S)
            except TimeoutError:
                raise Broken(
                    f"“{key}” needs more than a second for {text[:10]!r} × {len(text)}: bound the length before an "
                    "expression sees it."
                ) from None
            except Broken:
                raise
            except Exception as error:
                raise Broken(f"“{key}” raises {error!r} on {text[:20]!r}: raise InvalidValue.") from error


async def other_types_are_refused(bench: Bench) -> None:
    """A value that is no text is refused with InvalidValue."""
    for key, validator in _each(bench):
        for value in (None, 12, 1.5, True, ["a"], {"a": 1}):
            try:
                validator.check(value, {})  # type: ignore[arg-type]
            except InvalidValue:
                continue
            except Exception as error:
                raise Broken(
                    f"“{key}” raises {error!r} on {value!r}: ask isinstance(value, str) first."
                ) from error
            raise Broken(f"“{key}” takes {value!r}, which is no text.")


async def refusals_are_sentences(bench: Bench) -> None:
    """A refusal is a sentence in English and in Russian, without unfilled places."""
    for key, validator in _each(bench):
        for text in (*validator.counter_examples, *TEXTS):
            try:
                validator.check(text, {})
            except InvalidValue as refusal:
                if not isinstance(refusal.message, dict) or {"en", "ru"} - set(refusal.message):
                    raise Broken(
                        f"“{key}” refuses in one language: InvalidValue({{'en': …, 'ru': …}})."
                    ) from None
                for language in ("en", "ru"):
                    sentence = refusal.problem().sentence(language)
                    if not sentence.rstrip().endswith((".", "!", "?")) or "{" in sentence:
                        raise Broken(f"“{key}” refuses with “{sentence}”, which is no sentence.") from None


async def refusals_keep_the_value(bench: Bench) -> None:
    """No refusal repeats the value: it may be a card number, and refusals are logged."""
    for key, validator in _each(bench):
        for text in validator.counter_examples:
            try:
                validator.check(text, {})
            except InvalidValue as refusal:
                if len(text) > 3 and text in [str(value) for value in refusal.params.values()]:
                    raise Broken(
                        f"A refusal of “{key}” repeats the value: leave it out of its parameters."
                    ) from None


async def options_are_described(bench: Bench) -> None:
    """Its options are a closed JSON Schema with a label for each."""
    for key, validator in _each(bench):
        try:
            jsonschema_rs.meta.validate(validator.options_schema)
        except ValueError as error:
            raise Broken(f"options_schema of “{key}” is none: {error}.") from error
        if jsonschema_rs.is_valid(validator.options_schema, {"no such option": 1}):
            raise Broken(f'The options of “{key}” take any name: "additionalProperties": False.')
        for name, option in validator.options_schema.get("properties", {}).items():
            if {"en", "ru"} - set(option.get("x-crm", {}).get("label", {})):
                raise Broken(
                    f'The option “{name}” of “{key}” has no label: "x-crm": {{"label": {{"en": …, "ru": …}}}}.'
                )


async def senseless_options_are_survived(bench: Bench) -> None:
    """Options that no schema let through make it refuse, never raise anything else."""
    for key, validator in _each(bench):
        for options in SENSELESS:
            for text in (*validator.examples, *validator.counter_examples):
                try:
                    _checked(validator, text, options)
                except Broken:
                    raise
                except Exception as error:
                    raise Broken(f"“{key}” raises {error!r} with the options {options}.") from error


async def works_in_a_field(bench: Bench) -> None:
    """A custom field that names it takes the examples, in their stored form, and refuses the counter-examples."""
    for number, (key, validator) in enumerate(_each(bench)):
        name = f"kit_format_{number}"
        needed = validator.options_schema.get("required")
        if needed or (validator.check_options is not None and not _takes_no_options(validator)):
            continue
        field = CustomField(record_type="contact", key=name, label=name, format=key)
        await bench.crm.fields.create(field, actor=MAKER)
        for example in validator.examples[:2]:
            try:
                record = await bench.make().contact(custom={name: example})
            except CrmError as error:
                raise Broken(f"A field with “{key}” refuses its example {example!r}: {error}.") from error
            stored = record.document["custom"][name]
            # The gate drops white space around a text before any check sees it.
            if not validator.sensitive and stored != validator.check(example.strip(), {}):
                raise Broken(f"A field with “{key}” stores {stored!r} of {example!r}.")
        for example in validator.counter_examples[:1]:
            try:
                await bench.make().contact(custom={name: example})
            except Invalid:
                continue
            raise Broken(f"A field with “{key}” takes its counter-example {example!r}.")


async def little_of_a_secret_is_shown(bench: Bench) -> None:
    """Of a sensitive value at most the last four characters are readable."""
    for key, validator in _each(bench):
        if validator.shown_last > 4 or (validator.shown_last and not validator.sensitive):
            raise Broken(f"“{key}” shows {validator.shown_last} characters: at most 4, of a sensitive value.")


def _takes_no_options(validator: Validator) -> bool:
    if validator.check_options is None:
        return True
    try:
        validator.check_options({})
    except InvalidValue:
        return False
    return True


RULES = rules(
    "validator",
    shows_examples=("bronze", shows_examples),
    stored_form_passes=("bronze", stored_form_passes),
    any_text_is_answered_quickly=("bronze", any_text_is_answered_quickly),
    other_types_are_refused=("bronze", other_types_are_refused),
    works_in_a_field=("bronze", works_in_a_field),
    refusals_keep_the_value=("silver", refusals_keep_the_value),
    options_are_described=("silver", options_are_described),
    senseless_options_are_survived=("silver", senseless_options_are_survived),
    little_of_a_secret_is_shown=("silver", little_of_a_secret_is_shown),
    refusals_are_sentences=("gold", refusals_are_sentences),
)
