"""Field types: a property that JSON Schema understands, values in one form, words for people."""

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

from crmcore.contracts.fields import CustomField, FieldType
from crmcore.contracts.problems import InvalidValue
from crmcore.errors import CrmError
from crmcore.records.query import ListQuery
from crmcore.testing.bench import Bench
from crmcore.testing.factories import MAKER
from crmcore.testing.hostile import EXECUTABLE, SCRIPT, VALUES
from crmcore.testing.people import People
from crmcore.testing.rule import Broken, Unshown, rules

OPERATORS = frozenset({"eq", "ne", "in", "lt", "lte", "gt", "gte", "contains", "empty"})
LONGEST_S = 1.0
_TAG = re.compile(r"</?[a-zA-Z]")


def _types(bench: Bench) -> Iterator[tuple[str, FieldType, Mapping[str, Any]]]:
    for key, field_type in bench.items("field_types").items():
        yield key, field_type, bench.samples.options.get(key, {})


def _values(bench: Bench) -> Iterator[tuple[str, FieldType, Mapping[str, Any], tuple[Any, ...]]]:
    for key, field_type, options in _types(bench):
        values = bench.samples.values.get(key, ())
        if not values:
            raise Unshown(f"Values of “{key}” cannot be tried: add Samples(values={{'{key}': (…, …)}}).")
        yield key, field_type, options, values


async def makes_a_schema(bench: Bench) -> None:
    """Options make a property that is a JSON Schema 2020-12, without references to elsewhere."""
    for key, field_type, options in _types(bench):
        if not jsonschema_rs.is_valid(field_type.options_schema, dict(options)):
            raise Unshown(f"“{key}” needs options: add Samples(options={{'{key}': {{…}}}}).")
        schema = field_type.schema(options)
        try:
            jsonschema_rs.meta.validate(schema)
        except ValueError as error:
            raise Broken(f"The schema of “{key}” is none: {error}.") from error
        if "$ref" in json.dumps(schema):
            raise Broken(f"The schema of “{key}” refers elsewhere: write out what it means.")


async def options_are_closed(bench: Bench) -> None:
    """Options that nobody knows are refused when a field is defined."""
    for key, field_type, options in _types(bench):
        if jsonschema_rs.is_valid(field_type.options_schema, {**options, "no_such_option": 1}):
            raise Broken(
                f'The options of “{key}” take any name: "additionalProperties": False in options_schema.'
            )


async def good_values_fit(bench: Bench) -> None:
    """A good value, cleaned, is what its own schema allows, and can be written as JSON."""
    for key, field_type, options, values in _values(bench):
        for value in values:
            stored = field_type.clean(value, options)
            if not jsonschema_rs.is_valid(field_type.schema(options), stored):
                raise Broken(f"clean of “{key}” makes {stored!r} of {value!r}, which its own schema refuses.")
            json.dumps(stored)


async def one_form_is_stored(bench: Bench) -> None:
    """What clean has returned it returns again unchanged."""
    for key, field_type, options, values in _values(bench):
        for value in values:
            stored = field_type.clean(value, options)
            if field_type.clean(stored, options) != stored:
                raise Broken(f"clean of “{key}” changes its own {stored!r} once more.")


async def odd_values_are_refused(bench: Bench) -> None:
    """Whatever is sent, clean returns a value or raises InvalidValue, at once."""
    for key, field_type, options in _types(bench):
        for value in VALUES:

            def cleaned(
                field_type: FieldType = field_type, value: Any = value, options: Any = options
            ) -> None:
                try:
                    field_type.clean(value, options)
                except InvalidValue:
                    return

            try:
                await asyncio.wait_for(asyncio.to_thread(cleaned), LONGEST_S)
            except TimeoutError:
                raise Broken(f"clean of “{key}” needs more than a second for {str(value)[:20]!r}….") from None
            except Exception as error:
                raise Broken(
                    f"clean of “{key}” raises {error!r} on {str(value)[:20]!r}: raise InvalidValue "
                    "with a sentence, or "
                    "leave the value for the schema to refuse."
                ) from error


async def everything_is_rendered(bench: Bench) -> None:
    """render returns a text in both languages for every good value and for none."""
    for key, field_type, options, values in _values(bench):
        for language in ("en", "ru"):
            for value in (None, *(field_type.clean(value, options) for value in values)):
                shown: object = field_type.render(value, options, language)
                if not isinstance(shown, str):
                    raise Broken(
                        f"render of “{key}” returns {type(shown).__name__} for {value!r}: it must be a text."
                    )


async def old_values_are_rendered(bench: Bench) -> None:
    """render shows what was stored under other options in some way, and raises nothing."""
    for key, field_type, options in _types(bench):
        for value in VALUES:
            try:
                field_type.render(value, options, "en")
            except Exception as error:
                raise Broken(
                    f"render of “{key}” raises {error!r} on a stored {str(value)[:20]!r}: show str(value) then."
                ) from error


async def operators_are_known(bench: Bench) -> None:
    """Its filter operators are among those that there are."""
    for key, field_type, _ in _types(bench):
        if unknown := set(field_type.operators) - OPERATORS:
            raise Broken(f"“{key}” has operators that nobody knows: {', '.join(sorted(unknown))}.")


async def little_of_a_secret_is_shown(bench: Bench) -> None:
    """Of a sensitive value at most the last four characters are readable."""
    for key, field_type, _ in _types(bench):
        if field_type.shown_last > 4 or (field_type.shown_last and not field_type.sensitive):
            raise Broken(
                f"“{key}” shows {field_type.shown_last} characters: at most 4, of a sensitive value."
            )


async def goes_through_the_gate(bench: Bench) -> None:
    """A field of the type is made, filled, read back, changed, emptied and filtered by."""
    for number, (key, field_type, options, values) in enumerate(_values(bench)):
        name = f"kit_field_{number}"
        field = CustomField(
            record_type="contact",
            key=name,
            label=name,
            type=key,
            options=dict(options),
            filterable=not field_type.sensitive,
        )
        try:
            await bench.crm.fields.create(field, actor=MAKER)
            for value in values:
                record = await bench.make().contact(custom={name: value})
                again = await bench.crm.records.get("contact", record.id, actor=MAKER)
                expected = field_type.clean(value, options)
                if not field_type.sensitive and again.document["custom"].get(name) != expected:
                    raise Broken(
                        f"“{key}” stored {again.document['custom'].get(name)!r} of {value!r}, clean "
                        f"says {expected!r}."
                    )
                await bench.crm.records.update("contact", record.id, {"custom": {name: None}}, actor=MAKER)
            if "empty" in field_type.operators:
                condition = {"field": f"custom.{name}", "op": "empty", "value": True}
                await bench.crm.records.list("contact", ListQuery(filter=condition), actor=MAKER)
        except CrmError as error:
            raise Broken(f"A field of the type “{key}” cannot be used: {error}.") from error


async def hostile_values_are_escaped(bench: Bench) -> None:
    """Markup in a value is shown as text on the page of the record, and render makes none of its own."""
    for key, field_type, options in _types(bench):
        for value in (SCRIPT, *bench.samples.values.get(key, ())):
            if _marks_up(field_type, value, options):
                raise Broken(
                    f"render of “{key}” returns markup: people would read its tags; return a plain text."
                )
    people = People(bench.crm)
    browser = await people.browser("admin")
    try:
        for number, (key, _, options) in enumerate(_types(bench)):
            name = f"kit_evil_{number}"
            field = CustomField(record_type="contact", key=name, label=name, type=key, options=dict(options))
            try:
                await bench.crm.fields.create(field, actor=MAKER)
                record = await bench.make().contact(custom={name: SCRIPT})
            except CrmError:
                continue
            page = (await browser.get(f"/contacts/{record.id}")).text
            if any(evil in page for evil in EXECUTABLE):
                raise Broken(f"A script in a field of the type “{key}” stands in the page as markup.")
    finally:
        await people.aclose()


def _marks_up(field_type: FieldType, value: Any, options: Mapping[str, Any]) -> bool:
    try:
        shown = field_type.render(value, options, "en")
    except Exception:
        # Which values it has to stand is another rule.
        return False
    return hasattr(shown, "__html__") or len(_TAG.findall(str(shown))) > len(_TAG.findall(str(value)))


RULES = rules(
    "field_type",
    makes_a_schema=("bronze", makes_a_schema),
    good_values_fit=("bronze", good_values_fit),
    one_form_is_stored=("bronze", one_form_is_stored),
    odd_values_are_refused=("bronze", odd_values_are_refused),
    everything_is_rendered=("bronze", everything_is_rendered),
    operators_are_known=("bronze", operators_are_known),
    goes_through_the_gate=("bronze", goes_through_the_gate),
    options_are_closed=("silver", options_are_closed),
    old_values_are_rendered=("silver", old_values_are_rendered),
    hostile_values_are_escaped=("silver", hostile_values_are_escaped),
    little_of_a_secret_is_shown=("silver", little_of_a_secret_is_shown),
)
