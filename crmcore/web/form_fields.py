"""Form fields made from base properties and from custom-field definitions."""

from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from crmcore.contracts.fields import JsonSchema
from crmcore.records.definition import Definition
from crmcore.web.facts import custom_text, label_of
from crmcore.web.form import Form
from crmcore.web.record_lookup import records_called, title_of
from crmcore.written_numbers import written_number

if TYPE_CHECKING:
    from crmcore.web.visit import Visit

WIDGETS = frozenset(
    {
        "text",
        "textarea",
        "select",
        "checkbox",
        "checkboxes",
        "multiselect",
        "number",
        "date",
        "email",
        "url",
        "tel",
        "time",
        "datetime-local",
        "reference",
        "file",
    }
)
# What the core's field types call a widget, and what browsers do.
_CALLED = {"date_time": "datetime-local"}
LONG_TEXT = 500


class Field(Struct, frozen=True, kw_only=True):
    """One field of a form. ``value`` is what stands in it; ``stored`` is what somebody else saved meanwhile.

    ``kept`` is what the record keeps where people read something else: a moment in their own ``zone``, what a
    record of the type ``refers_to`` is called.
    """

    name: str
    label: str
    widget: str = "text"
    value: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    chosen: tuple[str, ...] = ()
    required: bool = False
    read_only: bool = False
    hint: str = ""
    error: str = ""
    max_length: int | None = None
    rows: int = 3
    wide: bool = False
    step: str = ""
    autocomplete: str = "off"
    suggestions: str = ""
    kept: str = ""
    zone: tzinfo | None = None
    refers_to: str = ""
    stored: str | None = None
    stored_by: str = ""
    files: tuple[dict[str, Any], ...] = ()
    several: bool = False
    accept: str = ""


class FieldGroup(Struct, frozen=True):
    """Fields under one heading."""

    title: str
    fields: list[Field]


async def base_field(
    visit: "Visit", name: str, schema: JsonSchema, value: Any, *, required: bool = False, called: str = ""
) -> Field:
    """Return the field of the base property ``name``; ``called`` is the name of the record it refers to."""
    label = label_of(visit, name, schema)
    if schema.get("type") == "array":
        lines = list(value or ())
        return Field(
            name=name,
            label=label,
            widget="textarea",
            value="\n".join(lines),
            rows=max(2, len(lines)),
            hint=visit.texts.gettext("One per line"),
        )
    kinds = schema.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    shown, kept = as_typed(value), as_typed(value)
    if target := str(schema.get("x-crm", {}).get("reference", "")):
        return Field(
            name=name,
            label=label,
            widget="reference",
            value=(called or await title_of(visit, target, kept)) if kept else "",
            kept=kept,
            refers_to=target,
            choices=() if kept or not required else tuple(await records_called(visit, target)),
            required=required,
        )
    if choices := schema.get("enum"):
        said = schema.get("x-crm", {}).get("choices", {})
        options = tuple((str(one), visit.say(said.get(one, str(one)))) for one in choices if one is not None)
        return Field(name=name, label=label, widget="select", value=shown, choices=options, required=required)
    if "boolean" in kinds:
        return Field(name=name, label=label, widget="checkbox", value=shown)
    if {"integer", "number"} & set(kinds):
        step = "any" if "number" in kinds else "1"
        return Field(name=name, label=label, widget="number", value=shown, step=step, required=required)
    if schema.get("format") == "date-time":
        zone = visit.formats.zone
        value = local_moment(kept, zone)
        return Field(
            name=name, label=label, widget="datetime-local", value=value, kept=kept, zone=zone, step="1"
        )
    limit = schema.get("maxLength")
    return Field(
        name=name,
        label=label,
        widget="textarea" if limit and limit > LONG_TEXT else "text",
        wide=bool(limit and limit > LONG_TEXT),
        value=str(value or ""),
        max_length=limit,
        required=required,
    )


async def custom_field(visit: "Visit", definition: Definition, value: Any) -> Field:
    """Return the form field of a custom field: read-only while it is dormant or written by its plugin alone."""
    registered = visit.crm.fields.catalog.types.get(definition.type)
    widget = _CALLED.get(registered.item.widget, registered.item.widget) if registered else "text"
    widget = widget if widget in WIDGETS else "text"
    limit = definition.schema.get("maxLength")
    if widget == "text" and limit and limit > LONG_TEXT:
        widget = "textarea"
    name = f"custom.{definition.key}"
    hint = visit.say(definition.description)
    if not definition.writable:
        if definition.dormant:
            hint = visit.texts.gettext("Cannot be changed now: {why}", why=visit.say(definition.dormant))
        else:
            hint = visit.texts.gettext("Filled in by the plugin “{plugin}”", plugin=definition.owner)
        text = await custom_text(visit, definition, value)
        return Field(name=name, label=visit.say(definition.label), value=text, read_only=True, hint=hint)
    shown = as_typed(value)
    target = str(definition.schema.get("x-crm", {}).get("reference", "")) if widget == "reference" else ""
    if target:
        shown = await title_of(visit, target, shown) if shown else ""
    elif widget == "datetime-local":
        shown = local_moment(shown, visit.formats.zone)
    return Field(
        name=name,
        label=visit.say(definition.label),
        widget=widget,
        wide=widget == "textarea",
        value=shown,
        kept=as_typed(value),
        zone=visit.formats.zone if widget == "datetime-local" else None,
        refers_to=target,
        choices=tuple(await records_called(visit, target)) if target else _choices(visit, definition, value),
        chosen=tuple(str(item) for item in value) if isinstance(value, list) else (),
        required=definition.required,
        hint=hint,
        max_length=limit if widget in ("text", "textarea") else None,
        files=files_in(value) if widget == "file" else (),
        several=widget == "file" and bool(definition.options.get("several")),
        accept=",".join(definition.options.get("media_types", ())) if widget == "file" else "",
        step=_step(definition, widget),
    )


def _step(definition: Definition, widget: str) -> str:
    if definition.schema.get("type") == "integer" or widget == "datetime-local":
        return "1"  # whole numbers, seconds
    return "any" if widget == "number" else ""


def local_moment(text: str, zone: tzinfo) -> str:
    """Return the moment ``text`` as a browser's field has it, in ``zone``; what is no moment as it is."""
    try:
        local = datetime.fromisoformat(text).astimezone(zone).replace(tzinfo=None, microsecond=0)
    except (ValueError, OverflowError):
        return text
    return local.isoformat(timespec="seconds" if local.second else "minutes")


def _moment_in(text: str, zone: tzinfo) -> str:
    """Return what a browser's field has as a moment with its zone; what is no moment as it is."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (moment.replace(tzinfo=zone) if moment.tzinfo is None else moment).isoformat()


def _choices(visit: "Visit", definition: Definition, value: Any) -> tuple[tuple[str, str], ...]:
    kept = value if isinstance(value, list) else [value]
    return tuple(
        (choice["value"], visit.say(choice.get("label") or choice["value"]))
        for choice in definition.options.get("choices", ())
        if not choice.get("retired") or choice["value"] in kept
    )


def files_in(value: Any) -> tuple[dict[str, Any], ...]:
    """Return what a stored value says of its files, one or several."""
    values = value if isinstance(value, list) else [value]
    return tuple(item for item in values if isinstance(item, dict) and "id" in item)


def as_typed(value: Any) -> str:
    """Return a stored value as it stands in a form field."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else ""
    if isinstance(value, list):
        return "\n".join(as_typed(item) if isinstance(item, dict) else str(item) for item in value)
    if isinstance(value, dict) and "id" in value:
        return str(value["id"])
    if isinstance(value, dict):
        return " ".join(str(item) for item in value.values())
    return str(value)


def base_value(form: Form, field: Field, schema: JsonSchema) -> Any:
    """Return what ``form`` says about a base property as a document has it."""
    if schema.get("type") == "array":
        return [line.strip() for line in form.raw(field.name).split("\n") if line.strip()]
    kinds = schema.get("type")
    text = form.get(field.name)
    if field.kept and text == field.value and (field.refers_to or field.zone):
        return field.kept
    if field.widget == "checkbox":
        return text == "true"
    if not text and (field.widget != "text" or (isinstance(kinds, list) and "null" in kinds)):
        return None if field.widget != "textarea" else text
    if field.zone:
        return _moment_in(text, field.zone)
    if field.widget == "number":
        return _number_in(text)
    return text


def _number_in(text: str) -> Any:
    """Return ``text`` as a number; what is none, or could mean two, as it is, to be refused."""
    try:
        return int(text) if text.lstrip("-").isdecimal() else float(written_number(text))
    except ValueError:
        return text


def custom_value(form: Form, field: Field) -> Any:
    """Return what ``form`` says about a custom field: the field type brings a text to its form, None empties it."""
    if field.widget == "file":
        known = {item["id"]: item for item in field.files} | form.files
        found = [known.get(id, {"id": id}) for id in form.all(field.name)]
        return (found if field.several else found[-1]) if found else None
    if field.widget in ("checkboxes", "multiselect"):
        return form.all(field.name) or None
    if field.widget == "checkbox":
        return form.get(field.name) == "true"
    text = form.get(field.name)
    if field.kept and text == field.value and (field.refers_to or field.zone):
        return field.kept
    return (_moment_in(text, field.zone) if field.zone else text) or None


def filled(field: Field, value: Any) -> Field:
    """Return ``field`` with what a person typed in it."""
    if field.widget == "file":
        return msgspec.structs.replace(field, files=tuple(item for item in files_in(value) if "name" in item))
    chosen = tuple(str(item) for item in value) if isinstance(value, list) else ()
    text = as_typed(value)
    if field.zone is not None:
        text = local_moment(text, field.zone)
    elif field.refers_to:
        text = field.value if text == field.kept else dict(field.choices).get(text, text)
    return msgspec.structs.replace(field, value=text, chosen=chosen)
