"""Tasks: links, reminders, recurrence, and what they keep with their conversation."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from task_making import MakeUser, conversation

from crmcore.contracts.actors import Actor, system_actor
from crmcore.conversations.tables import Conversation
from crmcore.errors import CrmError, Invalid
from crmcore.notifications.tables import Notification
from crmcore.tasks.tables import Task
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

SYSTEM = system_actor()
BERLIN = ZoneInfo("Europe/Berlin")


async def make(crm: Crm, actor: Actor = SYSTEM, **document: Any) -> dict[str, Any]:
    record = await crm.records.create("task", {"title": "Call", **document}, actor=actor)
    return record.document


async def next_due(crm: Crm, id: UUID) -> datetime | None:
    row = (await Conversation.select(Conversation.next_due_at).where(Conversation.id == id))[0]
    found: datetime | None = row["next_due_at"]
    return found


async def test_the_next_one_is_made_once_when_one_is_done(crm: Crm, user: MakeUser) -> None:
    anna = await user("Anna", time_zone="Europe/Berlin", language="ru")
    due = datetime(2099, 3, 24, 9, tzinfo=BERLIN)  # a Tuesday before the clocks change
    task = await make(
        crm,
        anna,
        due_at=due.isoformat(),
        remind_at=(due - timedelta(minutes=30)).isoformat(),
        recurrence="rrule:freq=weekly;interval=2;byday=tu",
        assignee_id=anna.id,
    )
    assert task["recurrence"] == "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU"
    assert (task["recurrence_zone"], task["recurrence_text"]) == ("Europe/Berlin", "Каждый второй вторник")
    done = [crm.records.update("task", task["id"], {"status": "done"}, actor=anna) for _ in range(4)]
    await asyncio.gather(*done)
    await crm.records.update("task", task["id"], {"status": "open"}, actor=anna)
    await crm.records.update("task", task["id"], {"status": "done"}, actor=anna)
    (following,) = await Task.select().where(Task.previous_id == task["id"])
    at = following["due_at"].astimezone(BERLIN)
    assert (at.date().isoformat(), at.hour, following["status"]) == ("2099-04-07", 9, "open")
    assert at - following["remind_at"] == timedelta(minutes=30)
    assert following["assignee"] == UUID(anna.id)
    assert not await Notification.exists()  # nobody is told of what follows from what he did


async def test_a_task_that_was_put_off_does_not_move_the_rest(crm: Crm, clock: TurnableClock) -> None:
    due = (clock() + timedelta(days=1)).replace(microsecond=0)
    task = await make(crm, due_at=due.isoformat(), recurrence="FREQ=WEEKLY", recurrence_zone="UTC")
    later = due + timedelta(days=1)
    await crm.records.update("task", task["id"], {"due_at": later.isoformat()}, actor=SYSTEM)
    clock.advance(86_400 * 30)  # three are missed meanwhile and not made up for
    await crm.records.update("task", task["id"], {"status": "done"}, actor=SYSTEM)
    (following,) = await Task.select().where(Task.previous_id == task["id"])
    assert following["due_at"] == due + timedelta(weeks=5)


@pytest.mark.parametrize(
    ("document", "path", "code"),
    [
        ({"recurrence": "FREQ=SECONDLY"}, "/recurrence", "bad_rule_too_often"),
        ({"recurrence": "FREQ=DAILY", "due_at": None}, "/due_at", "needs_due"),
        ({"recurrence": "FREQ=DAILY", "due_at": "0001-01-01T00:00:00Z"}, "/due_at", "out_of_range"),
        ({"recurrence": "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"}, "/recurrence", "never"),
        ({"recurrence": "FREQ=DAILY", "recurrence_zone": "../etc"}, "/recurrence_zone", "unknown_time_zone"),
        ({"about_type": "contact"}, "/about_id", "which_record"),
        ({"about_type": "nothing", "about_id": str(UUID(int=1))}, "/about_id", "no_such_record"),
        ({"message_id": str(UUID(int=1))}, "/message_id", "no_such_record"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    crm: Crm, document: dict[str, Any], path: str, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await make(crm, **({"due_at": "2030-01-01T09:00:00Z"} | document))
    assert [(problem.path, problem.code) for problem in refused.value.problems] == [(path, code)]
    assert not await Task.exists()


async def test_a_task_is_about_any_record(crm: Crm) -> None:
    company = await crm.records.create("company", {"name": "Bluepeak"}, actor=SYSTEM)
    task = await make(crm, about_type="company", about_id=str(company.id))
    assert (task["about_type"], task["about_id"]) == ("company", company.id)
    contact = await crm.records.create("contact", {"first_name": "Ann"}, actor=SYSTEM)
    task = await make(crm, about_type="contact", about_id=str(contact.id))
    assert (task["about_type"], task["about_id"], task["contact"]["id"]) == ("", None, contact.id)


async def test_the_next_due_of_a_conversation_follows_its_tasks(crm: Crm) -> None:
    id = await conversation(crm, subject="Invoice")
    other = await conversation(crm, subject="Parcel")
    first = await make(crm, conversation_id=str(id), due_at="2030-01-02T09:00:00Z")
    await make(crm, conversation_id=str(id), due_at="2030-01-03T09:00:00Z")
    await make(crm, conversation_id=str(id))
    day = datetime(2030, 1, 2, 9, tzinfo=UTC)
    assert await next_due(crm, id) == day
    await crm.records.update("task", first["id"], {"status": "done"}, actor=SYSTEM)
    assert await next_due(crm, id) == day + timedelta(days=1)
    await crm.records.update("task", first["id"], {"status": "open"}, actor=SYSTEM)
    await crm.records.delete("task", first["id"], actor=SYSTEM)
    assert await next_due(crm, id) == day + timedelta(days=1)
    await crm.records.restore("task", first["id"], actor=SYSTEM)
    assert await next_due(crm, id) == day
    await crm.records.update("task", first["id"], {"conversation_id": str(other)}, actor=SYSTEM)
    assert (await next_due(crm, id), await next_due(crm, other)) == (day + timedelta(days=1), day)


async def test_tasks_of_one_conversation_made_at_once_leave_the_earliest(crm: Crm) -> None:
    id = await conversation(crm, subject="Busy")
    days = [datetime(2030, 1, day, tzinfo=UTC) for day in range(1, 11)]
    await asyncio.gather(
        *(make(crm, conversation_id=str(id), due_at=day.isoformat()) for day in reversed(days)),
        return_exceptions=False,
    )
    assert await next_due(crm, id) == days[0]


async def test_reminders_are_told_once_by_any_number_of_workers(
    crm: Crm, user: MakeUser, clock: TurnableClock
) -> None:
    anna = await user("Anna")
    soon = clock() + timedelta(hours=1)
    task = await make(
        crm,
        assignee_id=anna.id,
        remind_at=soon.isoformat(),
        due_at=(soon + timedelta(hours=1)).isoformat(),
    )
    assert await crm.notifications.due.tell() == 0
    clock.advance(3600)
    assert sum(await asyncio.gather(*(crm.notifications.due.tell() for _ in range(5)))) == 1
    clock.advance(3600)
    await asyncio.gather(*(crm.notifications.due.tell() for _ in range(5)))
    kinds = await Notification.select(Notification.kind).where(Notification.kind != "assigned")
    assert [row["kind"] for row in kinds] == ["task_reminder", "task_overdue"]
    # Put off, it reminds again, as long before it is due as before.
    later = soon + timedelta(days=1)
    await crm.records.update(
        "task", task["id"], {"due_at": (later + timedelta(hours=1)).isoformat()}, actor=SYSTEM
    )
    (row,) = await Task.select().where(Task.id == task["id"])
    assert (row["remind_at"], row["reminded_at"], row["overdue_told_at"]) == (later, None, None)
    # And what is done is over: nobody has it before his eyes any more.
    await crm.records.update("task", task["id"], {"status": "done"}, actor=anna)
    assert await crm.notifications.reading.unread(actor=anna) == 0
    clock.advance(86_400 * 2)
    assert await crm.notifications.due.tell() == 0


async def test_a_reminder_at_the_due_moment_is_told_alone(
    crm: Crm, user: MakeUser, clock: TurnableClock
) -> None:
    anna, bert = await user("Anna"), await user("Bert")
    soon = clock() + timedelta(hours=1)
    for person, before_s in ((anna, 30), (bert, 90)):
        remind_at = soon - timedelta(seconds=before_s)
        await make(
            crm, assignee_id=person.id, remind_at=remind_at.isoformat(), due_at=soon.isoformat(), title="Call"
        )
    for seconds in (3600 - 60, 31, 31):
        clock.advance(seconds)
        await crm.notifications.due.tell()
    for person, kinds in ((anna, ["task_reminder"]), (bert, ["task_reminder", "task_overdue"])):
        rows = await Notification.select(Notification.kind).where(
            Notification.kind != "assigned", Notification.user == UUID(person.id)
        )
        assert [row["kind"] for row in rows] == kinds
    # Both marks are set: nothing is told later either.
    clock.advance(600)
    assert await crm.notifications.due.tell() == 0


async def test_who_fails_between_marking_and_telling_has_done_neither(
    crm: Crm, user: MakeUser, clock: TurnableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = await user("Anna")
    await make(crm, assignee_id=anna.id, remind_at=(clock() - timedelta(minutes=1)).isoformat())

    async def broken(*arguments: Any, **named: Any) -> None:
        raise CrmError()

    with monkeypatch.context() as patch:
        patch.setattr(crm.live, "publish", broken)
        with pytest.raises(CrmError):
            await crm.notifications.due.tell()
    assert not await Notification.exists().where(Notification.kind == "task_reminder")
    assert await crm.notifications.due.tell() == 1
    assert await Notification.count().where(Notification.kind == "task_reminder") == 1
