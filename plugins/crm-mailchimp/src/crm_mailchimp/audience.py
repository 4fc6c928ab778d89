"""The audience: members by the hash of their address, its fields, its name."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from crm_mailchimp.answers import (
    Audience,
    Categories,
    Interests,
    Member,
    Members,
    MergeField,
    MergeFields,
)
from crm_mailchimp.client import ask, tell
from crm_mailchimp.trouble import NoSuchMember
from crmcore import ChannelAccount, PluginContext

# With all that is asked for, a member is about 900 bytes: a page stays below the megabyte an answer may have.
PAGE = 500
MOST_CATEGORIES = 10  # each is a request of its own, while somebody waits for the page
_WANTED = (
    "email_address,status,merge_fields,interests,tags,member_rating,web_id,last_changed,"
    "stats.avg_open_rate,stats.avg_click_rate"
)
_MEMBERS_FIELDS = ",".join(["total_items", *(f"members.{name}" for name in _WANTED.split(","))])


async def member_of(account: ChannelAccount, subscriber: str, plugin: PluginContext) -> Member | None:
    """Return the member with this hash, None when there is none."""
    path = f"{member_path(account, subscriber)}?{urlencode({'fields': _WANTED})}"
    try:
        return await ask(account, plugin, "GET", path, Member)
    except NoSuchMember:
        return None


async def changed_members(account: ChannelAccount, since: str, offset: int, plugin: PluginContext) -> Members:
    """Return a page of the members that changed after ``since`` (ISO 8601; empty: all), the first ones first."""
    query: dict[str, Any] = {
        "count": PAGE,
        "offset": offset,
        "sort_field": "last_changed",
        "sort_dir": "ASC",
        "fields": _MEMBERS_FIELDS,
    }
    if since:
        query["since_last_changed"] = since
    return await ask(account, plugin, "GET", f"{path_of(account)}/members?{urlencode(query)}", Members)


async def upsert(
    account: ChannelAccount, subscriber: str, body: Mapping[str, Any], plugin: PluginContext
) -> Member:
    """Make or change a member. Who is there keeps their status unless ``body`` has a ``status``."""
    # Merge fields that the audience requires are no reason to lose a subscriber.
    path = f"{member_path(account, subscriber)}?skip_merge_validation=true"
    return await ask(account, plugin, "PUT", path, Member, body=body)


async def unsubscribe(account: ChannelAccount, subscriber: str, plugin: PluginContext) -> Member | None:
    """End a subscription; None when there is no such member."""
    try:
        return await ask(
            account,
            plugin,
            "PATCH",
            member_path(account, subscriber),
            Member,
            body={"status": "unsubscribed"},
        )
    except NoSuchMember:
        return None


async def set_tags(
    account: ChannelAccount, subscriber: str, tags: Sequence[Mapping[str, str]], plugin: PluginContext
) -> None:
    """Put tags on a member and take others off."""
    await tell(account, plugin, "POST", f"{member_path(account, subscriber)}/tags", body={"tags": list(tags)})


async def merge_fields_of(account: ChannelAccount, plugin: PluginContext) -> Sequence[MergeField]:
    """Return the fields that the audience has for every member."""
    query = urlencode({"count": 100, "fields": "merge_fields.tag,merge_fields.name,merge_fields.type"})
    path = f"{path_of(account)}/merge-fields?{query}"
    return (await ask(account, plugin, "GET", path, MergeFields, timeout_s=8.0)).merge_fields


async def groups_of(account: ChannelAccount, plugin: PluginContext) -> dict[str, str]:
    """Return the audience's groups by their id, each with the name of its category."""
    root = f"{path_of(account)}/interest-categories"
    query = urlencode({"count": MOST_CATEGORIES, "fields": "categories.id,categories.title"})
    found: dict[str, str] = {}
    categories = (await ask(account, plugin, "GET", f"{root}?{query}", Categories, timeout_s=8.0)).categories
    for category in categories:
        query = urlencode({"count": 60, "fields": "interests.id,interests.name"})
        path = f"{root}/{category.id}/interests?{query}"
        groups = (await ask(account, plugin, "GET", path, Interests, timeout_s=8.0)).interests
        found |= {group.id: f"{category.title} · {group.name}"[:200] for group in groups}
    return found


async def name_of(account: ChannelAccount, plugin: PluginContext) -> str:
    """Return the audience's name; raises :class:`MailchimpTrouble` unless it is there."""
    found = await ask(account, plugin, "GET", f"{path_of(account)}?fields=name", Audience, timeout_s=8.0)
    return found.name[:100]


async def delete_permanently(account: ChannelAccount, subscriber: str, plugin: PluginContext) -> bool:
    """Delete the member with this hash and everything that Mailchimp has of them; tell whether there was one.

    Mailchimp lets nobody but the person subscribe such an address again.
    """
    try:
        await tell(account, plugin, "POST", f"{member_path(account, subscriber)}/actions/delete-permanent")
    except NoSuchMember:
        return False
    return True


def path_of(account: ChannelAccount) -> str:
    """Return the audience's path."""
    return f"/lists/{account.config.audience_id}"


def member_path(account: ChannelAccount, subscriber: str) -> str:
    """Return the member's path."""
    return f"{path_of(account)}/members/{subscriber}"
