"""Each hears what he may see, in his language, once, and after a break what he missed."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hearing import Hear

from crmcore.accounts.role import RoleChanges
from crmcore.accounts.tables import User
from crmcore.contracts.actors import system_actor
from crmcore.errors import TooMany
from crmcore.events.tables import EventRow
from crmcore.live.hub import MAX_AT_ONCE
from crmcore.live.listener import MAX_WAITING
from crmcore.live.service import MAX_PER_USER
from crmcore.settings import WorkspaceSettings
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

SYSTEM = system_actor("tests")
Person = Callable[..., Awaitable[str]]


async def user_id(name: str) -> UUID:
    row = await User.select(User.id).where(User.email == f"{name}@example.com").first()
    assert row is not None
    id: UUID = row["id"]
    return id


async def contact(crm: Crm, name: str, owner: str = "") -> UUID:
    document: dict[str, Any] = {"first_name": name}
    if owner:
        document["owner_id"] = str(await user_id(owner))
    return (await crm.records.create("contact", document, actor=SYSTEM)).id


async def test_everybody_hears_of_what_he_sees_alone(crm: Crm, person: Person, hear: Hear) -> None:
    everything, own = await person("all"), await person("own", rows={"*": "own"})
    nothing = await person("tasker", ("task.read",))
    first, second, third = await hear(everything), await hear(own), await hear(nothing)
    theirs, mine = await contact(crm, "Theirs"), await contact(crm, "Mine", "own")
    kind, told = await first.next()
    assert (kind, told["name"], told["record_id"]) == ("change", "contact_created", str(theirs))
    assert (await first.next())[1]["record_id"] == str(mine)
    assert (await second.next())[1]["record_id"] == str(mine)

    # What is taken from him is said without saying which it was; after that he hears no more of it.
    await crm.records.update("contact", mine, {"owner_id": str(await user_id("all"))}, actor=SYSTEM)
    assert await second.next() == ("reread", {"record_type": "contact"})
    await crm.records.update("contact", mine, {"first_name": "Gone"}, actor=SYSTEM)
    await crm.records.delete("contact", mine, actor=SYSTEM)
    assert await first.names(3) == ["contact_updated", "contact_updated", "contact_deleted"]
    assert await second.nothing() and await third.nothing()


async def test_a_hidden_field_is_not_spoken_of(crm: Crm, person: Person, hear: Hear) -> None:
    secret = await person("blind", fields={"contact": {"job_title": "hidden"}})
    ear = await hear(secret)
    id = await contact(crm, "Anna")
    await crm.records.update("contact", id, {"job_title": "Spy"}, actor=SYSTEM)
    await crm.records.update("contact", id, {"job_title": "Cook", "first_name": "Ann"}, actor=SYSTEM)
    _, created = await ear.next()
    _, changed = await ear.next()
    assert created["name"] == "contact_created"
    assert "first_name" in changed["changed"] and "job_title" not in changed["changed"]
    assert await ear.nothing()


async def test_sentences_are_in_the_language_of_who_hears_them(crm: Crm, person: Person, hear: Hear) -> None:
    english, russian = await hear(await person("eng")), await hear(await person("rus", language="ru"))
    await contact(crm, "Anna")
    assert (await english.next())[1]["text"] == "Contact: added"
    assert (await russian.next())[1]["text"] == "Контакт: добавлено"
    assert russian.hello["language"] == "ru"


async def test_a_notice_reaches_its_people_after_the_commit(crm: Crm, person: Person, hear: Hear) -> None:
    anna, boris = await hear(await person("anna", language="ru")), await hear(await person("boris"))
    own = await hear(await person("own", rows={"*": "own"}))
    id = await contact(crm, "Anna")
    for ear in (anna, boris):
        await ear.next()
    text = {"en": "A reminder is due", "ru": "Пора"}
    people = [await user_id("anna"), await user_id("own")]
    with pytest.raises(RuntimeError):
        await crm.live.publish("reminder", to=people, text=text)
    with pytest.raises(ZeroDivisionError):
        async with crm.database.transaction():
            await crm.live.publish("reminder", to=people, text=text)
            raise ZeroDivisionError
    async with crm.database.transaction():
        await crm.live.publish("reminder", to=people, text=text, record=("contact", id), data={"n": 1})
    kind, told = await anna.next()
    assert (kind, told["topic"], told["text"], told["record_id"]) == ("notice", "reminder", "Пора", str(id))
    assert told["data"] == {"n": 1}
    assert await boris.nothing() and await own.nothing()


async def test_a_stream_goes_on_where_it_was(crm: Crm, person: Person, hear: Hear) -> None:
    secret = await person("anna")
    ear = await hear(secret)
    await contact(crm, "One")
    await ear.next()
    crm.live.leave(ear.listener)
    missed = [str(await contact(crm, name)) for name in ("Two", "Three")]
    again = await hear(secret, ear.place)
    assert again.hello["resumed"]
    assert [(await again.next())[1]["record_id"] for _ in missed] == missed
    await contact(crm, "Four")
    assert await again.names(1) == ["contact_created"]
    assert await again.nothing()

    # A place of another log, of one that was forgotten, or no place at all: read again.
    for last in (
        f"{again.place[:-1]}{'0' if again.place[-1] != '0' else '1'}",
        "nonsense",
        "5:4:.",
        "9:9:9.",
    ):
        other = await hear(secret, last)
        assert not other.hello["resumed"]
        assert (await other.next())[0] == "reset"
        crm.live.leave(other.listener)
    for number in range(MAX_AT_ONCE + 1):
        async with crm.database.transaction():
            await crm.outbox.write("contact_updated", "contact", UUID(int=number), SYSTEM)
    late = await hear(secret, again.place)
    assert (await late.next())[0] == "reset"
    await EventRow.delete(force=True)
    assert (await (await hear(secret, late.place)).next())[0] == "reset"


async def test_more_than_can_be_told_at_once_is_read_again(crm: Crm, person: Person, hear: Hear) -> None:
    ear = await hear(await person("anna"))
    async with crm.database.transaction():
        for number in range(MAX_AT_ONCE + 1):
            await crm.outbox.write("contact_updated", "contact", UUID(int=number), SYSTEM)
    assert (await ear.next())[0] == "reset"
    id = await contact(crm, "After")
    assert (await ear.next())[1]["record_id"] == str(id)


async def test_who_may_less_hears_no_more(crm: Crm, person: Person, hear: Hear) -> None:
    secret = await person("anna")
    ear = await hear(secret)
    await crm.roles.update("anna", RoleChanges(rows={"*": "own"}), actor=SYSTEM)
    await contact(crm, "Theirs")
    assert await ear.next() == ("bye", {"reason": "access_changed"})

    narrow = await hear(secret)
    await crm.accounts.sign_out(secret)
    assert await narrow.next(2) == ("bye", {"reason": "signed_out"})


async def test_who_does_not_read_is_dropped_and_nobody_waits_for_him(
    crm: Crm, person: Person, hear: Hear
) -> None:
    secret = await person("anna")
    slow, quick = await hear(secret), await hear(secret)
    began = time.perf_counter()
    for number in range(MAX_WAITING + 2):
        async with crm.database.transaction():
            await crm.outbox.write("contact_updated", "contact", UUID(int=number), SYSTEM)
        await quick.next()
    took = time.perf_counter() - began
    assert slow.listener.ended == "too_slow"
    assert await slow.next() == ("bye", {"reason": "too_slow"})
    assert took < 20
    assert quick.listener.ended is None

    for _ in range(MAX_PER_USER - 2):
        await hear(secret)
    with pytest.raises(TooMany):
        await hear(secret)


async def test_nothing_runs_when_nobody_listens(crm: Crm, person: Person, hear: Hear) -> None:
    before = {task.get_name() for task in asyncio.all_tasks()}
    ear = await hear(await person("anna"))
    assert any(task.get_name() == "crmcore.live" for task in asyncio.all_tasks())
    crm.live.leave(ear.listener)
    await crm.live.finish()
    assert not {task.get_name() for task in asyncio.all_tasks() if "live" in task.get_name()} - before
    assert crm.live.place == "" and crm.live.listening == 0


async def test_another_process_is_heard_also_after_a_cut(
    crm: Crm, person: Person, hear: Hear, clock: TurnableClock, tmp_path: Path, database_url: str
) -> None:
    settings = WorkspaceSettings(data_dir=str(tmp_path / "data"), database_url=database_url)
    other = Crm.build(settings, clock=clock, entry_points=[])
    await other.start()
    try:
        ear = await hear(await person("anna"))
        with other.bound():
            first = await contact(other, "One")
        assert (await ear.next(4))[1]["record_id"] == str(first)
        if crm.database.kind == "postgres":
            cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'crmcore live'"
            await crm.database.engine.execute(f"{cut} AND datname = current_database()", ())
        with other.bound():
            second = await contact(other, "Two")
        assert (await ear.next(6))[1]["record_id"] == str(second)
    finally:
        await other.stop()


async def test_who_commits_late_is_heard_all_the_same(crm: Crm, person: Person, hear: Hear) -> None:
    if crm.database.kind == "sqlite":
        return  # transactions follow one another there
    ear = await hear(await person("anna"))
    wrote, commit = asyncio.Event(), asyncio.Event()

    async def slowly() -> None:
        async with crm.database.transaction():
            await crm.outbox.write("contact_updated", "contact", UUID(int=1), SYSTEM)
            wrote.set()
            await commit.wait()

    slow = asyncio.create_task(slowly())
    await wrote.wait()
    async with crm.database.transaction():
        await crm.outbox.write("contact_updated", "contact", UUID(int=2), SYSTEM)
    assert (await ear.next())[1]["record_id"] == str(UUID(int=2))
    place = ear.place
    assert await ear.nothing()
    commit.set()
    await slow
    assert (await ear.next())[1]["record_id"] == str(UUID(int=1))
    assert await ear.nothing()
    # Who was away meanwhile hears the late one, and it alone.
    again = await hear(await person("boris"), place)
    assert (await again.next())[1]["record_id"] == str(UUID(int=1))
    assert await again.nothing()
