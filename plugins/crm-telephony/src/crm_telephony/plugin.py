"""What crmcore finds under the entry point ``telephony``."""

from uuid import UUID

import msgspec
from piccolo.conf.apps import AppConfig

from crm_telephony.actions import ACTIONS
from crm_telephony.asterisk.channel import ASTERISK
from crm_telephony.call import keep_call
from crm_telephony.contributions import CHANNELS, COMMANDS, MESSAGE_BLOCKS, SETUP_STEPS, TILE
from crm_telephony.dialling import DIAL_PAGE
from crm_telephony.health import HEALTH
from crm_telephony.matcher import SAME_CALLER
from crm_telephony.pages import CALLS_PAGE
from crm_telephony.panel import CALLS_PANEL
from crm_telephony.personal import CALLS_OF_A_PERSON
from crm_telephony.record_types import PHONE, SCRIPT
from crm_telephony.recordings import JOBS, ask_for
from crm_telephony.report import Report
from crm_telephony.settings import PERMISSIONS, SETTINGS
from crm_telephony.settling import settle
from crm_telephony.sweep import SWEEP
from crm_telephony.tables import TelephonyCall, telephony_app
from crm_telephony.twilio.channel import TWILIO_VOICE
from crmcore import (
    Action,
    Channel,
    Command,
    Event,
    HealthCheck,
    Job,
    Matcher,
    Merge,
    MessageBlocks,
    Move,
    Page,
    Panel,
    Permission,
    PersonalData,
    PluginContext,
    RecordType,
    Settings,
    SetupStep,
    Tile,
    hookimpl,
)


@hookimpl
def register_settings() -> Settings:
    """Return what holds for all lines."""
    return SETTINGS


@hookimpl
def register_tables() -> AppConfig:
    """Return the tables of calls, phones and scripts."""
    return telephony_app()


@hookimpl
def register_record_types() -> list[RecordType]:
    """Return phones and call scripts."""
    return [PHONE, SCRIPT]


@hookimpl
def register_channels() -> list[Channel]:
    """Return the telephone systems."""
    return [ASTERISK, TWILIO_VOICE]


@hookimpl
def register_panels() -> list[Panel]:
    """Return the panel "Calls"."""
    return [CALLS_PANEL]


@hookimpl
def register_pages() -> list[Page]:
    """Return the page "Calls", and the one that asks by which line."""
    return [CALLS_PAGE, DIAL_PAGE]


@hookimpl
def register_actions() -> list[Action]:
    """Return calling and noting."""
    return list(ACTIONS)


@hookimpl
def register_message_blocks() -> list[MessageBlocks]:
    """Return the player under a call."""
    return [MESSAGE_BLOCKS]


@hookimpl
def register_tiles() -> list[Tile]:
    """Return today's calls."""
    return [TILE]


@hookimpl
def register_commands() -> list[Command]:
    """Return the way to the page of calls."""
    return list(COMMANDS)


@hookimpl
def register_setup_steps() -> list[SetupStep]:
    """Return what there is to set up."""
    return list(SETUP_STEPS)


@hookimpl
def register_permissions() -> list[Permission]:
    """Return who may call, listen and see all."""
    return list(PERMISSIONS)


@hookimpl
def register_health() -> list[HealthCheck]:
    """Return whether telephone systems are connected and answer."""
    return list(HEALTH)


@hookimpl
def register_jobs() -> list[Job]:
    """Return fetching and deleting of recordings, and looking after calls."""
    return [*JOBS, SWEEP]


@hookimpl
def register_matchers() -> list[Matcher]:
    """Return the matcher of callers."""
    return [SAME_CALLER]


@hookimpl
def register_personal_data() -> list[PersonalData]:
    """Return the calls of a person."""
    return [CALLS_OF_A_PERSON]


@hookimpl
async def message_received(event: Event, plugin: PluginContext) -> None:
    """Keep the call that a message tells of; the row is unique by its call, so a repeated event adds nothing."""
    details = event.data.get("details")
    if event.data.get("channel") not in CHANNELS or not details:
        return
    report = msgspec.convert(details, Report)
    conversation = _id(event.data.get("conversation_id"))
    known = TelephonyCall.call_sid == report.key
    told = await TelephonyCall.exists().where(known & TelephonyCall.conversation.is_not_null())
    row = await keep_call(
        report, _id(event.data.get("contact_id")), conversation, _id(event.data.get("account_id"))
    )
    if not told:
        await settle(report, row, conversation, plugin)
    if row["recording_state"] == "waiting":
        await ask_for(row["id"], plugin)


@hookimpl
async def merge_contacts(merge: Merge) -> list[Move]:
    """Return the merged contact's calls, which go to the kept one."""
    rows = await TelephonyCall.select(TelephonyCall.id).where(TelephonyCall.contact == merge.merged)
    return [Move(table=TelephonyCall, column="contact", row=row["id"]) for row in rows]


def _id(text: object) -> UUID | None:
    return UUID(str(text)) if text else None
