"""What is known about a record of any type, as labelled lines."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from crmcore.contracts.records import Record, RecordType
from crmcore.records.reveal import Revealed
from crmcore.web.facts import ABOUT, Fact, FactGroup, contact_facts, custom_facts, label_of, tel
from crmcore.web.lists.places import page_of, place_of

if TYPE_CHECKING:
    from crmcore.web.visit import Visit


async def facts_of(
    visit: "Visit", record: Record, *, editing: bool = False, revealed: Revealed | None = None
) -> list[FactGroup]:
    """Return the facts of a record in their groups; with ``editing`` those that may be written can be, one by one."""
    kind = visit.crm.records.record_type(record.type)
    base = contact_facts(visit, record) if record.type == "contact" else _base(visit, kind, record)
    groups = [
        group
        for group in (base, *await custom_facts(visit, record, all_of_them=True, revealed=revealed))
        if group.facts
    ]
    if not editing or not visit.actor.may(f"{kind.key}.write"):
        return groups
    untouchable = await visit.crm.records.untouchable(kind.key, actor=visit.actor)
    writable = {name for name, schema in kind.properties.items() if not schema.get("readOnly")} - untouchable
    definitions = await visit.crm.fields.catalog.of(kind.key) if kind.custom_fields else ()
    writable |= {
        f"custom.{item.key}"
        for item in definitions
        if item.writable and f"custom.{item.key}" not in untouchable and item.type != "file"
    }
    edit_at = f"{place_of(kind)}/{record.id}/fields/"
    return [
        FactGroup(
            group.title,
            [
                msgspec.structs.replace(fact, edit=fact.name) if fact.name in writable else fact
                for fact in group.facts
            ],
            group.reveal_at,
            edit_at,
        )
        for group in groups
    ]


def _base(visit: "Visit", kind: RecordType, record: Record) -> FactGroup:
    facts = []
    for name, schema in kind.properties.items():
        value = record.document.get(name)
        if name == "name" or name == "avatar" or (name.endswith("_id") and name[:-3] in kind.properties):
            continue
        if value is None or value == "" or value == []:
            if schema.get("readOnly") and f"{name}_id" not in kind.properties:
                continue
            if name not in record.document:
                continue
        facts.append(_fact(visit, kind, name, value, label_of(visit, name, schema)))
    return FactGroup(visit.texts.gettext(ABOUT), facts)


def _fact(visit: "Visit", kind: RecordType, name: str, value: Any, label: str) -> Fact:
    reference = f"{name}_id"
    written = reference if reference in kind.properties else name
    links: tuple[tuple[str, str], ...] = ()
    text = ""
    if isinstance(value, dict):
        target = str(kind.properties.get(reference, {}).get("x-crm", {}).get("reference", ""))
        href = page_of(visit, target, value["id"]) if target and "id" in value else ""
        links = ((href, str(value.get("name", ""))),)
    elif isinstance(value, datetime):
        text = visit.formats.date_time(value)
    elif isinstance(value, bool):
        text = visit.texts.gettext("yes") if value else visit.texts.gettext("no")
    elif isinstance(value, list):
        links = tuple(("", str(item)) for item in value)
    elif name == "domain" and value:
        links = ((f"https://{value}", str(value)),)
    elif name == "phone" and value:
        links = ((tel(str(value)), str(value)),)
    elif value is not None:
        text = str(value)
    return Fact(label=label, text=text, links=links, name=written)
