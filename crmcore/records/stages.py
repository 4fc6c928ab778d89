"""Drop-down lists as stages: what may be named by other fields, and when what is named is away."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from crmcore.contracts.fields import Leaving
from crmcore.contracts.labels import Label, text_of
from crmcore.records.definition import Definition

_NO_FIELD: Label = {"en": "there is no field “{name}” at the moment.", "ru": "поля «{name}» сейчас нет."}
_RESTS: Label = {
    "en": "the field “{name}” rests: {why}",
    "ru": "поле «{name}» временно не действует: {why}",
}
_NO_LIST: Label = {
    "en": "the field “{name}” is no drop-down list any more.",
    "ru": "поле «{name}» больше не выпадающий список.",
}
_NO_CHOICES: Label = {
    "en": "the field “{name}” has none of these choices any more.",
    "ru": "у поля «{name}» больше нет этих вариантов.",
}


def is_stage(definition: Definition) -> bool:
    """Tell whether the field is a list of which records have one choice that can be read."""
    schema = definition.schema
    readable = not (definition.sensitive or definition.sealed)
    return readable and schema.get("type") == "string" and bool(schema.get("enum"))


def named(name: str, definitions: Iterable[Definition]) -> Definition | None:
    """Return the field with the key or the further name ``name``."""
    return next((item for item in definitions if name in item.names), None)


def choices_of(stage: Definition) -> list[str]:
    """Return the values of all choices of a list, retired ones too."""
    return [choice for choice in stage.schema.get("enum", ()) if isinstance(choice, str)]


def why_asleep(leaving: Leaving | None, definitions: Iterable[Definition]) -> Label:
    """Return in words why ``leaving`` cannot hold at the moment; empty when it does."""
    if leaving is None:
        return ""
    stage = named(leaving.field, definitions)
    if stage is None:
        return _filled(_NO_FIELD, name=leaving.field)
    if stage.dormant:
        return _filled(_RESTS, name=stage.label, why=stage.dormant)
    if not is_stage(stage):
        return _filled(_NO_LIST, name=stage.label)
    if leaving.choices and not set(leaving.choices) & set(choices_of(stage)):
        return _filled(_NO_CHOICES, name=stage.label)
    return ""


def stopped_in(
    leaving: Leaving | None, custom: Mapping[str, Any], definitions: Collection[Definition]
) -> tuple[Definition, str] | None:
    """Return the list and the choice of it that ``custom`` stands in and ``leaving`` names; None for no such."""
    if leaving is None or why_asleep(leaving, definitions):
        return None
    stage = named(leaving.field, definitions)
    if stage is None:
        return None
    choice = custom.get(stage.key)
    # A value that is no choice any more is not left: it is replaced together with the list.
    if not isinstance(choice, str) or choice not in choices_of(stage):
        return None
    return (stage, choice) if not leaving.choices or choice in leaving.choices else None


def said(label: Label) -> dict[str, str]:
    """Return ``label`` in every language of the product."""
    return {language: text_of(label, language) for language in ("en", "ru")}


def _filled(sentence: Label, **params: Label) -> Label:
    texts = {name: said(label) for name, label in params.items()}
    return {language: text_of(sentence, language, **texts) for language in ("en", "ru")}
