"""How a custom field would look and what it would refuse, before it is saved."""

import json
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

import msgspec
from msgspec import Struct

from crmcore.contracts.fields import CustomField, JsonSchema
from crmcore.contracts.problems import Problem
from crmcore.errors import Invalid
from crmcore.records.definition import Definition
from crmcore.web.form import Form
from crmcore.web.form_fields import Field, custom_field, custom_value, filled
from crmcore.web.schema_form import SETTING_LABELS

if TYPE_CHECKING:
    from crmcore.web.visit import Visit

NAME = "tried"
NOT_TRIED = ("file", "reference")
_NOBODY = UUID(int=0)


class FieldPreview(Struct, frozen=True, kw_only=True):
    """``problems`` say why the field cannot be; else ``field`` is its input and ``schema`` its JSON Schema.

    ``verdict`` is what would become of the value that was tried: empty when none was.
    """

    problems: tuple[str, ...] = ()
    field: Field | None = None
    schema: str = ""
    verdict: str = ""
    refused: bool = False

    @classmethod
    async def of(cls, visit: "Visit", field: CustomField, form: Form, *, new: bool = True) -> Self:
        """Return the preview of ``field`` with the value that ``form`` tries."""
        # Before a key is typed its absence is no news.
        named = field if field.key or not new else msgspec.structs.replace(field, key="preview")
        named = named if named.label else msgspec.structs.replace(named, label="…")
        try:
            schema = await visit.crm.fields.look(named, actor=visit.actor, new=new)
        except Invalid as error:
            return cls(problems=tuple(_said(visit, problem) for problem in error.problems))
        shown = await custom_field(visit, _definition(visit, named, schema), None)
        shown = msgspec.structs.replace(shown, name=NAME)
        text = {"title": visit.say(named.label), **schema}
        made = cls(field=shown, schema=json.dumps(text, indent=2, ensure_ascii=False, default=str))
        if shown.widget in NOT_TRIED or NAME not in form:
            return made
        value = custom_value(form, shown)
        shown = filled(shown, value)
        if value in (None, False):
            return msgspec.structs.replace(made, field=shown)
        problem = await visit.crm.fields.try_value(named, value)
        verdict = (
            visit.texts.gettext("This would be kept.")
            if problem is None
            else problem.sentence(visit.language)
        )
        return msgspec.structs.replace(made, field=shown, verdict=verdict, refused=problem is not None)


def _said(visit: "Visit", problem: Problem) -> str:
    """Return what is wrong, with the option's name before it when it is one of the options."""
    known = SETTING_LABELS.get(problem.path.removeprefix("/options/").partition("/")[0])
    sentence = problem.sentence(visit.language)
    named = known if problem.path.startswith("/options/") else None
    return f"{visit.texts.gettext(named)}: {sentence}" if named else sentence


def _definition(visit: "Visit", field: CustomField, schema: JsonSchema) -> Definition:
    known: dict[str, Any] = {
        name: getattr(field, name)
        for name in Definition.__struct_fields__
        if name in CustomField.__struct_fields__ and name not in ("schema",)
    }
    registered = visit.crm.fields.catalog.types.get(field.type)
    return Definition(
        **known
        | {
            "id": _NOBODY,
            "owner": "",
            "schema": schema,
            "position": field.order,
            "version": 1,
            "read_only": False,
            "field_type": registered.item if registered else None,
        }
    )
