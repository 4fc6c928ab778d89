"""The job ``push_member``: bring one contact's subscription in step with Mailchimp."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm_mailchimp.audience import member_hash, unsubscribe, upsert
from crm_mailchimp.fields import OPT_IN, STATUS, STATUSES
from crm_mailchimp.settings import MailchimpSettings
from crm_mailchimp.trouble import WAIT_S, MailchimpTrouble
from crmcore import Job, PluginContext, Record, Retry

PUSH_MEMBER = "push_member"


async def push_member(payload: Mapping[str, Any], plugin: PluginContext) -> None:
    """Subscribe the contact of ``payload["contact"]`` when it opted in, unsubscribe it when it no longer does.

    Reads the contact anew, so that running it late or twice ends in the same state. The hash of the address that
    was pushed is kept: when the contact changes its address, the old one is unsubscribed.
    """
    settings: MailchimpSettings = plugin.settings
    if not settings.configured:
        return
    contact = await plugin.records.get("contact", UUID(str(payload["contact"])))
    if contact is None:
        return
    try:
        status = await _pushed(contact, plugin)
    except MailchimpTrouble as error:
        # Never as a failure of the plugin: one address that Mailchimp refuses must not pause all the others.
        plugin.log.warning("mailchimp_push_failed", contact=str(contact.id), reason=str(error))
        raise Retry(str(error), after_s=error.wait_s + _stagger(contact.id)) from error
    await write_back(contact, status, plugin)


async def _pushed(contact: Record, plugin: PluginContext) -> str | None:
    """Do what the contact wants and return its status at Mailchimp, None when it is no member."""
    document = contact.document
    custom = document.get("custom") or {}
    addresses = document.get("emails") or []
    address = str(addresses[0]) if addresses and custom.get(OPT_IN) else ""
    key = member_key(contact.id)
    before: str | None = await plugin.store.get(key)
    status: str | None = None
    if address:
        status = await upsert(
            address, str(document.get("first_name") or ""), str(document.get("last_name") or ""), plugin
        )
        now = member_hash(address)
        if before and before != now:
            await unsubscribe(before, plugin)
        if before != now:
            await plugin.store.set(key, now)
        return status
    if before:
        status = "unsubscribed" if await unsubscribe(before, plugin) else None
        await plugin.store.delete(key)
        return status
    stored: str | None = custom.get(STATUS)
    return stored


async def write_back(contact: Record, status: str | None, plugin: PluginContext) -> None:
    """Keep the status at the contact; writing what is there already would only make noise in its history."""
    kept = status if status in STATUSES else None
    if (contact.document.get("custom") or {}).get(STATUS) == kept:
        return
    await plugin.records.update("contact", contact.id, {"custom": {STATUS: kept}}, reason="Mailchimp")


def member_key(contact: UUID) -> str:
    """Return where the hash is kept of the address that was pushed for a contact."""
    return f"member:{contact}"


def _stagger(contact: UUID) -> float:
    """Return up to :data:`WAIT_S` seconds more, different per contact, so that not all come back at once."""
    return contact.int % 1000 / 1000 * WAIT_S


PUSH_MEMBER_JOB = Job(
    key=PUSH_MEMBER,
    run=push_member,
    label={"en": "Bring a subscriber in step with Mailchimp", "ru": "Обновить подписчика в Mailchimp"},
    # Mailchimp takes ten connections at a time; two are left for its other programs and the connection test.
    at_once=8,
    max_attempts=24,
    timeout_s=60.0,
)
