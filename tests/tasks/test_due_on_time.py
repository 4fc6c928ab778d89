"""Reminders and the end of a rest come at their moment, however far it was away and whoever was running."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from task_making import MakeUser, conversation

from crmcore.contracts.actors import system_actor
from crmcore.conversations.tables import Conversation
from crmcore.hosting.due import next_due
from crmcore.jobs.tables import JobRow
from crmcore.jobs.worker import Worker
from crmcore.notifications.tables import Notification
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm


async def make(crm: Crm, **document: Any) -> dict[str, Any]:
    record = await crm.records.create("task", {"title": "Call", **document}, actor=system_actor())
    return record.document


async def _reminders() -> int:
    return await Notification.count().where(Notification.kind == "task_reminder")


async def _asleep() -> int:
    return await Conversation.count().where(Conversation.status == "snoozed")


@pytest.mark.parametrize("ahead_s", [3, 27])
async def test_they_come_at_their_moment_and_once(
    crm: Crm, user: MakeUser, clock: TurnableClock, ahead_s: int
) -> None:
    anna = await user("Anna")
    resting = await conversation(crm, subject="Later")
    await crm.worker.drain()
    at = clock() + timedelta(seconds=ahead_s)
    await make(crm, assignee_id=anna.id, remind_at=at.isoformat())
    await make(crm, assignee_id=anna.id, remind_at=(at + timedelta(seconds=1.25)).isoformat())
    await crm.conversations.snooze(resting, at, actor=anna)
    workers = [Worker(crm.jobs, crm.host, clock) for _ in range(3)]

    async def passes(seconds: float) -> tuple[int, int]:
        clock.advance(seconds)
        await asyncio.gather(*(worker.drain() for worker in workers))
        return await _reminders(), await _asleep()

    for _ in range(ahead_s // 10):
        assert await passes(10) == (0, 1)
    assert await passes(ahead_s % 10 - 0.5) == (0, 1)
    assert await passes(0.5) == (1, 0)
    assert await passes(1) == (1, 0)
    assert await passes(0.3) == (2, 0)
    assert await passes(10) == (2, 0)
    # No job stays but the periodic ones.
    left = await JobRow.count().where(
        JobRow.name.is_in(["tell_due_tasks", "wake_conversations"]), JobRow.unique_key.not_like("every:%")
    )
    assert left == 0


async def test_what_passed_while_nobody_ran_comes_with_the_first_who_starts(
    crm: Crm, user: MakeUser, clock: TurnableClock
) -> None:
    anna = await user("Anna")
    resting = await conversation(crm, subject="Later")
    await crm.worker.drain()
    at = clock() + timedelta(seconds=12)
    await make(crm, assignee_id=anna.id, remind_at=at.isoformat())
    await make(crm, assignee_id=anna.id, remind_at=(at + timedelta(seconds=2)).isoformat())
    await crm.conversations.snooze(resting, at, actor=anna)
    clock.advance(11)
    # The look of every ten seconds was a moment ago: the next one would come eight seconds late.
    await crm.worker.drain()
    clock.advance(3)
    stop = asyncio.Event()
    working = asyncio.create_task(Worker(crm.jobs, crm.host, clock).run(stop))
    try:
        async with asyncio.timeout(30):
            while (await _reminders(), await _asleep()) != (2, 0):  # noqa: ASYNC110 - another task works
                await asyncio.sleep(0.02)
    finally:
        stop.set()
        await working


async def test_a_workspace_that_sleeps_is_waked_for_them(
    crm: Crm, user: MakeUser, clock: TurnableClock
) -> None:
    # At noon: what comes every night is not between.
    noon = (clock() + timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)
    clock.advance((noon - clock()).total_seconds())
    anna = await user("Anna")
    at: datetime = clock() + timedelta(minutes=20)
    resting = await conversation(crm, subject="Later")
    await crm.conversations.snooze(resting, at + timedelta(minutes=1), actor=anna)
    await crm.worker.drain()
    assert await next_due(crm, shorter_s=86_401) == at + timedelta(minutes=1)
    await make(crm, assignee_id=anna.id, remind_at=at.isoformat())
    assert await next_due(crm, shorter_s=86_401) == at
    task = await make(crm, assignee_id=anna.id, due_at=(at - timedelta(minutes=1)).isoformat())
    assert await next_due(crm, shorter_s=86_401) == at - timedelta(minutes=1)
    await crm.records.update("task", task["id"], {"status": "done"}, actor=system_actor())
    assert await next_due(crm, shorter_s=86_401) == at
