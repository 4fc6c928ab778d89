"""The nightly job: what changed in Mailchimp by itself, unsubscribed or bounced, comes to the contacts."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from crm_mailchimp.answers import Members
from crm_mailchimp.audience import member_hash
from crm_mailchimp.client import ask
from crm_mailchimp.push import member_key, write_back
from crm_mailchimp.settings import MailchimpSettings
from crm_mailchimp.trouble import MailchimpTrouble
from crmcore import Job, PluginContext, Retry

RECONCILE = "reconcile"
PAGE = 500
FIRST_DAYS = 30
UNTIL = "reconciled_until"
_FIELDS = "members.email_address,members.status,total_items"


async def reconcile(payload: Mapping[str, Any], plugin: PluginContext) -> None:
    """Read the members that changed since the last time, and keep their status at the contacts they come from.

    The first time it reads thirty days back. Contacts that were not pushed from here are left alone. Run twice, it
    ends in the same state.
    """
    settings: MailchimpSettings = plugin.settings
    if not settings.configured:
        return
    began = plugin.now()
    since = await plugin.store.get(UNTIL) or (began - timedelta(days=FIRST_DAYS)).isoformat()
    done, total = 0, 1
    try:
        while done < total:
            page = await _changed(since, done, plugin)
            total = page.total_items
            for member in page.members:
                await _keep(member.email_address, member.status, plugin)
            done += len(page.members)
            await plugin.progress(done, max(done, total))
            if not page.members:
                break
    except MailchimpTrouble as error:
        raise Retry(str(error), after_s=error.wait_s) from error
    await plugin.store.set(UNTIL, began.isoformat())


async def _changed(since: str, offset: int, plugin: PluginContext) -> Members:
    query = urlencode(
        {
            "since_last_changed": since,
            "count": PAGE,
            "offset": offset,
            "sort_field": "last_changed",
            "sort_dir": "ASC",
            "fields": _FIELDS,
        }
    )
    page = await ask(plugin, "GET", f"/lists/{plugin.settings.audience_id}/members?{query}", Members)
    return page or Members()


async def _keep(address: str, status: str, plugin: PluginContext) -> None:
    subscriber = member_hash(address)
    for contact in await plugin.records.find("contact", _with(address), limit=20):
        # Another contact may have the address too: only the one that was pushed with it is that member.
        if await plugin.store.get(member_key(contact.id)) == subscriber:
            await write_back(contact, status, plugin)


def _with(address: str) -> dict[str, Any]:
    return {"field": "emails", "op": "eq", "value": address.lower()}


RECONCILE_JOB = Job(
    key=RECONCILE,
    run=reconcile,
    label={"en": "Fetch what changed in Mailchimp", "ru": "Забрать изменения из Mailchimp"},
    # After midnight in the workspace, when nobody pushes.
    at="40 4 * * *",
    timeout_s=3_600.0,
)
