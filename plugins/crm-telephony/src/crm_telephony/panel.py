"""The panel "Calls": a contact's calls, the latest first."""

from typing import Any
from uuid import UUID

from crm_telephony import words
from crm_telephony.scripts import script_for
from crm_telephony.shown import facts_of, item_of, media_of, script_blocks
from crm_telephony.tables import TelephonyCall
from crmcore import (
    Block,
    Items,
    Num,
    Panel,
    PanelContent,
    PluginContext,
    Stat,
    Stats,
    Subject,
    text_of,
)

SHOWN = 10
PLAYERS = 3

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
    actor = subject.actor
    blocks: list[Block] = []
    for row in rows:
        if row["stage"] != "ended":
            blocks += await _going_on(row, subject)
    blocks.append(await _figures(contact, language))
    blocks.append(Items(items=tuple(item_of(row, actor, language, numbers=numbers) for row in rows)))
    players = [media for row in rows if (media := media_of(row, actor, language)) is not None]
    return PanelContent(blocks=(*blocks, *players[:PLAYERS]), fetched_at=plugin.now())


async def _going_on(row: dict[str, Any], subject: Subject) -> list[Block]:
    """Return a call that goes on, with what to say in it."""
    blocks: list[Block] = [facts_of(row, subject.actor, subject.language)]
    script = await script_for(row)
    if script is not None:
        blocks = [*script_blocks(script, subject.language), *blocks]
    return blocks


def _contact_id(subject: Subject) -> UUID | None:
    if subject.record_type == "contact":
        return subject.id
    found = (subject.contact or {}).get("id")
    return UUID(str(found)) if found else None


async def _figures(contact: UUID, language: str) -> Stats:
    mine = TelephonyCall.contact == contact
    total = await TelephonyCall.count().where(mine)
    missed = await TelephonyCall.count().where(
        mine
        & (TelephonyCall.direction == "in")
        & (TelephonyCall.outcome != "answered")
        & (TelephonyCall.stage == "ended")
    )
    return Stats(
        items=(
            Stat(text_of(_ALL, language), Num(total)),
            Stat(text_of(_MISSED, language), Num(missed), "bad" if missed else "neutral"),
        )
    )


CALLS_PANEL = Panel(
    key="calls",
    title=words.CALLS,
    load=load_calls,
    slots=("conversation", "contact"),
    icon="phone",
    order=10,
    ttl_s=5,
)
