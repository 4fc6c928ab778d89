"""What is known about a record, as labelled lines."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from crmcore.contracts.fields import JsonSchema
from crmcore.contracts.records import Record
from crmcore.plugins.failures import PluginFailed
from crmcore.plugins.names import CORE
from crmcore.records.definition import Definition
from crmcore.records.reveal import PERMISSION, Revealed
from crmcore.web.buttons import Button, call_buttons
from crmcore.web.record_lookup import title_of
from crmcore.web.texts import N_

if TYPE_CHECKING:
    from crmcore.web.visit import Visit

ABOUT = N_("About")
CUSTOM_FIELDS = N_("Custom fields")
SHORT = ("emails", "phones", "handles", "company", "job_title", "language", "notes")
LONG = (
    *SHORT[:-1],
    "owner",
    "team",
    "time_zone",
    "gender",
    "ip_address",
    "browser",
    "last_contact_at",
    "notes",
)
LABELS = {"emails": N_("E-mail"), "phones": N_("Phone"), "handles": N_("Handle")}


class Fact(Struct, frozen=True, kw_only=True):
    """One line: a text, or links as ``(address, text)``; ``note`` stands below it.

    ``reveal`` is the name of a field whose ``text`` is a mask, where a form posts it to see the value. ``name`` is
    the field that is written to change the line; ``edit`` the same where the visitor may. ``calls`` are the buttons
    of plugins beside a link, by its address.
    """

    label: str
    text: str = ""
    links: tuple[tuple[str, str], ...] = ()
    note: str = ""
    reveal: str = ""
    name: str = ""
    edit: str = ""
    calls: Mapping[str, Sequence[Button]] = {}


class FactGroup(Struct, frozen=True):
    """Lines under one heading. ``reveal_at`` is where a form asks for a hidden value, if there is such a page.

    ``edit_at`` is what stands before a field's name in the address where it alone is changed.
    """

    title: str
    facts: list[Fact]
    reveal_at: str = ""
    edit_at: str = ""


def contact_facts(visit: "Visit", record: Record, names: Iterable[str] = LONG) -> FactGroup:
    """Return the base fields ``names`` of a contact that have a value, e-mail and phone in any case."""
    properties = visit.crm.records.record_type("contact").properties
    facts = [
        fact
        for name in names
        if name in record.document and (fact := _base_fact(visit, record, name, properties[name])) is not None
    ]
    return FactGroup(visit.texts.gettext(ABOUT), facts)


def _base_fact(visit: "Visit", record: Record, name: str, schema: JsonSchema) -> Fact | None:
    value: Any = record.document.get(name)
    label = visit.texts.gettext(LABELS[name]) if name in LABELS else label_of(visit, name, schema)
    if name == "emails":
        return Fact(label=label, name=name, links=tuple((f"mailto:{address}", address) for address in value))
    if name == "phones":
        calls = {
            tel(number): call_buttons(visit, f"contact:{record.id}", tel(number)[4:]) for number in value
        }
        links = tuple((tel(number), number) for number in value)
        return Fact(label=label, name=name, links=links, calls=calls)
    if not value:
        return None
    if name == "handles":
        return Fact(label=label, name=name, links=tuple(("", handle) for handle in value))
    if name == "last_contact_at":
        return Fact(label=label, text=visit.formats.date_time(value))
    if name == "language":
        return Fact(label=label, name=name, text=visit.formats.language_name(value))
    if name == "company":
        href = f"/companies/{record.document['company_id']}" if visit.actor.may("company.read") else ""
        return Fact(label=label, name=name, links=((href, str(value)),))
    if name in ("owner", "team"):
        return Fact(label=label, name=f"{name}_id", text=str(value["name"]))
    return Fact(label=label, name=name, text=str(value))


async def custom_facts(
    visit: "Visit", record: Record, *, all_of_them: bool = False, revealed: Revealed | None = None
) -> list[FactGroup]:
    """Return the custom fields of ``record`` in their groups: those with a value, or all.

    ``revealed`` is the one sensitive value that stands there in the clear.
    """
    groups: dict[str, list[Fact]] = {}
    values: dict[str, Any] = record.document.get("custom") or {}
    definitions = await visit.crm.fields.catalog.of(record.type)
    for definition in definitions:
        value = values.get(definition.key)
        if not visit.actor.sees_custom(record.type, definition.id):
            continue
        if value is None and (not all_of_them or definition.dormant):
            continue
        title = visit.say(definition.group) or visit.texts.gettext(CUSTOM_FIELDS)
        links = _file_links(visit, definition, value)
        text = "" if links else await custom_text(visit, definition, value)
        note, hidden = "", definition.sensitive or definition.sealed
        if hidden and revealed is not None and revealed.field == f"custom.{definition.key}":
            text, hidden = await _shown(visit, definition, revealed.value), False
        if definition.dormant:
            note = visit.texts.gettext("Cannot be changed now: {why}", why=visit.say(definition.dormant))
        groups.setdefault(title, []).append(
            Fact(
                label=visit.say(definition.label),
                name=f"custom.{definition.key}",
                text=text,
                links=links,
                note=note,
                reveal=definition.key if hidden and text and visit.actor.may(PERMISSION) else "",
            )
        )
    reveal_at = f"/contacts/{record.id}/reveal" if record.type == "contact" else ""
    return [FactGroup(title, facts, reveal_at) for title, facts in groups.items()]


def _file_links(visit: "Visit", definition: Definition, value: Any) -> tuple[tuple[str, str], ...]:
    """Return the links of a file field: names with sizes."""
    if definition.type != "file":
        return ()
    files = [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict)]
    return tuple(
        (
            f"/files/{file['id']}",
            f"{file.get('name', file['id'])} ({visit.formats.size(file.get('size', 0))})",
        )
        for file in files
    )


async def custom_text(visit: "Visit", definition: Definition, value: Any) -> str:
    """Return a custom value as its field type shows it; sensitive ones come as masks and stay so."""
    if value is None:
        return ""
    if definition.sensitive or definition.sealed:
        return str(value)
    return await _shown(visit, definition, value)


async def _shown(visit: "Visit", definition: Definition, value: Any) -> str:
    if value is None:
        return ""
    catalog = visit.crm.fields.catalog
    registered = catalog.types.get(definition.type)
    text = _plain(value)
    if registered is not None and not definition.dormant:
        render = registered.item.render
        if registered.plugin == CORE:
            text = await _core_text(visit, definition, value) or render(
                value, definition.options, visit.language
            )
        else:
            try:
                text = await visit.crm.host.dispatch.run(
                    registered.plugin, "field_type.render", render, value, definition.options, visit.language
                )
            except PluginFailed:
                text = _plain(value)
    return str(text)


async def _core_text(visit: "Visit", definition: Definition, value: Any) -> str:
    """Return dates and moments as all others of the page look, and what records are called; else nothing."""
    if not isinstance(value, str):
        return ""
    if definition.type == "reference":
        return await title_of(visit, str(definition.options.get("record_type", "")), value)
    if definition.type not in ("date", "date_time"):
        return ""
    try:
        if definition.type == "date_time":
            return visit.formats.date_time(datetime.fromisoformat(value))
        return visit.formats.date_only(date.fromisoformat(value))
    except ValueError:
        return ""


def label_of(visit: "Visit", name: str, schema: JsonSchema) -> str:
    """Return what a base property is called."""
    label = schema.get("x-crm", {}).get("label")
    return visit.say(label) if label else name.replace("_", " ").capitalize()


def tel(number: str) -> str:
    """Return the address that calls ``number``."""
    return "tel:" + "".join(sign for sign in number if sign.isascii() and (sign.isdigit() or sign == "+"))


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return str(value)
