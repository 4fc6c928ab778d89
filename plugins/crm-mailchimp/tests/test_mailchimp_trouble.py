"""Mailchimp slow, down, rate-limiting, lying, revoked: what waits, what is told, what is not asked any more."""

import pytest
from crm_mailchimp.answers import Audience
from crm_mailchimp.client import ask
from crm_mailchimp.connection import check_audience
from crm_mailchimp.health import check_health, is_connected
from crm_mailchimp.trouble import MailchimpTrouble
from mailchimp_api import KEY, PROBLEM, Mailchimp, recorded_answer
from mailchimp_workspace import Workspace

from crmcore import HttpAnswer, OutgoingFailed, OutgoingRefused, text_of

BARE_403 = HttpAnswer(status=403, headers={"content-type": "text/html"}, body=b"<h1>Access Denied</h1>")
FORBIDDEN = HttpAnswer(
    status=403, headers=PROBLEM, body=b'{"title": "Forbidden", "detail": "Your account is under review."}'
)


def plain(status: int, body: bytes = b"") -> HttpAnswer:
    """Return an answer."""
    return HttpAnswer(status=status, headers=PROBLEM, body=body)


async def test_every_kind_of_trouble_is_told(here: Workspace, mailchimp: Mailchimp) -> None:
    account = await here.account()
    for instead, reason in [
        (OutgoingFailed("no answer within 15 s"), "did not answer in time"),
        (OutgoingRefused("private address"), "may not reach Mailchimp: private address"),
        (FORBIDDEN, "may not do this: Your account is under review."),
        (plain(401), "does not accept the API key"),
        (plain(500), "fault of its own (status 500)"),
        (plain(502, b"<html>"), "fault of its own (status 502)"),
        (plain(400, b"\xff"), "do not understand (status 400)"),
        (plain(200, b"<html>"), "do not understand (status 200)"),
        (plain(200, b'{"name": 5}'), "do not understand (status 200)"),
        (plain(302), "do not understand (status 302)"),
        (recorded_answer("PUT", 400, "Member Exists"), "is already a list member"),
        (recorded_answer("PUT", 400, "Invalid Resource"), "LTV: Please enter a number"),
    ]:
        mailchimp.instead["GET"] = instead  # type: ignore[assignment]
        with pytest.raises(MailchimpTrouble) as caught:
            await ask(account, here.plugin, "GET", "/lists/a36b032126", Audience)
        assert reason in str(caught.value)
        assert KEY not in str(caught.value)
        assert text_of(caught.value.label, "ru") != str(caught.value)
    mailchimp.instead["GET"] = plain(401)
    assert "Администратор" in text_of((await check_audience(account, here.plugin)).message, "ru")
    assert not (await check_health(here.plugin)).ok
    mailchimp.instead.clear()
    connected = await check_audience(account, here.plugin)
    assert connected.ok and "Grouparoo" in text_of(connected.message)
    assert (await check_health(here.plugin)).ok and await is_connected(here.plugin)
    await here.change(audience_id="unknown")
    assert not (await check_audience(await here.account(), here.plugin)).ok


async def test_too_many_requests_pause_all_workers_longer_each_time(
    here: Workspace, mailchimp: Mailchimp
) -> None:
    mailchimp.instead["GET"] = BARE_403
    for n in range(5):
        await here.add(f"p{n}@example.com")
    await here.work()
    # The first is refused; the others are not even sent.
    assert len(mailchimp.asked) == 1
    assert "wait" in text_of((await check_health(here.plugin)).message)
    here.clock.advance(61)
    mailchimp.instead["GET"] = plain(429)
    await here.work()
    assert len(mailchimp.asked) == 2
    here.clock.advance(29)
    await here.work()
    assert len(mailchimp.asked) == 2
    mailchimp.instead.clear()
    here.clock.advance(150)
    await here.work()
    assert len(mailchimp.service.members) == 5
    assert (await check_health(here.plugin)).ok


async def test_a_revoked_key_loses_nothing(here: Workspace, mailchimp: Mailchimp) -> None:
    ann = await here.add("ann@example.com")
    mailchimp.instead["GET"] = plain(401)
    await here.work()
    here.clock.advance(3600)
    await here.work()
    mailchimp.instead.clear()
    here.clock.advance(3600)
    await here.work()
    assert await here.status(ann) == "subscribed"
