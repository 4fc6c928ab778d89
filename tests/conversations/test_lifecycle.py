import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest
from posting import ADMIN, api_account, conversations, drained, messages, post

from crmcore.accounts.tables import User
from crmcore.contracts.actors import Actor
from crmcore.errors import Conflict, Forbidden, Invalid
from crmcore.records.query import ListQuery
from crmcore.settings import WorkspaceSettings
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

AGENT = Actor(
    kind="user",
    id="u1",
    label="Olga",
    permissions=frozenset({"conversation.*", "message.*", "contact.read", "user.read", "tag.*"}),
)


async def opened(crm: Crm) -> object:
    await api_account(crm)
    await post(crm, email="a@example.com", text="Hello")
    await drained(crm)
    return (await conversations())[0]["id"]


async def test_a_snoozed_conversation_wakes_on_time(crm: Crm, clock: TurnableClock) -> None:
    id = await opened(crm)
    record = await crm.conversations.snooze(id, clock() + timedelta(hours=2), actor=AGENT)
    assert record.document["status"] == "snoozed"
    clock.advance(2 * 3600 - 1)
    assert await crm.conversations.wake_due() == 0
    clock.advance(1)
    assert await crm.conversations.wake_due() == 1
    assert await crm.conversations.wake_due() == 0
    [row] = await conversations()
    assert (row["status"], row["snoozed_until"]) == ("open", None)
    lines = await messages("event")
    assert lines[0]["text"].startswith("Snoozed until ") and lines[0]["author_name"] == "Olga"
    assert lines[1]["text"] == "Back from snooze"
    assert row["message_count"] == 1


async def test_the_worker_wakes_conversations_by_itself(crm: Crm, clock: TurnableClock) -> None:
    id = await opened(crm)
    await crm.conversations.snooze(id, clock() + timedelta(minutes=5), actor=AGENT)
    clock.advance(301)
    stop = asyncio.Event()
    worker = asyncio.create_task(crm.worker.run(stop))
    try:
        async with asyncio.timeout(10):
            while (await conversations())[0]["status"] != "open":  # noqa: ASYNC110 - the database has no event
                await asyncio.sleep(0.05)
    finally:
        stop.set()
        await worker


async def test_a_new_message_wakes_it_at_once(crm: Crm, clock: TurnableClock) -> None:
    id = await opened(crm)
    await crm.conversations.snooze(id, clock() + timedelta(days=3), actor=AGENT)
    await post(crm, email="a@example.com", text="Are you there?")
    await drained(crm)
    [row] = await conversations()
    assert (row["status"], row["snoozed_until"], row["message_count"]) == ("open", None, 2)


async def test_snoozing_into_the_past_is_refused(crm: Crm, clock: TurnableClock) -> None:
    id = await opened(crm)
    with pytest.raises(Invalid) as refused:
        await crm.conversations.snooze(id, clock() - timedelta(seconds=1), actor=AGENT)
    assert refused.value.problems[0].path == "/snoozed_until"


async def test_assigning_tagging_and_priority_leave_event_lines(crm: Crm) -> None:
    id = await opened(crm)
    await User.insert(User(email="max@example.com", name="Max Muster"))
    user = (await User.select(User.id).where(User.email == "max@example.com"))[0]["id"]
    record = await crm.conversations.assign(id, user, actor=AGENT)
    assert record.document["assignee"]["name"] == "Max Muster"
    await crm.conversations.prioritize(id, "urgent", actor=AGENT)
    await crm.conversations.tag(id, ["VIP", "parcel"], actor=AGENT)
    record = await crm.conversations.tag(id, ["vip"], actor=AGENT)
    assert record.document["tags"] == ["VIP"]
    await crm.conversations.assign(id, None, actor=AGENT)
    assert [row["text"] for row in await messages("event")] == [
        "Assigned to Max Muster",
        "Priority: urgent",
        "Tags added: VIP, parcel",
        "Tags removed: parcel",
        "Assigned to nobody",
    ]
    history = await crm.records.history("conversation", id, actor=ADMIN)
    assert history[0].actor_label == "Olga"


async def test_only_active_users_are_given_work(crm: Crm) -> None:
    id = await opened(crm)
    await User.insert(User(email="gone@example.com", name="Gone", active=False))
    user = (await User.select(User.id).where(User.email == "gone@example.com"))[0]["id"]
    with pytest.raises(Invalid) as refused:
        await crm.conversations.assign(id, user, actor=AGENT)
    assert refused.value.problems[0].path == "/assignee_id"
    with pytest.raises(Invalid):
        await crm.conversations.assign(id, uuid4(), actor=AGENT)
    assert await messages("event") == []


async def test_two_people_closing_at_once_is_a_conflict_with_versions(crm: Crm) -> None:
    id = await opened(crm)
    version = (await conversations())[0]["version"]
    await crm.conversations.close(id, actor=AGENT, version=version)
    with pytest.raises(Conflict):
        await crm.conversations.reopen(id, actor=AGENT, version=version)


async def test_a_viewer_changes_nothing(crm: Crm) -> None:
    id = await opened(crm)
    viewer = Actor(kind="user", id="v", permissions=frozenset({"*.read"}))
    with pytest.raises(Forbidden):
        await crm.conversations.close(id, actor=viewer)
    with pytest.raises(Forbidden):
        await crm.conversations.note(id, "hm", actor=viewer)
    with pytest.raises(Forbidden):
        await crm.conversations.reply(id, "hm", actor=viewer)
    assert len(await messages()) == 1
    page = await crm.conversations.messages(id, actor=viewer)
    assert [record.document["text"] for record in page.items] == ["Hello"]


async def test_conversations_are_found_by_number_subject_and_the_persons_words(crm: Crm) -> None:
    await api_account(crm)
    await post(crm, email="lena@example.com", name="Лена Орлова", phone="+1 415 555 2671", subject="Parcel")
    await post(crm, email="other@example.com", subject="Parcel")
    await drained(crm)
    for q, count in (
        ("орлова", 1),
        ("LENA@example", 1),
        ("#2", 1),
        ("parcel", 2),
        ("415 555 2671", 1),
        ("exam", 2),
    ):
        page = await crm.records.list("conversation", ListQuery(q=q), actor=AGENT)
        assert len(page.items) == count, q
    id = (await conversations())[0]["id"]
    await crm.conversations.close(id, actor=AGENT)
    page = await crm.records.list("conversation", ListQuery(q="орлова"), actor=AGENT)
    assert [record.id for record in page.items] == [id]


async def test_a_russian_workspace_gives_its_reasons_in_russian(
    database_url: str, tmp_path: Path, clock: TurnableClock
) -> None:
    settings = WorkspaceSettings(data_dir=str(tmp_path / "data"), database_url=database_url, language="ru")
    crm = Crm.build(settings, clock=clock, entry_points=[])
    await crm.start()
    try:
        with crm.bound():
            id = await opened(crm)
            moscow = msgspec.structs.replace(AGENT, time_zone="Europe/Moscow")
            until = datetime(2100, 1, 1, 9, 30, tzinfo=UTC)
            await crm.conversations.snooze(id, until, actor=moscow)
            assert "нет открытого обращения" in (await messages("inbound"))[0]["thread_reason"]
            line = (await messages("event"))[0]["text"]
            assert line.startswith("Отложено до") and "12:30" in line
    finally:
        await crm.stop()


async def test_messages_come_in_pages_from_either_end(crm: Crm, clock: TurnableClock) -> None:
    id = await opened(crm)
    for number in range(5):
        clock.advance(1)
        await crm.conversations.note(id, f"note {number}", actor=AGENT)
    page = await crm.conversations.messages(id, actor=AGENT, limit=4)
    assert [record.document["text"] for record in page.items] == ["Hello", "note 0", "note 1", "note 2"]
    rest = await crm.conversations.messages(id, actor=AGENT, limit=4, cursor=page.next or "")
    assert [record.document["text"] for record in rest.items] == ["note 3", "note 4"] and rest.next is None
    last = await crm.conversations.messages(id, actor=AGENT, limit=2, newest=True)
    assert [record.document["text"] for record in last.items] == ["note 4", "note 3"]
    assert last.items[0].document["conversation_id"] == id
    [row] = await conversations()
    assert (row["message_count"], row["preview"]) == (6, "Hello")
    assert row["waiting_since"] is not None
