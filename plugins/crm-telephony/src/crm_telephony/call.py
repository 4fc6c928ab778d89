"""The row of a call: written at every stage, never back to an earlier one."""

from typing import Any
from uuid import UUID, uuid4

from crm_telephony.phones import users_of
from crm_telephony.report import STAGES, Report
from crm_telephony.tables import TelephonyCall
from crmcore.tables import Contact, Conversation

_MOST_MERGES = 20


async def keep_call(
    report: Report, contact: UUID | None, conversation: UUID | None = None, account: UUID | None = None
) -> dict[str, Any]:
    """Write the call's row, or bring it up to date, and return it: done twice, it is there once.

    Contact and conversation are those of an event that may be old: a contact merged since then is followed to
    the kept one, and what was deleted is left out. What a row has already stays where the report says nothing.
    """
    table = TelephonyCall
    users = await users_of(
        [report.agent] if report.agent else report.phones if report.direction == "out" else ()
    )
    values: dict[Any, Any] = {
        table.direction: report.direction,
        table.outcome: report.outcome,
        table.seconds: report.talked_s if report.outcome == "answered" else report.waited_s,
        table.ended_at: report.ended_at or report.started_at,
        table.stage: report.stage,
        table.phones: " ".join(report.phones)[:500],
        table.waited_s: report.waited_s,
        table.held_s: report.held_s,
        table.transfers: report.transfers,
        table.transferred_to: report.transferred_to,
        table.voicemail: report.voicemail,
        table.started_at: report.started_at,
        table.answered_at: report.answered_at,
    }
    said = {
        table.number: report.number,
        table.line: report.line,
        table.agent: report.agent,
        table.queue: report.queue,
        table.recording_ref: report.recording,
        table.account: account,
        table.conversation: await _present_conversation(conversation),
        table.user: users[0] if users else None,
    }
    values |= {column: value for column, value in said.items() if value}
    row = table(
        id=uuid4(), call_sid=report.key, **{column._meta.name: value for column, value in values.items()}
    )
    await table.insert(row).on_conflict(target=table.call_sid, action="DO NOTHING")
    earlier = STAGES[: STAGES.index(report.stage) + 1]
    await table.update(values, force=True).where(
        table.call_sid == report.key, table.stage.is_in(list(earlier))
    )
    present = await _present_contact(contact)
    if present is not None:
        # The contact of a row that is there already stays: a merge may have moved it since the event was written.
        await table.update({table.contact: present}, force=True).where(
            table.call_sid == report.key, table.contact.is_null()
        )
    if report.recording:
        await table.update({table.recording_state: "waiting"}, force=True).where(
            table.call_sid == report.key, table.recording_state == "none"
        )
    (found,) = await table.select().where(table.call_sid == report.key)
    return dict(found)


async def _present_contact(contact: UUID | None) -> UUID | None:
    for _ in range(_MOST_MERGES):
        if contact is None:
            return None
        rows = await Contact.select(Contact.merged_into).where(Contact.id == contact)
        if not rows:
            return None
        if rows[0]["merged_into"] is None:
            return contact
        contact = rows[0]["merged_into"]
    return None


async def _present_conversation(conversation: UUID | None) -> UUID | None:
    if conversation is None or not await Conversation.exists().where(Conversation.id == conversation):
        return None
    return conversation
