"""From a checked box to a subscriber and back, through the gate, the outbox and the queue."""

from collections.abc import AsyncIterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from crm_mailchimp.audience import member_hash
from mailchimp_api import AUDIENCE, KEY, NOW, Mailchimp

from crmcore import HttpAnswer, system_actor
from crmcore.errors import Invalid
from crmcore.settings import WorkspaceSettings
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

ADMIN = system_actor("tests")
ANN = {"first_name": "Ann", "emails": ["ann@example.com"], "custom": {"mailchimp_opt_in": True}}


@pytest.fixture
def clock() -> TurnableClock:
    """A clock to turn."""
    return TurnableClock(NOW)


@pytest.fixture
async def crm(tmp_path: Path, mailchimp: Mailchimp, clock: TurnableClock) -> AsyncIterator[Crm]:
    """A workspace with this plugin set up and Mailchimp at the other end of its client."""
    point = EntryPoint("mailchimp", "crm_mailchimp.plugin", "crmcore")
    crm = Crm.build(WorkspaceSettings(data_dir=str(tmp_path), strict=True), clock=clock, entry_points=[point])
    await crm.start()
    client = crm.http_client
    crm.http_client = mailchimp  # type: ignore[assignment]
    try:
        with crm.bound():
            await crm.plugin_settings.save("mailchimp", {"api_key": KEY, "audience_id": AUDIENCE})
            yield crm
    finally:
        crm.http_client = client
        await crm.stop()


async def test_subscribing_and_leaving_without_an_echo(crm: Crm, mailchimp: Mailchimp) -> None:
    ann = await crm.records.create("contact", ANN, actor=ADMIN)
    await crm.worker.drain()
    stored = await crm.records.get("contact", ann.id, actor=ADMIN)
    assert stored.document["custom"]["mailchimp_status"] == "subscribed"
    assert len(mailchimp.asked) == 1
    latest, *_ = await crm.records.history("contact", ann.id, actor=ADMIN)
    assert (latest.actor_kind, latest.actor_id) == ("plugin", "mailchimp")

    await crm.records.update("contact", ann.id, {"custom": {"mailchimp_opt_in": False}}, actor=ADMIN)
    await crm.worker.drain()
    stored = await crm.records.get("contact", ann.id, actor=ADMIN)
    assert stored.document["custom"]["mailchimp_status"] == "unsubscribed"
    assert mailchimp.members == {member_hash("ann@example.com"): "unsubscribed"}
    assert len(mailchimp.asked) == 2


async def test_contacts_that_never_opted_in_cost_no_job(crm: Crm, mailchimp: Mailchimp) -> None:
    await crm.records.create("contact", {**ANN, "custom": {}}, actor=ADMIN)
    await crm.worker.drain()
    assert mailchimp.asked == []


async def test_a_busy_mailchimp_is_asked_again_later(
    crm: Crm, mailchimp: Mailchimp, clock: TurnableClock
) -> None:
    mailchimp.instead["PUT"] = HttpAnswer(status=403, headers={}, body=b"<h1>Access Denied</h1>")
    ann = await crm.records.create("contact", ANN, actor=ADMIN)
    await crm.worker.drain()
    await crm.worker.drain()
    assert len(mailchimp.asked) == 1
    mailchimp.instead.clear()
    clock.advance(61)
    await crm.worker.drain()
    stored = await crm.records.get("contact", ann.id, actor=ADMIN)
    assert stored.document["custom"]["mailchimp_status"] == "subscribed"


async def test_people_cannot_write_the_status(crm: Crm) -> None:
    with pytest.raises(Invalid) as refused:
        custom = {"mailchimp_status": "subscribed"}
        await crm.records.create("contact", {**ANN, "custom": custom}, actor=ADMIN)
    assert [problem.path for problem in refused.value.problems] == ["/custom/mailchimp_status"]


async def test_many_changes_are_pushed_once_with_the_last_values(crm: Crm, mailchimp: Mailchimp) -> None:
    ann = await crm.records.create("contact", ANN, actor=ADMIN)
    for name in ("A", "B", "C"):
        await crm.records.update("contact", ann.id, {"first_name": name}, actor=ADMIN)
    await crm.worker.drain()
    assert {body["merge_fields"]["FNAME"] for _, _, body in mailchimp.asked} == {"C"}


async def test_who_unsubscribes_in_mailchimp_shows_it_the_next_morning(
    crm: Crm, mailchimp: Mailchimp, clock: TurnableClock
) -> None:
    ann = await crm.records.create("contact", ANN, actor=ADMIN)
    await crm.worker.drain()
    mailchimp.members[member_hash("ann@example.com")] = "unsubscribed"
    mailchimp.changed = ["ann@example.com"]
    clock.advance(12 * 3600)
    await crm.worker.drain()
    assert len(mailchimp.asked) == 1
    clock.advance(5 * 3600)
    await crm.worker.drain()
    stored = await crm.records.get("contact", ann.id, actor=ADMIN)
    assert stored.document["custom"]["mailchimp_status"] == "unsubscribed"
    # Its own writing is no reason to push.
    assert [method for method, _, _ in mailchimp.asked] == ["PUT", "GET"]
