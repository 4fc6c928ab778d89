"""What has to be filled in before a record leaves a choice of a drop-down list, its stage, or is closed."""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from crmcore.contracts.fields import CustomField
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.records.custom_values import EMPTY
from crmcore.records.definition import Definition
from crmcore.records.stages import choices_of, is_stage, named, said, stopped_in

CODE = "required_before_leaving"
PATH = f"/{CODE}"
CHANGED = "changed"
"""The parameter of the problem with the path of the drop-down list: what to leave alone where nobody can be asked."""

_BEFORE_LEAVING: Label = {
    "en": "Fill in “{field}” before “{stage}” leaves “{choice}”.",
    "ru": "Заполните «{field}», прежде чем «{stage}» сменит значение «{choice}».",
}
_BEFORE_CLOSING: Label = {
    "en": "Fill in “{field}” before the conversation is closed.",
    "ru": "Заполните «{field}», прежде чем закрыть диалог.",
}
_UNSEEN: Label = {
    "en": "A field that you do not see has to be filled in before this changes.",
    "ru": "Прежде чем это менять, нужно заполнить поле, которое вам не показано.",
}
_NO_FIELD: Label = {"en": "There is no field “{name}”.", "ru": "Нет поля «{name}»."}
_ITSELF: Label = {
    "en": "A field cannot be required before it is left itself.",
    "ru": "Поле не может быть условием для самого себя.",
}
_NO_LIST: Label = {
    "en": "The field “{name}” is no drop-down list, or its values are sealed.",
    "ru": "Поле «{name}» — не выпадающий список, или его значения скрыты.",
}
_NO_CHOICE: Label = {
    "en": "“{name}” is no choice of the field “{stage}”. Possible: {known}.",
    "ru": "«{name}» — не вариант поля «{stage}». Возможны: {known}.",
}
_SHOWN = 20


def leaving_problems(field: CustomField, definitions: Collection[Definition]) -> list[Problem]:
    """Return why ``field`` cannot wait for what it names among the ``definitions`` of its record type."""
    leaving = field.required_before_leaving
    if leaving is None:
        return []
    stage = named(leaving.field, definitions)
    name = leaving.field[:80]
    if leaving.field == field.key or (stage is not None and stage.key == field.key):
        return [Problem(path=f"{PATH}/field", code="names_itself", message=_ITSELF)]
    if stage is None:
        return [Problem(path=f"{PATH}/field", code="unknown_field", message=_NO_FIELD, params={"name": name})]
    if not is_stage(stage):
        return [Problem(path=f"{PATH}/field", code="not_a_list", message=_NO_LIST, params={"name": name})]
    known = choices_of(stage)
    shown = ", ".join(known[:_SHOWN]) + (" …" if len(known) > _SHOWN else "")
    return [
        Problem(
            path=f"{PATH}/choices/{place}",
            code="not_a_choice",
            message=_NO_CHOICE,
            params={"name": choice[:80], "stage": said(stage.label), "known": shown},
        )
        for place, choice in enumerate(leaving.choices)
        if choice not in known
    ]


def by_key(field: CustomField, definitions: Collection[Definition]) -> CustomField:
    """Return ``field`` with the key of the list that it waits for, of which it may have given another name."""
    leaving = field.required_before_leaving
    stage = named(leaving.field, definitions) if leaving else None
    if leaving is None or stage is None or stage.key == leaving.field:
        return field
    named_so = msgspec.structs.replace(leaving, field=stage.key)
    return msgspec.structs.replace(field, required_before_leaving=named_so)


def left_without(
    definitions: Collection[Definition],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    hidden: Collection[str] = (),
) -> list[Problem]:
    """Return what the change from ``before`` to ``after``, the custom values of one record, leaves without a value.

    ``hidden`` are the fields (``custom.key``) that whoever writes does not see: they are not named to him.
    """
    problems = []
    for definition in definitions:
        leaving = definition.required_before_leaving
        if leaving is None or definition.dormant or after.get(definition.key) not in EMPTY:
            continue
        found = stopped_in(leaving, before, definitions)
        if found is not None and after.get(found[0].key) != found[1]:
            problems.append(waiting(definition, *found, hidden))
    return problems


def before_closing(definition: Definition, hidden: Collection[str] = ()) -> Problem:
    """Return the problem of a conversation without a value of the field that is to be closed."""
    if f"custom.{definition.key}" in hidden:
        return Problem(path="/status", code="required_before_closing", message=_UNSEEN)
    return Problem(
        path=f"/custom/{definition.key}",
        code="required_before_closing",
        message=_BEFORE_CLOSING,
        params={"field": said(definition.label)},
    )


def waiting(
    field: Definition | CustomField, stage: Definition, choice: str, hidden: Collection[str] = ()
) -> Problem:
    """Return the problem of a record without a value of ``field`` that is to leave ``choice`` of ``stage``."""
    changed = f"/custom/{stage.key}"
    unseen = {key for key in (field.key, stage.key) if f"custom.{key}" in hidden}
    if unseen:
        path = "" if stage.key in unseen else changed
        return Problem(path=path, code=CODE, message=_UNSEEN, params={CHANGED: changed})
    params = {
        "field": said(field.label),
        "stage": said(stage.label),
        "choice": said(_choice_label(stage, choice)),
        CHANGED: changed,
    }
    return Problem(path=f"/custom/{field.key}", code=CODE, message=_BEFORE_LEAVING, params=params)


def _choice_label(stage: Definition, value: str) -> Label:
    choices = stage.options.get("choices", ())
    found = [item for item in choices if isinstance(item, Mapping) and item.get("value") == value]
    return found[0].get("label") or value if found else value
