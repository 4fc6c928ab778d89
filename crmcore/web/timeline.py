"""What happened with a record, in one order: conversations, tasks and changes, by day."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from msgspec import Struct

from crmcore.contracts.records import Record
from crmcore.contributions.subjects import SLOTS
from crmcore.records.history import HistoryEntry
from crmcore.records.query import ListQuery
from crmcore.web.buttons import Button, Buttons
from crmcore.web.conversations_view import conversation_view
from crmcore.web.facts import label_of
from crmcore.web.marks import safe_href
from crmcore.web.texts import N_

if TYPE_CHECKING:
    from crmcore.web.visit import Visit

LIMIT = 50
BACK = {"conversation": "/inbox", "contact": "/contacts", "company": "/companies"}
ACTIONS = {
    "create": N_("Contact created"),
    "update": N_("Contact changed"),
    "delete": N_("Contact deleted"),
    "restore": N_("Contact restored"),
    "merge": N_("Contacts merged"),
    "unmerge": N_("Merge undone"),
    "reveal": N_("A hidden value was looked at"),
}
OF_OTHERS = {
    "create": N_("Created"),
    "update": N_("Changed"),
    "delete": N_("Deleted"),
    "restore": N_("Brought back"),
    "merge": N_("Merged"),
    "unmerge": N_("Merge undone"),
    "reveal": N_("A hidden value was looked at"),
}
"""The same for records of other types, whatever they are called."""


class Entry(Struct, frozen=True, kw_only=True):
    """One thing that happened."""

    at: datetime
    icon: str
    tone: str
    title: str
    text: str = ""
    who: str = ""
    href: str = ""
    badge: tuple[str, str] | None = None
    buttons: tuple[Button, ...] = ()


class Day(Struct, frozen=True):
    """What happened on one day, the newest first."""

    title: str
    entries: list[Entry]


async def timeline(visit: "Visit", record: Record, contacts: Sequence[UUID]) -> list[Day]:
    """Return the newest :data:`LIMIT` things that happened with ``record`` and with its ``contacts``.

    What plugins know of a contact or a company is among them; who could not be asked is named as the newest.
    """
    entries = await _changes(visit, record)
    if contacts:
        entries += [*await _conversations(visit, contacts), *await _tasks(visit, contacts)]
    entries += await of_plugins(visit, record.type, record.id)
    return by_day(visit, entries)


def by_day(visit: "Visit", entries: Sequence[Entry]) -> list[Day]:
    """Return the newest :data:`LIMIT` of ``entries`` by day, the newest first."""
    days: list[Day] = []
    for entry in sorted(entries, key=lambda entry: entry.at, reverse=True)[:LIMIT]:
        title = visit.formats.day(entry.at)
        if not days or days[-1].title != title:
            days.append(Day(title, []))
        days[-1].entries.append(entry)
    return days


async def of_plugins(visit: "Visit", record_type: str, id: UUID) -> list[Entry]:
    """Return what plugins add to the timeline of a record, and a line for each that could not be asked."""
    slot = next((known for known in SLOTS if known == record_type), None)
    if slot is None:
        return []
    found, failures = await visit.crm.contributions.timelines.of(
        slot, id, actor=visit.actor, language=visit.language
    )
    back = f"{BACK[slot]}/{id}"
    entries = [
        Entry(
            at=sourced.entry.at,
            icon=sourced.entry.icon,
            tone=sourced.entry.tone,
            title=sourced.entry.title,
            text=sourced.entry.text,
            href=safe_href(sourced.entry.href),
            badge=(sourced.entry.badge.label, sourced.entry.badge.tone) if sourced.entry.badge else None,
            buttons=tuple(
                Buttons(visit, sourced.plugin, ref=f"{slot}:{id}", back=back).of(sourced.entry.actions)
            ),
        )
        for sourced in found
    ]
    return entries + [
        Entry(at=visit.formats.now, icon="circle-alert", tone="bad", title=failure.sentence(visit.language))
        for failure in failures
    ]


async def _conversations(visit: "Visit", contacts: Sequence[UUID]) -> list[Entry]:
    if not visit.actor.may("conversation.read"):
        return []
    page = await visit.crm.records.list("conversation", _of(contacts, "-last_activity_at"), actor=visit.actor)
    entries = []
    for record in page.items:
        view = conversation_view(visit, record)
        entries.append(
            Entry(
                at=view.at,
                icon=view.icon,
                tone="accent",
                title=f"#{view.number} {view.subject or view.account_name}",
                text=view.preview,
                who=view.account_name,
                href=f"/inbox/{view.id}",
                badge=(view.status_label, view.status_tone),
            )
        )
    return entries


async def _tasks(visit: "Visit", contacts: Sequence[UUID]) -> list[Entry]:
    if not visit.actor.may("task.read"):
        return []
    page = await visit.crm.records.list("task", _of(contacts, "-created_at"), actor=visit.actor)
    entries = []
    for record in page.items:
        document = record.document
        done = document["status"] == "done"
        entries.append(
            Entry(
                at=document["done_at"] if done and document["done_at"] else document["created_at"],
                icon="square-check-big",
                tone="ok" if done else "warn",
                title=document["title"],
                who=(document.get("assignee") or {}).get("name", ""),
                badge=(
                    visit.texts.gettext("Done") if done else visit.texts.gettext("Task"),
                    "ok" if done else "warn",
                ),
            )
        )
    return entries


async def _changes(visit: "Visit", record: Record) -> list[Entry]:
    history = await visit.crm.records.history(record.type, record.id, actor=visit.actor, limit=LIMIT)
    labels = await _labels(visit, record.type)
    actions = ACTIONS if record.type == "contact" else OF_OTHERS
    made = {"contact": "user-plus", "company": "building-2"}.get(record.type, "plus")
    return [
        Entry(
            at=entry.at,
            icon=made if entry.action == "create" else "pencil",
            tone="neutral",
            title=visit.texts.gettext(actions.get(entry.action, actions["update"])),
            text=entry.reason or _changed(entry, labels),
            who=entry.actor_label,
        )
        for entry in history
    ]


async def _labels(visit: "Visit", record_type: str) -> dict[str, str]:
    properties = visit.crm.records.record_type(record_type).properties
    labels = {name: label_of(visit, name, schema) for name, schema in properties.items()}
    for definition in await visit.crm.fields.catalog.of(record_type):
        labels[f"custom.{definition.key}"] = visit.say(definition.label)
    labels["tags"] = visit.texts.gettext("Tags")
    return labels


def _changed(entry: HistoryEntry, labels: dict[str, Any]) -> str:
    # Names only: some values are sensitive, and the fields themselves stand beside the timeline.
    if entry.action == "create":
        return ""
    return ", ".join(dict.fromkeys(labels[name] for name in sorted(entry.changes) if name in labels))


def _of(contacts: Sequence[UUID], sort: str) -> ListQuery:
    filter = {"field": "contact_id", "op": "in", "value": [str(contact) for contact in contacts]}
    return ListQuery(filter=filter, sort=sort, limit=LIMIT)
