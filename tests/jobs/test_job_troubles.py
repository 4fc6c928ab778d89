"""Administrators hear of jobs that were given up and of webhooks that rest; nobody else does, and not twice."""

from uuid import UUID

from crmcore.clock import uuid7
from crmcore.contracts.actors import Actor
from crmcore.jobs.tables import JobRow
from crmcore.notifications.tables import Notification
from crmcore.testing.clock import TurnableClock
from crmcore.webhooks.tables import WebhookEndpoint
from crmcore.workspace import Crm


async def user(crm: Crm, email: str, role: str) -> Actor:
    id = await crm.accounts.create_user(email, email.partition("@")[0], "correct horse battery", role, "ru")
    actor = await crm.accounts.actor_for_user(id)
    assert actor is not None
    return actor


async def give_up(crm: Crm, count: int = 1) -> None:
    for n in range(count):
        id = await crm.jobs.enqueue("core", "forget_sessions", {"n": n})
        await JobRow.update({JobRow.state: "dead", JobRow.updated_at: crm.clock()}).where(JobRow.id == id)


async def test_they_are_told_once_and_once_an_hour(crm: Crm, clock: TurnableClock) -> None:
    admin, agent = await user(crm, "anna@example.com", "admin"), await user(crm, "ivan@example.com", "agent")
    assert await crm.notifications.troubles.tell() == 0
    await give_up(crm, 3)
    assert await crm.notifications.troubles.tell() == 1
    assert await crm.notifications.troubles.tell() == 0
    page = await crm.notifications.reading.page(actor=admin)
    assert [(item.text, item.path) for item in page.items] == [
        ("Брошенные задания: 3 (Удаление завершённых сеансов)", "/settings/jobs")
    ]
    assert (await crm.notifications.reading.page(actor=agent)).items == []

    clock.advance(600)
    await give_up(crm)
    assert await crm.notifications.troubles.tell() == 0
    clock.advance(3000)
    assert await crm.notifications.troubles.tell() == 1
    clock.advance(7200)
    assert await crm.notifications.troubles.tell() == 0
    assert await Notification.count() == 2


async def test_a_webhook_that_rests_is_told_once_for_each_time(crm: Crm, clock: TurnableClock) -> None:
    admin = await user(crm, "anna@example.com", "admin")
    endpoint = WebhookEndpoint(id=uuid7(), url="https://shop.example/hooks", owner=UUID(admin.id))
    await WebhookEndpoint.insert(endpoint)
    assert await crm.notifications.troubles.tell() == 0
    await WebhookEndpoint.update(
        {WebhookEndpoint.state: "paused", WebhookEndpoint.reason: "failing", WebhookEndpoint.version: 2}
    ).where(WebhookEndpoint.id == endpoint.id)
    assert [await crm.notifications.troubles.tell() for _ in range(2)] == [1, 0]
    (item,) = (await crm.notifications.reading.page(actor=admin)).items
    assert item.path == f"/settings/webhooks/{endpoint.id}"
    assert "https://shop.example/hooks" in item.text
    # Enabled by somebody, and failing again.
    for reason, version in (("", 3), ("failing", 4)):
        await WebhookEndpoint.update(
            {WebhookEndpoint.reason: reason, WebhookEndpoint.version: version}
        ).where(WebhookEndpoint.id == endpoint.id)
        await crm.notifications.troubles.tell()
    assert await Notification.count() == 2
