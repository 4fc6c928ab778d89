"""“Waiting since”, “first answer”, “next due” are what a recomputation from everything that is stored says."""

import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from posting import drained, post

from crmcore.contracts.actors import system_actor
from crmcore.conversations.tables import Conversation, Message
from crmcore.tasks.tables import Task
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

SYSTEM = system_actor()


async def recomputed(row: dict[str, Any]) -> dict[str, datetime | None]:
    """Return the kept times as the messages and tasks of the conversation ``row`` have them."""
    messages = await Message.select().where(Message.conversation == row["id"])
    asked = [one for one in messages if one["kind"] == "inbound"]
    answered = sorted(one["created_at"] for one in messages if one["kind"] == "reply")
    first_asked = min((one["created_at"] for one in asked), default=None)
    settled = row["settled_at"]
    waiting = [
        one["created_at"]
        for one in asked
        if (not answered or one["created_at"] > answered[-1])
        and (settled is None or one["updated_at"] > settled)
    ]
    tasks = await Task.select().where(
        Task.conversation == row["id"], Task.status == "open", Task.deleted_at.is_null()
    )
    return {
        "waiting_since": None if row["status"] == "closed" else min(waiting, default=None),
        "first_response_at": next((at for at in answered if first_asked and at >= first_asked), None),
        "next_due_at": min((one["due_at"] for one in tasks if one["due_at"]), default=None),
    }


@pytest.mark.parametrize("seed", range(3))
async def test_kept_times_are_those_of_a_recomputation(crm: Crm, clock: TurnableClock, seed: int) -> None:
    chance = random.Random(seed)
    await crm.channel_accounts.create("api", "Shop", actor=SYSTEM, slug="shop")
    sent: list[dict[str, Any]] = []
    await arrive(crm, sent, clock, chance)
    for _ in range(40):
        clock.advance(chance.randrange(30, 3000))
        rows = await Conversation.select()
        row = chance.choice(rows)
        await step(crm, row, sent, clock, chance)
        for row in await Conversation.select():
            kept = {name: row[name] for name in ("waiting_since", "first_response_at", "next_due_at")}
            assert kept == await recomputed(row)
    # A merge of the people and its undoing, and every delivery once more, change none of it.
    before = {row["id"]: row for row in await Conversation.select()}
    people = [row["contact"] for row in before.values() if row["contact"]]
    other = await crm.records.create("contact", {"first_name": "Other"}, actor=SYSTEM)
    merged = await crm.contacts.merge(other.id, people[0], actor=SYSTEM)
    await crm.contacts.undo_merge(merged, actor=SYSTEM)
    for message in sent:
        await deliver(crm, message)
    for id, row in before.items():
        now = (await Conversation.select().where(Conversation.id == id))[0]
        for name in ("waiting_since", "first_response_at", "next_due_at"):
            assert now[name] == row[name]


async def step(
    crm: Crm, row: dict[str, Any], sent: list[dict[str, Any]], clock: TurnableClock, chance: random.Random
) -> None:
    """Do one thing of those that change the times, or that do not."""
    id: UUID = row["id"]
    match chance.choice(
        ("arrive", "late", "reply", "reply", "note", "close", "reopen", "task", "tick", "drop")
    ):
        case "arrive":
            await arrive(crm, sent, clock, chance)
        case "late":
            await arrive(crm, sent, clock, chance, late_s=chance.randrange(10, 9000))
        case "reply":
            await crm.conversations.reply(id, "Yes", actor=SYSTEM)
        case "note":
            await crm.conversations.note(id, "Hm", actor=SYSTEM)
        case "close":
            await crm.conversations.close(id, actor=SYSTEM)
        case "reopen":
            await crm.conversations.reopen(id, actor=SYSTEM)
        case "task":
            due = clock() + timedelta(hours=chance.randrange(-20, 200))
            document = {"title": "T", "conversation_id": str(id), "due_at": due.isoformat()}
            await crm.records.create("task", document | _repeating(chance), actor=SYSTEM)
        case "tick":
            tasks = await Task.select().where(Task.deleted_at.is_null())
            if tasks:
                task = chance.choice(tasks)
                status = "open" if task["status"] == "done" else "done"
                await crm.records.update("task", task["id"], {"status": status}, actor=SYSTEM)
        case "drop":
            tasks = await Task.select().where(Task.deleted_at.is_null())
            if tasks:
                await crm.records.delete("task", chance.choice(tasks)["id"], actor=SYSTEM)


async def arrive(
    crm: Crm, sent: list[dict[str, Any]], clock: TurnableClock, chance: random.Random, late_s: int = 0
) -> None:
    """Let a message arrive that was written ``late_s`` ago, in one of two conversations."""
    number = chance.randrange(2)
    message = {
        "delivery_key": f"d{len(sent)}",
        "text": "Hello",
        "email": f"p{number}@example.com",
        "thread_key": f"t{number}",
        "sent_at": (clock() - timedelta(seconds=late_s)).isoformat(),
    }
    sent.append(message)
    await deliver(crm, message)


async def deliver(crm: Crm, message: dict[str, Any]) -> None:
    """Deliver one message, for the first time or once more."""
    await post(crm, **message)
    await drained(crm)


def _repeating(chance: random.Random) -> dict[str, str]:
    return {"recurrence": "FREQ=DAILY"} if chance.random() < 0.3 else {}
