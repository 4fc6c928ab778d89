"""What crmcore finds under the entry point ``telephony``."""

from uuid import UUID

import msgspec
from piccolo.conf.apps import AppConfig

from crm_telephony.call import Call, keep_call
from crm_telephony.matcher import SAME_CALLER
from crm_telephony.panel import CALLS_PANEL
from crm_telephony.personal import CALLS_OF_A_PERSON
from crm_telephony.tables import TelephonyCall, telephony_app
from crm_telephony.twilio.channel import KEY, TWILIO_VOICE
from crmcore import Channel, Event, Matcher, Merge, Move, Panel, PersonalData, hookimpl


@hookimpl
def register_tables() -> AppConfig:
    """Return the table of calls."""
    return telephony_app()


@hookimpl
def register_channels() -> list[Channel]:
    """Return phone lines at Twilio."""
    return [TWILIO_VOICE]


@hookimpl
def register_panels() -> list[Panel]:
    """Return the panel "Calls"."""
    return [CALLS_PANEL]


@hookimpl
def register_matchers() -> list[Matcher]:
    """Return the matcher of callers."""
    return [SAME_CALLER]


@hookimpl
def register_personal_data() -> list[PersonalData]:
    """Return the calls of a person."""
    return [CALLS_OF_A_PERSON]


@hookimpl
async def message_received(event: Event) -> None:
    """Keep the call that a message tells of; the row is unique by its call, so a repeated event adds nothing."""
    details = event.data.get("details")
    if event.data.get("channel") != KEY or not details:
        return
    call = msgspec.convert(details, Call)
    await keep_call(call, _id(event.data.get("contact_id")), _id(event.data.get("conversation_id")))


@hookimpl
async def merge_contacts(merge: Merge) -> list[Move]:
    """Return the merged contact's calls, which go to the kept one."""
    rows = await TelephonyCall.select(TelephonyCall.id).where(TelephonyCall.contact == merge.merged)
    return [Move(table=TelephonyCall, column="contact", row=row["id"]) for row in rows]


def _id(text: object) -> UUID | None:
    return UUID(str(text)) if text else None
