"""Choices: one of a list, several of a list, yes or no."""

import re
from typing import Any

from crmcore.builtin.field_types.options import MEMBERS, options_schema
from crmcore.contracts.fields import FieldType, JsonSchema, Options
from crmcore.contracts.labels import Label, text_of
from crmcore.contracts.problems import InvalidValue

_NOT_YES_OR_NO: Label = {"en": "This must be yes or no.", "ru": "Здесь должно быть да или нет."}
_NOT_A_CHOICE: Label = {
    "en": "“{value}” is not possible here. Choose one of: {known}.",
    "ru": "«{value}» здесь невозможно. Выберите одно из: {known}.",
}
_SHOWN = 20
_YES = frozenset({"true", "yes", "on", "1", "да", "y"})
_NO = frozenset({"false", "no", "off", "0", "нет", "n"})
_MAX_CHOICES = 500
_CHOICE: JsonSchema = {
    "type": "object",
    "properties": {
        "value": {"type": "string", "minLength": 1, "maxLength": 120},
        "label": {
            "anyOf": [
                {"type": "string", "maxLength": 200},
                {"type": "object", "additionalProperties": {"type": "string", "maxLength": 200}},
            ]
        },
        "retired": {"type": "boolean"},
    },
    "required": ["value"],
    "additionalProperties": False,
}


def choice_types() -> list[FieldType]:
    """Return ``drop_down``, ``checkbox_group``, ``multi_select`` and ``checkbox``."""
    choices = {"type": "array", "minItems": 1, "maxItems": _MAX_CHOICES, "items": _CHOICE}
    many = {"type": "integer", "minimum": 1, "maximum": _MAX_CHOICES}

    def several(key: str, label: Label, widget: str) -> FieldType:
        return FieldType(
            key=key,
            label=label,
            schema=_several_schema,
            clean=_clean_several,
            render=_render_several,
            widget=widget,
            options_schema=options_schema("choices", choices=choices, minimum=many, maximum=many),
            operators=MEMBERS,
        )

    return [
        FieldType(
            key="drop_down",
            label={"en": "Drop-down list", "ru": "Выпадающий список"},
            schema=lambda options: {"type": "string", **_possible(options)},
            clean=_clean_chosen,
            render=_render_one,
            widget="select",
            options_schema=options_schema("choices", choices=choices),
        ),
        several("checkbox_group", {"en": "Checkbox group", "ru": "Группа флажков"}, "checkboxes"),
        several(
            "multi_select", {"en": "Multi-select list", "ru": "Список с выбором нескольких"}, "multiselect"
        ),
        FieldType(
            key="checkbox",
            label={"en": "Checkbox", "ru": "Флажок"},
            schema=lambda options: {"type": "boolean"},
            clean=_clean_checkbox,
            render=_render_checkbox,
            widget="checkbox",
            options_schema=options_schema(),
            operators=("eq", "empty"),
        ),
    ]


def _possible(options: Options) -> JsonSchema:
    """Return the choices as a schema: retired ones describe stored values, and are chosen no more."""
    retired = [choice["value"] for choice in options["choices"] if choice.get("retired")]
    schema: JsonSchema = {"enum": list(dict.fromkeys(choice["value"] for choice in options["choices"]))}
    return {**schema, "x-crm": {"retired": retired}} if retired else schema


def _several_schema(options: Options) -> JsonSchema:
    schema: JsonSchema = {
        "type": "array",
        "items": {"type": "string", **_possible(options)},
        "uniqueItems": True,
        "maxItems": options.get("maximum", _MAX_CHOICES),
    }
    return {**schema, "minItems": options["minimum"]} if "minimum" in options else schema


def _clean_chosen(value: Any, options: Options) -> Any:
    """Return the choice that ``value`` means; raises InvalidValue with the labels of those there are."""
    chosen = _clean_one(value, options)
    return _known([chosen], options)[0]


def _known(chosen: list[Any], options: Options) -> list[Any]:
    """Return ``chosen`` when all texts in it are choices; raises InvalidValue once for all that are not."""
    values = {choice["value"] for choice in options["choices"]}
    unknown = [item for item in chosen if isinstance(item, str) and item and item not in values]
    if not unknown:
        return chosen
    # What is chosen no more is not offered.
    offered = [choice for choice in options["choices"] if not choice.get("retired")]
    known = {
        language: ", ".join(
            text_of(choice.get("label") or choice["value"], language) for choice in offered[:_SHOWN]
        )
        + (" …" if len(offered) > _SHOWN else "")
        for language in ("en", "ru")
    }
    value = ", ".join(dict.fromkeys(unknown))[:80]
    raise InvalidValue(_NOT_A_CHOICE, code="not_a_choice", value=value, known=known)


def _clean_one(value: Any, options: Options) -> Any:
    """Accept a choice by its value, or by a label in any language as people write it in tables.

    Whether letters are capital matters in neither, as long as the very value is not among the choices.
    """
    if not isinstance(value, str):
        return value
    text = value.strip()
    if not text or any(choice["value"] == text for choice in options["choices"]):
        return text
    wanted = text.casefold()
    # A choice that is chosen no more may be called as one that is.
    choices = sorted(options["choices"], key=lambda choice: bool(choice.get("retired")))
    for words_of in (_labels, lambda choice: [choice["value"]]):
        for choice in choices:
            if wanted in [word.casefold() for word in words_of(choice)]:
                return choice["value"]
    return text


def _labels(choice: dict[str, Any]) -> list[str]:
    label = choice.get("label", "")
    return list(label.values()) if isinstance(label, dict) else [label]


def _clean_several(value: Any, options: Options) -> Any:
    """Return the chosen values in the order of the choices; a text is taken apart at ``;``, ``, `` and line ends."""
    if isinstance(value, str):
        value = [part for part in re.split(r";|, |\n", value) if part.strip()]
    if not isinstance(value, list | tuple):
        return value
    chosen = _known([_clean_one(item, options) for item in value if item != ""], options)
    order = {choice["value"]: place for place, choice in enumerate(options["choices"])}
    return sorted(
        chosen, key=lambda item: order.get(item, len(order)) if isinstance(item, str) else len(order)
    )


def _clean_checkbox(value: Any, options: Options) -> Any:
    if not isinstance(value, str):
        return value
    word = value.strip().casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    if word:
        raise InvalidValue(_NOT_YES_OR_NO, code="wrong_type")
    return None


def _render_one(value: Any, options: Options, language: str) -> str:
    for choice in options.get("choices", ()):
        if choice["value"] == value:
            return text_of(choice.get("label") or value, language)
    return "" if value is None else str(value)


def _render_several(value: Any, options: Options, language: str) -> str:
    if not isinstance(value, list):
        return "" if value is None else str(value)
    return ", ".join(_render_one(item, options, language) for item in value)


def _render_checkbox(value: Any, options: Options, language: str) -> str:
    if value is None:
        return ""
    return text_of({"en": "Yes", "ru": "Да"} if value else {"en": "No", "ru": "Нет"}, language)
