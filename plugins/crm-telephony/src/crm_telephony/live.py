"""Calls while they go on: the row, and the card on the pages of those whose phones ring."""

from typing import Any
from uuid import UUID

from crm_telephony import words
from crm_telephony.call import keep_call
from crm_telephony.caller import contact_of
from crm_telephony.phones import users_of
from crm_telephony.report import Report
from crm_telephony.tables import TelephonyPhone
from crmcore import ChannelAccount, Label, PluginContext, Pop
from crmcore.tables import Contact

CARD_S = 60


async def follow(report: Report, account: ChannelAccount, plugin: PluginContext) -> dict[str, Any]:
    """Bring the row of a call that goes on up to date, and show the card of one that comes in; return the row."""
    contact = await contact_of(report.number, report.name, plugin, make=report.direction == "in")
    row = await keep_call(report, contact, account=account.id)
    if report.direction == "in" and row["stage"] == report.stage:
        await show(report, row, plugin)
    return row


async def show(report: Report, row: dict[str, Any], plugin: PluginContext) -> None:
    """Show the card to the right agents, and take it away when somebody has answered or nobody will."""
    key = f"call:{report.key}"[:100]
    # The number that was dialled may be one agent's own: that phone is about to ring.
    rang = await users_of((*report.phones, report.line))
    if report.stage == "ringing":
        begun = report.phones if report.rings is None else report.rings
        ringing = await users_of(begun or (() if report.phones else (report.line,)))
        silent = await users_of(report.silent)
        await _take_away(key, tuple(user for user in silent if user not in ringing), plugin)
        # While a menu or a queue has the call, whose phone will ring is not known yet.
        nobodys = not rang and (begun or not (report.phones or await TelephonyPhone.exists()))
        if ringing or nobodys:
            await _show_to(ringing, report, row, key, plugin)
        return
    stay: set[UUID] = set()
    if report.stage == "answered":
        sent_on = await users_of(report.rings or ())
        stay = {*await users_of([report.agent]), *sent_on}
        if sent_on:
            await _show_to(sent_on, report, row, key, plugin)
    await _take_away(key, tuple(user for user in rang if user not in stay), plugin)
    if not rang:
        await plugin.pop(Pop(title="", key=key))


async def _show_to(
    ringing: tuple[UUID, ...], report: Report, row: dict[str, Any], key: str, plugin: PluginContext
) -> None:
    """Show the card to whose phones ring; where nobody knows, to who looks after the contact, or to everybody."""
    contact = row["contact"]
    users = ringing or await _owner(contact) or None
    if ringing or contact is None:
        await plugin.pop(_card(report, row, users, key))
    if contact is not None:
        # Its name is for who may see it; for the others the card stays as it is, with the number alone.
        await plugin.pop(_card(report, row, users, key, contact, await _name(contact)))


async def _take_away(key: str, users: tuple[UUID, ...], plugin: PluginContext) -> None:
    if users:
        await plugin.pop(Pop(title="", key=key, users=users))


def _card(
    report: Report,
    row: dict[str, Any],
    users: tuple[UUID, ...] | None,
    key: str,
    contact: UUID | None = None,
    name: str = "",
) -> Pop:
    who: str | Label = name or report.number or words.HIDDEN
    text = " · ".join(part for part in (report.number if name else "", report.line, report.queue) if part)
    return Pop(
        title={language: words.incoming(who, language) for language in ("en", "ru")},
        text=text[:500],
        open=f"/contacts/{contact}" if contact else f"/x/telephony/calls/{row['id']}",
        users=users,
        record=("contact", contact) if contact else None,
        key=key,
        seconds=CARD_S,
    )


async def _name(contact: UUID) -> str:
    row = await Contact.select(Contact.first_name, Contact.last_name).where(Contact.id == contact).first()
    names = " ".join(part for part in (row["first_name"], row["last_name"]) if part) if row else ""
    return names[:120]


async def _owner(contact: UUID | None) -> tuple[UUID, ...]:
    """Return who looks after the contact: whom the card is shown to when nobody knows whose phone rings."""
    if contact is None:
        return ()
    row = await Contact.select(Contact.owner).where(Contact.id == contact).first()
    return (row["owner"],) if row and row["owner"] else ()
