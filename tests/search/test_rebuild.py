"""Making the index anew: complete, resumable, without what is gone."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from crmcore import Actor
from crmcore.search.tables import SearchProgress
from crmcore.workspace import Crm

Tell = Callable[..., Awaitable[Any]]


async def index(crm: Crm) -> list[tuple[Any, ...]]:
    """Return all there is in the index."""
    entries = await SearchProgress.raw(
        "SELECT id, record_type, title, CAST(words AS text) AS words FROM search_entry"
    )
    grams = await SearchProgress.raw("SELECT gram, length, word FROM search_gram")
    return sorted(tuple(map(str, row.values())) for row in (*entries, *grams))


@pytest.fixture
async def full(crm: Crm, actor: Actor, person: Tell, case: Tell) -> Crm:
    """A workspace where every kind of record has words."""
    for number in range(7):
        record = await person(
            first_name="Anna", last_name=f"Smith{number}", company="Acme", emails=[f"a{number}@x.org"]
        )
        await case(f"Case {number}", "one text", "another", contact=record.id)
    await crm.records.create("task", {"title": "Call back", "notes": "Ask for the invoice"}, actor=actor)
    return crm


async def test_a_rebuild_makes_what_the_writes_have_made(full: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crmcore.search.rebuild.BATCH", 3)
    before = await index(full)
    told: list[tuple[str, int, int]] = []
    counts = await full.search_rebuild.run(lambda *step: told.append(step))
    assert await index(full) == before
    assert counts == {"contact": 7, "company": 1, "conversation": 7, "message": 14, "task": 1} | {
        key: count for key, count in counts.items() if not count
    }
    assert ("message", 14, 14) in told and ("message", 3, 14) in told
    assert all(done <= total for _, done, total in told)


async def test_a_rebuild_removes_what_is_gone_and_brings_what_was_lost(full: Crm) -> None:
    before = await index(full)
    await SearchProgress.raw("DELETE FROM search_entry WHERE record_type = 'task'")
    await SearchProgress.raw(
        "UPDATE search_entry SET record_id = {}, words = words WHERE record_type = 'company'",
        "0193a2f4-7c1e-7d3a-9b7e-0f4c5d6e7f80",
    ) if full.database.kind == "sqlite" else await SearchProgress.raw(
        "UPDATE search_entry SET record_id = '0193a2f4-7c1e-7d3a-9b7e-0f4c5d6e7f80' WHERE record_type = 'company'"
    )
    await SearchProgress.raw("INSERT INTO search_gram (gram, length, word) VALUES ('', 7, 'nowhere')")
    await full.search_rebuild.run()
    assert await index(full) == before


async def test_an_interrupted_rebuild_goes_on_where_it_stopped(
    full: Crm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crmcore.search.rebuild.BATCH", 2)
    before = await index(full)

    def stop(what: str, done: int, total: int) -> None:
        if (what, done) == ("message", 6):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await full.search_rebuild.run(stop)
    told: list[tuple[str, int, int]] = []
    await full.search_rebuild.run(lambda *step: told.append(step))
    assert [done for what, done, _ in told if what == "message"] == [8, 10, 12, 14, 14]
    assert [done for what, done, _ in told if what == "contact"] == [7]
    assert await index(full) == before
    assert not await SearchProgress.exists()


async def test_a_rebuild_can_begin_anew(full: Crm) -> None:
    await SearchProgress.insert(SearchProgress(record_type="contact", finished=full.clock(), done=99))
    assert (await full.search_rebuild.run(restart=True))["contact"] == 7


async def test_a_merge_and_its_undoing_are_found_as_they_are(crm: Crm, actor: Actor, person: Tell) -> None:
    one = await person(first_name="Anna", emails=["anna@example.org"])
    other = await person(first_name="Annette", phones=["+49 30 5550199"])

    async def found(q: str) -> set[Any]:
        return {find.id for find in (await crm.search.find(q, actor=actor)).items}

    merge = await crm.contacts.merge(one.id, other.id, actor=actor)
    assert await found("0199") == {one.id}
    assert await found("annette") == set()
    await crm.search_rebuild.run()
    await crm.contacts.undo_merge(merge, actor=actor)
    assert await found("0199") == {other.id}
    assert await found("anna@example.org") == {one.id}
    assert await found("annette") == {other.id}
