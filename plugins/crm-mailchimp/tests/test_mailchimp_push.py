"""The job: what Mailchimp is told, and what comes back."""

from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from crm_mailchimp.audience import member_hash
from crm_mailchimp.push import PUSH_MEMBER_JOB, push_member
from crm_mailchimp.settings import MailchimpSettings
from mailchimp_api import AUDIENCE, KEY, PROBLEM, Mailchimp, recorded_answer, recordings
from mailchimp_context import Context

from crmcore import HttpAnswer, OutgoingFailed, OutgoingRefused, Retry


async def push(contact: UUID, plugin: Any) -> None:
    """Run the job for a contact."""
    await push_member({"contact": str(contact)}, plugin)


async def test_who_opted_in_becomes_a_subscriber(plugin: Context, mailchimp: Mailchimp) -> None:
    ann = plugin.records.add("Ann.Lee@Example.com", first_name="Ann", last_name="Lee")
    await push(ann, plugin)
    subscriber = member_hash("ann.lee@example.com")
    assert mailchimp.members == {subscriber: "subscribed"}
    assert mailchimp.asked == [
        (
            "PUT",
            f"/lists/{AUDIENCE}/members/{subscriber}?skip_merge_validation=true",
            {
                "email_address": "Ann.Lee@Example.com",
                "status_if_new": "subscribed",
                "merge_fields": {"FNAME": "Ann", "LNAME": "Lee"},
            },
        )
    ]
    assert plugin.records.writes == [(ann, {"custom": {"mailchimp_status": "subscribed"}}, "Mailchimp")]


def test_the_hash_is_that_of_the_recorded_traffic() -> None:
    members = [one["response"] for one in recordings() if one["method"] == "PUT" and one["status"] == 200]
    assert len(members) > 10
    for member in members:
        assert member_hash(member["email_address"].upper()) == member["id"]


async def test_once_more_changes_nothing(plugin: Context, mailchimp: Mailchimp) -> None:
    ann = plugin.records.add("ann@example.com")
    await push(ann, plugin)
    await push(ann, plugin)
    assert len(mailchimp.members) == 1
    assert len(plugin.records.writes) == 1


async def test_new_subscribers_confirm_when_asked_to(plugin: Context, mailchimp: Mailchimp) -> None:
    plugin.settings = msgspec.structs.replace(plugin.settings, double_opt_in=True)
    ann = plugin.records.add("ann@example.com")
    await push(ann, plugin)
    assert plugin.records.contacts[ann]["custom"]["mailchimp_status"] == "pending"


@pytest.mark.parametrize("status", ["unsubscribed", "cleaned", "pending"])
async def test_nobody_is_subscribed_again_from_here(
    status: str, plugin: Context, mailchimp: Mailchimp
) -> None:
    ann = plugin.records.add("ann@example.com")
    mailchimp.members[member_hash("ann@example.com")] = status
    await push(ann, plugin)
    assert mailchimp.members[member_hash("ann@example.com")] == status
    assert plugin.records.contacts[ann]["custom"]["mailchimp_status"] == status


async def test_a_status_that_we_do_not_keep_is_left_out(plugin: Context, mailchimp: Mailchimp) -> None:
    ann = plugin.records.add("ann@example.com")
    mailchimp.members[member_hash("ann@example.com")] = "transactional"
    await push(ann, plugin)
    assert plugin.records.writes == []


@pytest.mark.parametrize("opt_in", [None, False])
async def test_who_never_opted_in_is_not_mentioned_to_mailchimp(
    opt_in: bool | None, plugin: Context, mailchimp: Mailchimp
) -> None:
    await push(plugin.records.add("ann@example.com", opt_in=opt_in), plugin)
    await push(plugin.records.add(opt_in=True), plugin)
    assert mailchimp.asked == []
    assert plugin.records.writes == []


async def test_opting_out_ends_the_subscription(plugin: Context, mailchimp: Mailchimp) -> None:
    ann = plugin.records.add("ann@example.com")
    await push(ann, plugin)
    plugin.records.contacts[ann]["custom"]["mailchimp_opt_in"] = False
    await push(ann, plugin)
    assert mailchimp.members == {member_hash("ann@example.com"): "unsubscribed"}
    assert plugin.records.contacts[ann]["custom"]["mailchimp_status"] == "unsubscribed"
    assert plugin.store.values == {}


async def test_a_new_address_ends_the_subscription_of_the_old_one(
    plugin: Context, mailchimp: Mailchimp
) -> None:
    ann = plugin.records.add("ann@old.example")
    await push(ann, plugin)
    plugin.records.contacts[ann]["emails"] = ["ann@new.example"]
    await push(ann, plugin)
    assert mailchimp.members == {
        member_hash("ann@old.example"): "unsubscribed",
        member_hash("ann@new.example"): "subscribed",
    }
    assert plugin.records.contacts[ann]["custom"]["mailchimp_status"] == "subscribed"
    assert plugin.store.values == {f"member:{ann}": member_hash("ann@new.example")}


async def test_a_contact_that_lost_its_address_is_no_member_any_more(
    plugin: Context, mailchimp: Mailchimp
) -> None:
    ann = plugin.records.add("ann@example.com")
    await push(ann, plugin)
    plugin.records.contacts[ann]["emails"] = []
    await push(ann, plugin)
    assert mailchimp.members == {member_hash("ann@example.com"): "unsubscribed"}


async def test_a_member_that_mailchimp_has_forgotten(plugin: Context, mailchimp: Mailchimp) -> None:
    ann = plugin.records.add("ann@example.com")
    await push(ann, plugin)
    mailchimp.members.clear()
    plugin.records.contacts[ann]["custom"]["mailchimp_opt_in"] = False
    await push(ann, plugin)
    assert plugin.records.contacts[ann]["custom"]["mailchimp_status"] is None


async def test_contacts_that_are_gone_and_settings_that_are_not_there(
    plugin: Context, mailchimp: Mailchimp
) -> None:
    await push(uuid4(), plugin)
    plugin.settings = MailchimpSettings()
    await push(plugin.records.add("ann@example.com"), plugin)
    assert mailchimp.asked == []


BARE_403 = HttpAnswer(status=403, headers={"content-type": "text/html"}, body=b"<h1>Access Denied</h1>")
FORBIDDEN = HttpAnswer(
    status=403,
    headers=PROBLEM,
    body=b'{"title": "User action not permitted", "status": 403, "detail": "Your account is under review."}',
)
FAKE = HttpAnswer(
    status=400,
    headers=PROBLEM,
    body=b'{"title": "Invalid Resource", "status": 400, "detail": "ann@x looks fake or invalid."}',
)


def plain(status: int, body: bytes = b"") -> HttpAnswer:
    """Return an answer that is no problem document."""
    return HttpAnswer(status=status, headers={}, body=body)


@pytest.mark.parametrize(
    ("instead", "reason", "soon"),
    [
        (plain(429), "too many requests", True),
        (BARE_403, "too many requests", True),
        (OutgoingFailed("no answer within 15 s"), "did not answer in time", True),
        (FORBIDDEN, "may not do this: Your account is under review.", False),
        (plain(401), "does not accept the API key", False),
        (plain(500), "fault of its own (status 500)", False),
        (plain(502, b"<html>"), "fault of its own (status 502)", False),
        (FAKE, "refused: ann@x looks fake or invalid.", False),
        (plain(400, b"\xff"), "do not understand (status 400)", False),
        (plain(200, b"<html>"), "do not understand (status 200)", False),
        (plain(200, b'{"status": 5}'), "do not understand (status 200)", False),
        (plain(302), "do not understand (status 302)", False),
        (OutgoingRefused("private address"), "may not reach Mailchimp: private address", False),
    ],
)
async def test_trouble_is_tried_again_later_with_its_reason(
    instead: HttpAnswer | Exception, reason: str, soon: bool, plugin: Context, mailchimp: Mailchimp
) -> None:
    mailchimp.instead["PUT"] = instead
    with pytest.raises(Retry) as caught:
        await push(plugin.records.add("ann@example.com"), plugin)
    assert reason in str(caught.value)
    assert 30 <= caught.value.after_s <= (60 if soon else 330)
    assert (caught.value.after_s >= 300) is not soon
    assert plugin.records.writes == []
    assert KEY not in repr(plugin.log.lines) + str(caught.value)


@pytest.mark.parametrize(
    ("status", "title", "reason"),
    [
        (400, "Invalid Resource", "Your merge fields were invalid. LTV: Please enter a number"),
        (400, "Member Exists", "is already a list member"),
    ],
)
async def test_recorded_refusals(
    status: int, title: str, reason: str, plugin: Context, mailchimp: Mailchimp
) -> None:
    mailchimp.instead["PUT"] = recorded_answer("PUT", status, title)
    with pytest.raises(Retry) as caught:
        await push(plugin.records.add("ann@example.com"), plugin)
    assert reason in str(caught.value)


async def test_a_recorded_absence_names_the_audience_id(plugin: Context, mailchimp: Mailchimp) -> None:
    mailchimp.instead["PUT"] = recorded_answer("GET", 404)
    with pytest.raises(Retry, match="Check the audience ID"):
        await push(plugin.records.add("ann@example.com"), plugin)


async def test_waiting_contacts_do_not_all_come_back_at_once(plugin: Context, mailchimp: Mailchimp) -> None:
    mailchimp.instead["PUT"] = BARE_403
    waits = set()
    for number in range(20):
        with pytest.raises(Retry) as caught:
            await push(plugin.records.add(f"{number}@example.com"), plugin)
        waits.add(round(caught.value.after_s, 3))
    assert len(waits) > 10


async def test_an_unfinished_change_of_address_is_finished_by_the_next_attempt(
    plugin: Context, mailchimp: Mailchimp
) -> None:
    ann = plugin.records.add("ann@old.example")
    await push(ann, plugin)
    plugin.records.contacts[ann]["emails"] = ["ann@new.example"]
    mailchimp.instead["PATCH"] = BARE_403
    with pytest.raises(Retry):
        await push(ann, plugin)
    mailchimp.instead.clear()
    await push(ann, plugin)
    assert mailchimp.members[member_hash("ann@old.example")] == "unsubscribed"


def test_the_job_outlasts_a_busy_mailchimp() -> None:
    assert PUSH_MEMBER_JOB.max_attempts >= 20
