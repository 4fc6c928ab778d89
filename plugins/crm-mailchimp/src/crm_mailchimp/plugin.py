"""What crmcore finds under the entry point ``mailchimp``."""

from crm_mailchimp.connection import check_connection
from crm_mailchimp.fields import CUSTOM_FIELDS, OPT_IN
from crm_mailchimp.personal import SUBSCRIBER
from crm_mailchimp.push import PUSH_MEMBER, PUSH_MEMBER_JOB
from crm_mailchimp.reconcile import RECONCILE_JOB
from crm_mailchimp.settings import MailchimpSettings
from crmcore import CustomField, Event, Job, PersonalData, PluginContext, Settings, hookimpl

WATCHED = frozenset({"emails", "first_name", "last_name", f"custom.{OPT_IN}"})
"""What of a contact matters to Mailchimp. Our own status is not among it, so no change comes back as an echo."""


@hookimpl
def register_settings() -> Settings:
    """Return which account and audience, with the connection test."""
    return Settings(
        type=MailchimpSettings,
        title="Mailchimp",
        help={
            "en": "Contacts whose box “Wants the newsletter” is checked become subscribers of this audience.",
            "ru": "Контакты с отметкой «Согласие на рассылку» становятся подписчиками этой аудитории.",
        },
        check=check_connection,
    )


@hookimpl
def register_custom_fields() -> list[CustomField]:
    """Return the opt-in and the status."""
    return list(CUSTOM_FIELDS)


@hookimpl
def register_jobs() -> list[Job]:
    """Return the job that brings one contact in step, and the nightly one."""
    return [PUSH_MEMBER_JOB, RECONCILE_JOB]


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
    if not WATCHED.isdisjoint(event.changes):
        await _push(event, plugin)


async def _push(event: Event, plugin: PluginContext) -> None:
    if (event.actor_kind, event.actor_id) == ("plugin", plugin.name):
        return
    if plugin.settings.configured:
        contact = str(event.record_id)
        await plugin.enqueue(PUSH_MEMBER, {"contact": contact}, key=contact)
