"""The nightly job: what changed in Mailchimp comes to the contacts."""

from typing import Any

import pytest
from crm_mailchimp.push import push_member
from crm_mailchimp.reconcile import PAGE, RECONCILE_JOB, UNTIL, reconcile
from crm_mailchimp.settings import MailchimpSettings
from mailchimp_api import NOW, Mailchimp, member_of, recorded_answer
from mailchimp_context import Context

from crmcore import Retry


async def night(plugin: Any) -> None:
    """Run the job."""
    await reconcile({}, plugin)


async def test_who_unsubscribed_there_shows_it_here(plugin: Context, mailchimp: Mailchimp) -> None:
    ann = plugin.records.add("Ann@Example.com")
    # Has the address too, and was never pushed.
    other = plugin.records.add("ann@example.com", opt_in=None)
    bob = plugin.records.add("bob@example.com")
    for contact in (ann, bob):
        await push_member({"contact": str(contact)}, plugin)  # type: ignore[arg-type]
    plugin.records.writes.clear()
    mailchimp.members |= {member_of("ann@example.com"): "unsubscribed"}
    mailchimp.changed = ["ann@example.com", "bob@example.com"]

    await night(plugin)
    assert plugin.records.writes == [(ann, {"custom": {"mailchimp_status": "unsubscribed"}}, "Mailchimp")]
    assert "mailchimp_status" not in plugin.records.contacts[other]["custom"]
    assert plugin.store.values[UNTIL] == NOW.isoformat()
    await night(plugin)
    assert len(plugin.records.writes) == 1
    assert f"since_last_changed={NOW.isoformat()[:10]}" in mailchimp.asked[-1][1]


async def test_a_large_audience_is_read_in_pages_and_tells_how_far_it_is(
    plugin: Context, mailchimp: Mailchimp
) -> None:
    mailchimp.changed = [f"m{n}@example.com" for n in range(2 * PAGE + 20)]
    mailchimp.members = {member_of(address): "cleaned" for address in mailchimp.changed}
    await night(plugin)
    total = len(mailchimp.changed)
    assert plugin.told == [(PAGE, total), (2 * PAGE, total), (total, total)]


async def test_trouble_is_tried_again_and_forgets_nothing(plugin: Context, mailchimp: Mailchimp) -> None:
    mailchimp.instead["GET"] = recorded_answer("GET", 404)
    with pytest.raises(Retry):
        await night(plugin)
    assert UNTIL not in plugin.store.values
    plugin.settings = MailchimpSettings()
    await night(plugin)
    assert RECONCILE_JOB.periodic
