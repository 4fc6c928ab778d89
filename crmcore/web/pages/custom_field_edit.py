"""Settings: changing one custom field of our own."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from litestar.response.base import ASGIResponse
from msgspec import Struct

from crmcore.contracts.fields import CustomField
from crmcore.errors import Conflict, Invalid, NotFound
from crmcore.records.definition import Definition
from crmcore.records.history import history_of
from crmcore.web.conflict import merge, since
from crmcore.web.edit import MAX_HISTORY
from crmcore.web.field_form import FieldForm
from crmcore.web.field_outcome import Chosen
from crmcore.web.field_plan import Warned, unconfirmed
from crmcore.web.field_preview import FieldPreview
from crmcore.web.form import Form
from crmcore.web.route import Route
from crmcore.web.visit import Visit


class Open(Struct, frozen=True, kw_only=True):
    """What is still open before the form can be saved.

    ``both`` are the stored values of places that two people changed, ``by`` is the other one. ``warned`` is
    what saving would mean, ``chosen`` what becomes of values that would be refused.
    """

    both: Mapping[str, str] = {}
    by: str = ""
    warned: Warned = Warned()
    chosen: Chosen = Chosen()
    error: Invalid | None = None


async def edit_field(visit: Visit) -> ASGIResponse:
    """Show the form over a field."""
    definition, form = await _form(visit)
    return await _page(visit, definition, form, form.texts(definition.as_custom_field()), Open())


async def change_field(visit: Visit) -> ASGIResponse:
    """Save the form; stored values that a new rule would refuse stay, are replaced, or hinder it, as was chosen.

    Where somebody else changed the same meanwhile, and where records would be refused, the form is shown again.
    """
    sent = await visit.form()
    while True:
        definition, form = await _form(visit)
        texts, both, by = await _compared(definition, form, sent)
        if both or sent.get("take") or sent.get("then") == "preview":
            return await _page(
                visit, definition, form, texts, Open(both=both, by=by), 409 if both else 200, sent=sent
            )
        field, chosen, warned = form.described(texts), Chosen.of(sent), Warned()
        try:
            if not field.label:
                raise Invalid(problems=())
            warned = await unconfirmed(visit, field, definition.as_custom_field(), sent.get("confirmed"))
            if warned.note:
                return await _page(visit, definition, form, texts, Open(warned=warned), 422)
            await visit.crm.fields.update(
                definition.id,
                field,
                actor=visit.actor,
                version=definition.version,
                outcome=chosen.outcome,
                mapping=chosen.mapping(definition),
            )
        except Invalid as error:
            if chosen.outcome != "grandfather" and field.label:
                # Read again, so that another outcome can be chosen.
                warned = await unconfirmed(visit, field, definition.as_custom_field(), "")
            left = Open(error=error, warned=warned, chosen=chosen)
            return await _page(visit, definition, form, texts, left, 422)
        except Conflict:  # somebody saved just now: compare with that
            continue
        return visit.redirect(f"/settings/fields?type={definition.record_type}", done="saved")


async def _compared(
    definition: Definition, form: FieldForm, sent: Form
) -> tuple[dict[str, Any], dict[str, str], str]:
    """Return what is to be in the form, what two people changed with its stored values, and who the other one is."""
    stored = form.texts(definition.as_custom_field())
    texts = form.sent(sent)
    if (taken := sent.get("take")) in stored:
        texts[taken] = stored[taken]
        left = {name: stored[name] for name in sent.all("both") if name in stored and name != taken}
        return (
            texts,
            {name: value for name, value in left.items() if value != texts[name]},
            sent.get("by"),
        )
    version = sent.number("version") or definition.version
    if version == definition.version:
        return texts, {}, ""
    changed, by = since(await history_of("field", definition.id, MAX_HISTORY), version)
    now = definition.as_custom_field()
    known = {name: value for name, value in changed.items() if name in CustomField.__struct_fields__}
    before = form.texts(msgspec.convert(msgspec.to_builtins(now) | known, CustomField))
    ours, both = merge(texts, {name: before[name] for name in before if before[name] != stored[name]}, stored)
    return ours, both, by


async def _form(visit: Visit) -> tuple[Definition, FieldForm]:
    id: UUID = visit.request.path_params["id"]
    record_type = visit.query.get("type", "contact")
    definitions = await visit.crm.fields.list(record_type, actor=visit.actor)
    for definition in definitions:
        if definition.id == id and not definition.owner:
            return definition, FieldForm(visit, definition.as_custom_field(), definitions)
    raise NotFound


async def _page(
    visit: Visit,
    definition: Definition,
    form: FieldForm,
    texts: Mapping[str, str],
    left: Open,
    status: int = 200,
    sent: Form | None = None,
) -> ASGIResponse:
    form.show(texts, left.both, left.by)
    if left.error is not None:
        form.complain(left.error.problems, texts)
        if texts["label_en"] and not left.error.problems:
            form.general.append(left.error.sentence(visit.language))
        if not texts["label_en"] and not texts["label_ru"]:
            form.general.append(visit.texts.gettext("Give the field a name in at least one language."))
    return await visit.page(
        "settings_field.html",
        status=status,
        area="settings",
        definition=definition,
        asleep=visit.say(definition.leaving_asleep),
        label=visit.say(definition.label),
        preview=await FieldPreview.of(visit, form.described(texts), sent or Form(()), new=False),
        form=form,
        left=left,
    )


ROUTES = (
    Route("GET", "/settings/fields/{id:uuid}", edit_field, permission="field.write"),
    Route("POST", "/settings/fields/{id:uuid}", change_field, permission="field.write"),
)
