"""Custom fields that go, come back, or are no longer searched: their words follow."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from crmcore import Actor, CustomField
from crmcore.records import field_words
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

Tell = Callable[..., Awaitable[Any]]
NICK = CustomField(record_type="contact", key="nick", label="Nick", filterable=True)


async def test_words_of_a_deleted_field_leave_at_once_and_come_back(
    crm: Crm, actor: Actor, person: Tell
) -> None:
    async def found(q: str) -> list[Any]:
        return [find.id for find in (await crm.search.find(q, actor=actor)).items]

    field = await crm.fields.create(NICK, actor=actor)
    ann = await person(first_name="Ann", custom={"nick": "Butterfly"})
    assert await found("butterfly") == [ann.id]

    await crm.fields.delete(field.id, actor=actor)
    assert await found("butterfly") == []
    assert await found("ann") == [ann.id]
    await crm.records.update("contact", ann.id, {"job_title": "Diver"}, actor=actor)
    assert await found("butterfly") == []

    await crm.fields.restore(field.id, actor=actor)
    assert await found("butterfly") == [ann.id]

    await crm.fields.update(field.id, msgspec.structs.replace(NICK, filterable=False), actor=actor)
    assert await found("butterfly") == []
    await crm.fields.update(field.id, NICK, actor=actor)
    assert await found("butterfly") == [ann.id]


async def test_a_job_goes_on_with_what_many_records_have(
    crm: Crm, clock: TurnableClock, actor: Actor, person: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crmcore.search.rebuild.BATCH", 2)
    monkeypatch.setattr(field_words, "AT_ONCE", 1)
    field = await crm.fields.create(NICK, actor=actor)
    people = [await person(first_name=f"Ann{number}", custom={"nick": "Butterfly"}) for number in range(7)]

    async def found() -> int:
        return len((await crm.search.find("butterfly", actor=actor)).items)

    await crm.fields.delete(field.id, actor=actor)
    assert await found() == len(people) - 2
    clock.advance(60)
    await crm.worker.drain()
    assert await found() == 0
    await crm.fields.restore(field.id, actor=actor)
    assert await found() == 2
    clock.advance(60)
    await crm.worker.drain()
    assert await found() == len(people)
