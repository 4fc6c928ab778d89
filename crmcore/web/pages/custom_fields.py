"""Settings: the custom fields of contacts, companies and conversations."""

import re
from typing import Any
from uuid import UUID

import msgspec
from litestar.response.base import ASGIResponse

from crmcore.contracts.fields import CustomField, FieldType
from crmcore.contracts.labels import Label
from crmcore.duplicates.letters import plain
from crmcore.errors import Invalid, NotFound
from crmcore.records.custom_rules import CLOSING
from crmcore.web.check_options import CheckOptions
from crmcore.web.field_plan import Warned, unconfirmed
from crmcore.web.field_preview import FieldPreview
from crmcore.web.form import Form
from crmcore.web.leaving_form import LIST, LeavingForm
from crmcore.web.route import Route
from crmcore.web.schema_form import SchemaForm
from crmcore.web.visit import Visit

RECORD_TYPES = ("contact", "company", "conversation")
TEXTS = ("key", "label_en", "label_ru", "type", "format", "group", "description", "order")
FLAGS = ("required", "filterable", CLOSING)
CHOICES = "choices"


async def list_fields(visit: Visit) -> ASGIResponse:
    """Show the fields of one record type and the form for a new one."""
    return await _page(visit, {}, {})


async def preview_field(visit: Visit) -> ASGIResponse:
    """Show how a field would look, what it would refuse and its JSON Schema, as the form stands."""
    form = await visit.form()
    id = visit.query.get("field", "")
    if not id:
        field = _described(visit, form, _typed(form), await _leaving(visit))
    else:
        field = await stored_field(visit, form, id)
    preview = await FieldPreview.of(visit, field, form, new=not id)
    return visit.render("field_preview.html", preview=preview)


def _typed(form: Form) -> dict[str, Any]:
    return {name: form.get(name) for name in TEXTS} | {name: name in form for name in FLAGS}


async def _leaving(visit: Visit) -> LeavingForm:
    """Return the part of the form about lists that are left, for a field that is to be made."""
    record_type = _record_type(visit)
    definitions = await visit.crm.fields.list(record_type, actor=visit.actor)
    return LeavingForm(visit, definitions, CustomField(record_type=record_type, key="", label=""))


def can_close(visit: Visit, record_type: str) -> bool:
    """Tell whether records of the type are closed, so that something can be required before."""
    return "closed" in visit.crm.records.record_type(record_type).properties.get("status", {}).get("enum", ())


def _described(visit: Visit, form: Form, values: dict[str, Any], leaving: LeavingForm) -> CustomField:
    return CustomField(
        record_type=_record_type(visit),
        key=values["key"] or _key_from(values["label_en"] or values["label_ru"]),
        label=_label(values["label_en"], values["label_ru"]),
        type=values["type"],
        options=_options(visit, form, values),
        format=values["format"],
        description=values["description"],
        group=values["group"],
        order=form.number("order") or 100,
        required=values["required"],
        filterable=values["filterable"],
        required_when=CLOSING if values[CLOSING] and can_close(visit, _record_type(visit)) else "",
        required_before_leaving=leaving.described(leaving.sent(form)),
    )


def _key_from(name: str) -> str:
    """Return a key made from a field's name: ``Размер обуви`` is ``razmer_obuvi``; empty when it has no letters."""
    key = "_".join(re.findall(r"[a-z0-9]+", plain(name)))[:50].strip("_")
    return f"field_{key}" if key[:1].isdigit() else key


async def stored_field(visit: Visit, form: Form, id: str) -> CustomField:
    """Return the field ``id`` as the form over it would change it. Raises NotFound."""
    from crmcore.web.field_form import FieldForm  # it needs this page's reading of choices

    try:
        definition = await visit.crm.fields.get(UUID(id), actor=visit.actor)
    except ValueError:
        raise NotFound from None
    others = await visit.crm.fields.list(definition.record_type, actor=visit.actor)
    made = FieldForm(visit, definition.as_custom_field(), others)
    return made.described(made.sent(form))


async def add_field(visit: Visit) -> ASGIResponse:
    """Define a new field."""
    form = await visit.form()
    values = _typed(form)
    if form.get("then") == "preview":
        return await _page(visit, values, {}, form)
    try:
        field = _described(visit, form, values, await _leaving(visit))
        if not field.label:
            raise Invalid(problems=())
        warned = await unconfirmed(visit, field, None, form.get("confirmed"))
        if warned.note:
            return await _page(visit, values, {}, form, warned)
        await visit.crm.fields.create(field, actor=visit.actor)
    except Invalid as error:
        errors: dict[str, str] = {}
        for problem in error.problems:
            parts = problem.path.strip("/").split("/")
            name = parts[0] if parts[0] != "options" or len(parts) < 2 else f"option.{parts[1]}"
            name = LIST if name == "required_before_leaving" else name
            errors[name] = f"{errors.get(name, '')} {problem.sentence(visit.language)}".strip()
        if not values["label_en"] and not values["label_ru"]:
            errors["label"] = visit.texts.gettext("Give the field a name in at least one language.")
        return await _page(visit, values, errors, form)
    return visit.redirect(f"/settings/fields?type={_record_type(visit)}", done="field_added")


def _options(visit: Visit, form: Form, values: dict[str, Any]) -> dict[str, Any]:
    options = sent_options(visit, form, values["type"])
    if checked := CheckOptions(visit).sent(form, values["format"]):
        options["format_options"] = checked
    return options


async def delete_field(visit: Visit) -> ASGIResponse:
    """Retire a field; its values are kept."""
    id: UUID = visit.request.path_params["id"]
    await visit.crm.fields.delete(id, actor=visit.actor)
    return visit.redirect(f"/settings/fields?type={_record_type(visit)}", done="field_deleted", undo=str(id))


async def restore_field(visit: Visit) -> ASGIResponse:
    """Bring a retired field back, with its values."""
    id: UUID = visit.request.path_params["id"]
    await visit.crm.fields.restore(id, actor=visit.actor)
    return visit.redirect(f"/settings/fields?type={_record_type(visit)}", done="field_restored")


def _deleted(visit: Visit) -> UUID | None:
    """Return the field that was deleted just now, so that the page offers to undo it."""
    if visit.query.get("done") != "field_deleted":
        return None
    try:
        return UUID(visit.query.get("undo", ""))
    except ValueError:
        return None


def _record_type(visit: Visit) -> str:
    asked = visit.query.get("type", "contact")
    return asked if asked in RECORD_TYPES else "contact"


def _label(en: str, ru: str) -> Label:
    texts = {"en": en, "ru": ru}
    return {language: text for language, text in texts.items() if text}


def simple_options(visit: Visit, key: str) -> dict[str, Any]:
    """Return the schema of the options of the field type ``key`` as forms ask for them."""
    registered = visit.crm.fields.catalog.types.get(key)
    return _simple(registered.item) if registered else {}


def sent_options(visit: Visit, form: Form, key: str) -> dict[str, Any]:
    """Return what ``form`` says about the options of the field type ``key``."""
    schema = simple_options(visit, key)
    options = SchemaForm(visit, schema, f"option.{key}.").sent(form)
    if CHOICES in options:
        options[CHOICES] = [_choice(line) for line in options[CHOICES]]
    return {name: value for name, value in options.items() if value not in ("", [], False)}


def _choice(line: str) -> dict[str, Any]:
    """Read one line of choices: ``gold = Gold customer | Золотой клиент``, one label for all, or only ``gold``."""
    value, equals, label = line.partition("=")
    if not equals:
        return {"value": line}
    english, bar, russian = (part.strip() for part in label.partition("|"))
    if not bar:
        return {"value": value.strip(), "label": english}
    texts = {language: text for language, text in (("en", english), ("ru", russian)) if text}
    return {"value": value.strip(), "label": texts} if texts else {"value": value.strip()}


def choice_line(choice: dict[str, Any]) -> str:
    """Return the line that :func:`_choice` reads as ``choice``."""
    label = choice.get("label") or ""
    if isinstance(label, dict):
        label = (
            f"{label.get('en', '')} | {label.get('ru', '')}".strip()
            if label.get("ru")
            else label.get("en", "")
        )
    return f"{choice['value']} = {label}" if label else str(choice["value"])


def _simple(field_type: FieldType) -> dict[str, Any]:
    """Return the type's options schema with the list of choices as lines of text."""
    schema = dict(field_type.options_schema)
    properties = dict(schema.get("properties", {}))
    if CHOICES in properties:
        properties[CHOICES] = {
            "type": "array",
            "items": {"type": "string"},
            "x-crm": {
                "label": {"en": "Choices", "ru": "Варианты"},
                "help": {
                    "en": "One per line: “value”, “value = label”, or “value = English label | Russian label”",
                    "ru": "По одному в строке: «значение», «значение = подпись» или "
                    "«значение = английская | русская подпись»",
                },
            },
        }
    for name, label in OPTION_LABELS.items():
        if name in properties:
            properties[name] = {"x-crm": {"label": label}, **properties[name]}
    return {**schema, "properties": properties, "required": []}


OPTION_LABELS: dict[str, Label] = {
    "max_length": {"en": "Longest text", "ru": "Наибольшая длина"},
    "minimum": {"en": "Smallest value", "ru": "Наименьшее значение"},
    "maximum": {"en": "Largest value", "ru": "Наибольшее значение"},
    "integer": {"en": "Whole numbers only", "ru": "Только целые числа"},
    "country": {"en": "Country of numbers without a code", "ru": "Страна номеров без кода"},
    "currencies": {"en": "Currencies to choose from", "ru": "Валюты на выбор"},
    "currency": {"en": "Currency when none is written", "ru": "Валюта, если не указана"},
    "negative": {"en": "May be below zero", "ru": "Может быть меньше нуля"},
    "places": {"en": "Digits after the point", "ru": "Знаков после запятой"},
    "record_type": {"en": "Type of the records", "ru": "Тип записей"},
    "several": {"en": "Several files", "ru": "Несколько файлов"},
    "max_size": {"en": "Largest file, bytes", "ru": "Наибольший размер файла, байт"},
    "media_types": {"en": "Media types", "ru": "Типы содержимого"},
    "version": {"en": "IP version", "ru": "Версия IP"},
}


async def _page(
    visit: Visit,
    values: dict[str, Any],
    errors: dict[str, str],
    sent: Form | None = None,
    warned: Warned | None = None,
) -> ASGIResponse:
    record_type = _record_type(visit)
    catalog = visit.crm.fields.catalog
    types = catalog.types
    options = []
    for key, registered in types.items():
        form = SchemaForm(visit, _simple(registered.item), f"option.{key}.")
        form.show(form.sent(sent) if sent else {})
        if form.fields:
            options.append((key, visit.say(registered.item.label), form.fields))
    definitions = await visit.crm.fields.list(record_type, actor=visit.actor)
    labels = {name: visit.say(item.label) for item in definitions for name in item.names}
    leaving = await _leaving(visit)
    lists = leaving.fields(leaving.sent(sent or Form(())))
    return await visit.page(
        "settings_fields.html",
        status=422 if errors or warned else 200,
        area="settings",
        record_type=record_type,
        record_types=[
            (key, visit.say(visit.crm.records.record_type(key).label_plural)) for key in RECORD_TYPES
        ],
        definitions=[
            {
                "id": definition.id,
                "key": definition.key,
                "label": visit.say(definition.label),
                "type": visit.say(types[definition.type].item.label)
                if definition.type in types
                else definition.type,
                "format": _format(visit, definition.format),
                "owner": definition.owner,
                "required": definition.required,
                "filterable": definition.filterable,
                "dormant": visit.say(definition.dormant),
                "closing": definition.required_when == CLOSING,
                "before": labels.get(before.field, before.field)
                if (before := definition.required_before_leaving)
                else "",
                "asleep": visit.say(definition.leaving_asleep),
            }
            for definition in definitions
        ],
        types=[(key, visit.say(registered.item.label)) for key, registered in types.items()],
        formats=[(key, visit.say(registered.item.label)) for key, registered in catalog.validators.items()],
        options=options,
        checks=CheckOptions(visit).shown(sent or Form(())),
        warned=warned or Warned(),
        preview=await FieldPreview.of(visit, _described(visit, sent, _typed(sent), leaving), sent)
        if sent
        else None,
        leaving=[msgspec.structs.replace(one, error=errors.get(LIST, "")) for one in lists[:1]] + lists[1:],
        can_close=can_close(visit, record_type),
        values={name: values.get(name, "") for name in (*TEXTS, *FLAGS)},
        errors=errors,
        deleted=_deleted(visit),
    )


def _format(visit: Visit, key: str) -> str:
    registered = visit.crm.fields.catalog.validators.get(key)
    return visit.say(registered.item.label) if registered else key


ROUTES = (
    Route("GET", "/settings/fields", list_fields, permission="field.read"),
    Route("POST", "/settings/fields", add_field, permission="field.write"),
    Route("POST", "/settings/fields/preview", preview_field, permission="field.write"),
    Route("POST", "/settings/fields/{id:uuid}/delete", delete_field, permission="field.write"),
    Route("POST", "/settings/fields/{id:uuid}/restore", restore_field, permission="field.write"),
)
