"""Settings: changing one custom field of our own."""

from typing import Any
from uuid import UUID

import msgspec
from litestar.response.base import ASGIResponse

from crmcore.contracts.fields import CustomField
from crmcore.contracts.labels import Label
from crmcore.errors import Invalid, NotFound
from crmcore.records.definition import Definition
from crmcore.web.form import Form
from crmcore.web.pages.custom_fields import CHOICES, sent_options, simple_options
from crmcore.web.route import Route
from crmcore.web.schema_form import SchemaForm
from crmcore.web.visit import Visit

LANGUAGES = ("en", "ru")


async def edit_field(visit: Visit) -> ASGIResponse:
    """Show the form over a field."""
    return await _page(visit, await _definition(visit))


async def change_field(visit: Visit) -> ASGIResponse:
    """Save the form; stored values that a new rule would refuse stay until somebody changes them."""
    definition = await _definition(visit)
    form = await visit.form()
    try:
        await visit.crm.fields.update(
            definition.id,
            _changed(visit, definition, form),
            actor=visit.actor,
            version=form.number("version"),
        )
    except Invalid as error:
        return await _page(visit, definition, form, error)
    return visit.redirect(f"/settings/fields?type={definition.record_type}", done="saved")


async def _definition(visit: Visit) -> Definition:
    id: UUID = visit.request.path_params["id"]
    record_type = visit.query.get("type", "contact")
    for definition in await visit.crm.fields.list(record_type, actor=visit.actor):
        if definition.id == id and not definition.owner:
            return definition
    raise NotFound


def _changed(visit: Visit, definition: Definition, form: Form) -> CustomField:
    label = {"en": definition.label} if isinstance(definition.label, str) else dict(definition.label)
    label |= {language: form.get(f"label_{language}") for language in LANGUAGES}
    label = {language: text for language, text in label.items() if text}
    if not label:
        raise Invalid(problems=())
    known = simple_options(visit, definition.type).get("properties", {})
    options = {name: value for name, value in definition.options.items() if name not in known}
    options |= sent_options(visit, form, definition.type)
    if CHOICES in options:
        stored = {choice["value"]: choice for choice in definition.options.get(CHOICES, ())}
        options[CHOICES] = [
            stored[choice["value"]]
            if choice["value"] in stored and _line(visit, stored[choice["value"]]) == _line(visit, choice)
            else choice
            for choice in options[CHOICES]
        ]
    return msgspec.structs.replace(
        definition.as_custom_field(),
        label=label,
        options=options,
        description=_kept(visit, definition.description, form.get("description")),
        group=_kept(visit, definition.group, form.get("group")),
        required="required" in form,
        filterable="filterable" in form,
    )


def _kept(visit: Visit, stored: Label, text: str) -> Label:
    """Return ``stored`` with its other languages when the visitor left the text as it was."""
    return stored if visit.say(stored) == text else text


def _line(visit: Visit, choice: dict[str, Any]) -> str:
    label = visit.say(choice.get("label") or "")
    return f"{choice['value']} = {label}" if label else str(choice["value"])


async def _page(
    visit: Visit, definition: Definition, sent: Form | None = None, error: Invalid | None = None
) -> ASGIResponse:
    label = {"en": definition.label} if isinstance(definition.label, str) else definition.label
    values: dict[str, Any] = {f"label_{language}": label.get(language, "") for language in LANGUAGES}
    values |= {"description": visit.say(definition.description), "group": visit.say(definition.group)}
    values |= {"required": definition.required, "filterable": definition.filterable}
    options = dict(definition.options)
    if CHOICES in options:
        options[CHOICES] = [_line(visit, choice) for choice in options[CHOICES] if not choice.get("retired")]
    form = SchemaForm(visit, simple_options(visit, definition.type), f"option.{definition.type}.")
    if sent is not None:
        values |= {
            name: name in sent if isinstance(old, bool) else sent.get(name) for name, old in values.items()
        }
        options = form.sent(sent)
    form.show(options)
    texts: list[str] = []
    if error is not None:
        form.complain([p for p in error.problems if p.path.startswith("/options")], "/options")
        texts = [p.sentence(visit.language) for p in error.problems if not p.path.startswith("/options")]
        if not values["label_en"] and not values["label_ru"]:
            texts.append(visit.texts.gettext("Give the field a name in at least one language."))
    return await visit.page(
        "settings_field.html",
        status=422 if error else 200,
        area="settings",
        definition=definition,
        label=visit.say(definition.label),
        values=values,
        form=form,
        problems=texts,
    )


ROUTES = (
    Route("GET", "/settings/fields/{id:uuid}", edit_field, permission="field.write"),
    Route("POST", "/settings/fields/{id:uuid}", change_field, permission="field.write"),
)
