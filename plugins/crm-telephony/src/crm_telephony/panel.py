"""The panel "Calls": a contact's calls, the latest first."""

from typing import Any
from uuid import UUID

from crm_telephony import words
from crm_telephony.tables import TelephonyCall
from crmcore import (
    Badge,
    Item,
    Items,
    Link,
    Num,
    Panel,
    PanelContent,
    Phone,
    PluginContext,
    Stat,
    Stats,
    Subject,
    Value,
    When,
    text_of,
)

SHOWN = 10

_ALL = {"en": "Calls", "ru": "Звонков"}
_MISSED = {"en": "Missed", "ru": "Пропущено"}


async def load_calls(subject: Subject, plugin: PluginContext) -> PanelContent:
    """Return the calls of the contact whom the panel stands beside."""
    language = subject.language
    contact = _contact_id(subject)
    if contact is None:
        return PanelContent(status="empty", message=text_of(words.NO_CALLS, language))
    rows = (
        await TelephonyCall.select()
        .where(TelephonyCall.contact == contact)
        .order_by(TelephonyCall.ended_at, ascending=False)
        .limit(SHOWN)
    )
    if not rows:
        return PanelContent(status="empty", message=text_of(words.NO_CALLS, language))
    # Who does not see the contact's phone numbers does not see them here either.
    numbers = not subject.contact or "phones" in subject.contact
    return PanelContent(
        blocks=(
            await _figures(contact, language),
            Items(items=tuple(_item(row, language, numbers) for row in rows)),
        ),
        fetched_at=plugin.now(),
    )


def _contact_id(subject: Subject) -> UUID | None:
    if subject.record_type == "contact":
        return subject.id
    found = (subject.contact or {}).get("id")
    return UUID(str(found)) if found else None


async def _figures(contact: UUID, language: str) -> Stats:
    mine = TelephonyCall.contact == contact
    total = await TelephonyCall.count().where(mine)
    missed = await TelephonyCall.count().where(
        mine & (TelephonyCall.direction == "in") & (TelephonyCall.outcome != "answered")
    )
    return Stats(
        items=(
            Stat(text_of(_ALL, language), Num(total)),
            Stat(text_of(_MISSED, language), Num(missed), "bad" if missed else "neutral"),
        )
    )


def _item(row: dict[str, Any], language: str, numbers: bool) -> Item:
    direction, outcome = row["direction"], row["outcome"]
    meta: list[Value] = [When(row["ended_at"])]
    if numbers and row["number"].startswith("+"):
        meta.append(Phone(row["number"]))
    if row["recording_url"]:
        meta.append(Link(text_of(words.RECORDING, language), row["recording_url"]))
    tone = words.tone_of(direction, outcome)
    if tone == "bad":
        meta.append(Badge(text_of({"en": "Missed", "ru": "Пропущен"}, language), tone))
    return Item(title=words.call_text(direction, outcome, row["seconds"], language), meta=tuple(meta))


CALLS_PANEL = Panel(
    key="calls",
    title=words.CALLS,
    load=load_calls,
    slots=("conversation", "contact"),
    icon="phone",
    order=300,
    ttl_s=15,
)
