"""What crmcore finds under the entry point ``mailchimp``."""

from piccolo.conf.apps import AppConfig

from crm_mailchimp.activity import READ_ACTIVITY_JOB
from crm_mailchimp.audience_actions import AUDIENCE_ACTIONS
from crm_mailchimp.connection import AUDIENCE
from crm_mailchimp.contact_actions import CONTACT_ACTIONS
from crm_mailchimp.fields import CUSTOM_FIELDS, OPT_IN, STATUS
from crm_mailchimp.group_actions import GROUP_ACTIONS
from crm_mailchimp.health import CONNECT_STEP, HEALTH
from crm_mailchimp.mailings import LOOK_FOR_MAILINGS_JOB, READ_MAILINGS_JOB
from crm_mailchimp.mapping import CONTACT_FIELDS, mapping_of
from crm_mailchimp.mapping_actions import MAPPING_ACTIONS
from crm_mailchimp.page import AUDIENCES_PAGE
from crm_mailchimp.panel import MAILINGS_PANEL
from crm_mailchimp.permissions import MANAGE_PERMISSION
from crm_mailchimp.personal import SUBSCRIBER
from crm_mailchimp.push import PUSH_MEMBER_JOB, enqueue_push
from crm_mailchimp.pushing_segments import PUSH_SEGMENT_JOB
from crm_mailchimp.receiving import READ_MEMBER_JOB
from crm_mailchimp.sync import RECONCILE_JOB, SYNC_JOB
from crm_mailchimp.tables import MailchimpMember, mailchimp_app
from crm_mailchimp.timeline import MAILINGS
from crmcore import (
    Action,
    Connection,
    CustomField,
    Event,
    HealthCheck,
    Job,
    Merge,
    Move,
    Page,
    Panel,
    Permission,
    PersonalData,
    PluginContext,
    SetupStep,
    TimelineSource,
    hookimpl,
)

WATCHED = frozenset({"emails", "tags", "opted_out", "bounced", f"custom.{OPT_IN}"})
"""What of a contact matters to every audience. Our own status is not among it."""
_KEPT_AS = {"phone": "phones"}
_MAPPABLE = frozenset(_KEPT_AS.get(field, field) for field in CONTACT_FIELDS)


@hookimpl
def register_tables() -> AppConfig:
    """Return the tables of members, activity and segments."""
    return mailchimp_app()


@hookimpl
def register_connections() -> list[Connection]:
    """Return audiences as connections, of which there may be several."""
    return [AUDIENCE]


@hookimpl
def register_custom_fields() -> list[CustomField]:
    """Return the opt-in and the status."""
    return list(CUSTOM_FIELDS)


@hookimpl
def register_jobs() -> list[Job]:
    """Return the jobs. Those that ask Mailchimp are eight at once at most, all workers together."""
    return [
        PUSH_MEMBER_JOB,
        READ_MEMBER_JOB,
        READ_ACTIVITY_JOB,
        SYNC_JOB,
        PUSH_SEGMENT_JOB,
        RECONCILE_JOB,
        LOOK_FOR_MAILINGS_JOB,
        READ_MAILINGS_JOB,
    ]


@hookimpl
def register_panels() -> list[Panel]:
    """Return the panel of a contact's mailings."""
    return [MAILINGS_PANEL]


@hookimpl
def register_timeline() -> list[TimelineSource]:
    """Return mailings in the timeline."""
    return [MAILINGS]


@hookimpl
def register_pages() -> list[Page]:
    """Return the page of audiences."""
    return [AUDIENCES_PAGE]


@hookimpl
def register_actions() -> list[Action]:
    """Return what people can do on contacts and on the page."""
    return [*CONTACT_ACTIONS, *AUDIENCE_ACTIONS, *MAPPING_ACTIONS, *GROUP_ACTIONS]


@hookimpl
def register_permissions() -> list[Permission]:
    """Return the permission to manage audiences."""
    return [MANAGE_PERMISSION]


@hookimpl
def register_health() -> list[HealthCheck]:
    """Return the check of Mailchimp's API."""
    return [HEALTH]


@hookimpl
def register_setup_steps() -> list[SetupStep]:
    """Return the step of connecting an audience."""
    return [CONNECT_STEP]


@hookimpl
def register_personal_data() -> list[PersonalData]:
    """Return the subscriber that a person is."""
    return [SUBSCRIBER]


@hookimpl
async def contact_created(event: Event, plugin: PluginContext) -> None:
    """Push a contact that opted in from the start."""
    if event.changes.get(f"custom.{OPT_IN}"):
        await _push(event, plugin)


@hookimpl
async def contact_updated(event: Event, plugin: PluginContext) -> None:
    """Push a contact when something that Mailchimp knows about it has changed."""
    await _push(event, plugin)


@hookimpl
async def merge_contacts(merge: Merge) -> list[Move]:
    """Return the merged contact's memberships, which go to the kept one."""
    rows = await MailchimpMember.select(MailchimpMember.id).where(MailchimpMember.contact == merge.merged)
    return [Move(table=MailchimpMember, column="contact", row=row["id"]) for row in rows]


def _may_matter(field: str) -> bool:
    """Tell, without asking for the mappings, whether some audience may know ``field``; our own status never is."""
    return (
        field in WATCHED
        or field in _MAPPABLE
        or (field.startswith("custom.") and field != f"custom.{STATUS}")
    )


async def _push(event: Event, plugin: PluginContext) -> None:
    if not any(_may_matter(name) for name in event.changes):
        return
    accounts = await plugin.connections.list(AUDIENCE.key)
    if len(accounts) == 1 and (event.actor_kind, event.actor_id) == ("plugin", plugin.name):
        # What one audience has told is news to the other ones alone.
        return
    for account in accounts:
        fields = {_KEPT_AS.get(rule.field, rule.field) for rule in await mapping_of(account.id, plugin)}
        if not (WATCHED | fields).isdisjoint(event.changes):
            await enqueue_push(event.record_id, account.id, plugin)
