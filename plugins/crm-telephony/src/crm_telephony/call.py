"""A finished call: the details that travel with its message, and the row it becomes."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from crm_telephony import words
from crm_telephony.tables import TelephonyCall
from crmcore.tables import Contact, Conversation

_LONGEST = Meta(max_length=320)
_MOST_MERGES = 20


class Call(Struct, frozen=True, kw_only=True):
    """How a call ended; see :class:`~crm_telephony.tables.TelephonyCall` for the meaning of each value."""

    call_sid: Annotated[str, Meta(min_length=1, max_length=64)]
    direction: Literal["in", "out"]
    outcome: Literal["answered", "missed", "busy", "failed", "cancelled"]
    number: Annotated[str, _LONGEST]
    line: Annotated[str, _LONGEST]
    seconds: Annotated[int, Meta(ge=0, le=10_000_000)]
    recording_url: Annotated[str, Meta(max_length=500)]
    ended_at: datetime

    def text(self, language: str) -> str:
        """Return the call in words."""
        return words.call_text(self.direction, self.outcome, self.seconds, language)


async def keep_call(call: Call, contact: UUID | None, conversation: UUID | None) -> None:
    """Write the call's row, or bring it up to date: done twice, it is there once.

    Contact and conversation are those of an event that may be old: a contact merged since then is followed to
    the kept one, and what was deleted is left out.
    """
    row = TelephonyCall(
        call_sid=call.call_sid,
        contact=await _present_contact(contact),
        conversation=await _present_conversation(conversation),
        direction=call.direction,
        outcome=call.outcome,
        number=call.number,
        line=call.line,
        seconds=call.seconds,
        recording_url=call.recording_url,
        ended_at=call.ended_at,
    )
    # The contact of a row that is there already stays: a merge may have moved it since the event was written.
    await TelephonyCall.insert(row).on_conflict(
        target=TelephonyCall.call_sid,
        action="DO UPDATE",
        values=[
            TelephonyCall.outcome,
            TelephonyCall.seconds,
            TelephonyCall.recording_url,
            TelephonyCall.ended_at,
        ],
    )


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
