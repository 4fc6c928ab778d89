"""The audience: members by the hash of their address."""

import hashlib

from crm_mailchimp.answers import Audience, Member
from crm_mailchimp.client import ask
from crm_mailchimp.settings import MailchimpSettings
from crm_mailchimp.trouble import NoSuchMember
from crmcore import PluginContext


def member_hash(address: str) -> str:
    """Return Mailchimp's id of a member: the MD5 of the address in lower case."""
    return hashlib.md5(address.lower().encode(), usedforsecurity=False).hexdigest()


async def upsert(address: str, first_name: str, last_name: str, plugin: PluginContext) -> str:
    """Make ``address`` a member, or bring the member's name up to date; return the status it has there.

    A member who is there keeps their status: whoever unsubscribed in Mailchimp is never subscribed again from
    here. Raises :class:`~crm_mailchimp.trouble.MailchimpTrouble`.
    """
    settings: MailchimpSettings = plugin.settings
    member = await ask(
        plugin,
        "PUT",
        # Merge fields that the audience requires are no reason to lose a subscriber.
        f"{_path(settings, member_hash(address))}?skip_merge_validation=true",
        Member,
        body={
            "email_address": address,
            "status_if_new": "pending" if settings.double_opt_in else "subscribed",
            "merge_fields": {"FNAME": first_name, "LNAME": last_name},
        },
    )
    return member.status if member else ""


async def unsubscribe(subscriber: str, plugin: PluginContext) -> bool:
    """End the subscription of the member with the hash ``subscriber``; tell whether there was such a member."""
    try:
        await ask(plugin, "PATCH", _path(plugin.settings, subscriber), body={"status": "unsubscribed"})
    except NoSuchMember:
        return False
    return True


async def status_of(subscriber: str, plugin: PluginContext) -> str:
    """Return the status of the member with this hash; empty when there is none."""
    try:
        member = await ask(plugin, "GET", _path(plugin.settings, subscriber), Member)
    except NoSuchMember:
        return ""
    return member.status if member else ""


async def is_there(plugin: PluginContext) -> None:
    """Raise :class:`~crm_mailchimp.trouble.MailchimpTrouble` unless the audience is there."""
    await ask(plugin, "GET", f"/lists/{plugin.settings.audience_id}?fields=name", Audience)


async def delete_permanently(subscriber: str, plugin: PluginContext) -> bool:
    """Delete the member with this hash and everything that Mailchimp has of them; tell whether there was one.

    Mailchimp lets nobody but the person subscribe such an address again.
    """
    try:
        await ask(plugin, "POST", f"{_path(plugin.settings, subscriber)}/actions/delete-permanent")
    except NoSuchMember:
        return False
    return True


def _path(settings: MailchimpSettings, subscriber: str) -> str:
    return f"/lists/{settings.audience_id}/members/{subscriber}"
