"""One change to many records: through the gate, remembered, and taken back."""

from typing import Any
from uuid import UUID

import msgspec
import pytest
from posting import ADMIN

from crmcore import CustomField
from crmcore.bulk.run import Selection, Work
from crmcore.bulk.tables import BulkRow, BulkRun
from crmcore.contracts.actors import Actor
from crmcore.errors import Conflict, Forbidden, Invalid, NotFound
from crmcore.jobs.progress import Progress, reporting
from crmcore.records.query import ListQuery
from crmcore.workspace import Crm


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what is begun be done at once however slow the machine is."""
    monkeypatch.setattr("crmcore.bulk.service.FIRST_S", 60)


@pytest.fixture
async def boss(crm: Crm) -> Actor:
    id = await crm.accounts.create_user("boss@example.com", "Boss", "correct horse battery", role="admin")
    actor = await crm.accounts.actor_for_user(id)
    assert actor is not None
    return actor


async def people(crm: Crm, count: int, **document: Any) -> list[UUID]:
    made = [
        await crm.records.create("contact", {"first_name": f"P{number}", **document}, actor=ADMIN)
        for number in range(count)
    ]
    return [record.id for record in made]


async def documents(crm: Crm, ids: list[UUID]) -> list[dict[str, Any]]:
    return [(await crm.records.get("contact", id, actor=ADMIN)).document for id in ids]


async def test_all_that_match_are_changed_and_changed_back(crm: Crm, boss: Actor) -> None:
    field = CustomField(
        record_type="contact", key="tier", label="Tier", type="drop_down",
        options={"choices": [{"value": "gold"}, {"value": "tin"}]},
    )  # fmt: skip
    await crm.fields.create(field, actor=ADMIN)
    ids = await people(crm, 60, language="en", tags=["old", "vip"], custom={"tier": "tin"})
    others = await people(crm, 2, language="de", tags=["old"])
    work = Work(
        changes={"language": "ru", "owner_id": boss.id, "custom": {"tier": "gold"}},
        add_tags=("new",),
        remove_tags=("OLD",),
    )
    english = ListQuery(filter={"field": "language", "op": "eq", "value": "en"})
    run = await crm.bulk.begin("contact", Selection(query=english), work, actor=boss)
    assert run.total == 60
    await people(crm, 1, language="en")
    await crm.worker.drain()
    run = await crm.bulk.get(run.id, actor=boss)
    assert (run.state, run.changed, run.unchanged, run.refused) == ("done", 60, 0, 0)
    for document in await documents(crm, ids):
        assert (document["language"], document["custom"], document["tags"]) == (
            "ru",
            {"tier": "gold"},
            ["new", "vip"],
        )
        assert str(document["owner_id"]) == boss.id
    assert {document["language"] for document in await documents(crm, others)} == {"de"}
    again = await crm.bulk.begin("contact", Selection(ids=tuple(ids[:5])), work, actor=boss)
    assert (again.state, again.changed, again.unchanged) == ("done", 0, 5)
    await crm.records.update("contact", ids[0], {"language": "fr", "tags": ["new", "mine"]}, actor=ADMIN)
    await crm.records.delete("contact", ids[1], actor=ADMIN)
    undone = await crm.bulk.undo(run.id, actor=boss)
    await crm.worker.drain()
    undone = await crm.bulk.get(run.id, actor=boss)
    assert (undone.state, undone.undone, undone.kept) == ("undone", 58, 2)
    first, *rest = await documents(crm, [ids[0], *ids[2:]])
    assert (first["language"], first["custom"], first["tags"]) == ("fr", {"tier": "tin"}, ["mine", "old"])
    for document in rest:
        assert (document["language"], document["custom"]) == ("en", {"tier": "tin"})
        assert (document["tags"], document["owner_id"]) == (["old", "vip"], None)
    with pytest.raises(Conflict):
        await crm.bulk.undo(run.id, actor=boss)


async def test_refused_rows_are_told_by_their_reason(crm: Crm, boss: Actor) -> None:
    taken, *ids = await people(crm, 4)
    await crm.records.update("contact", taken, {"emails": ["a@example.com"]}, actor=ADMIN)
    work = Work(changes={"emails": ["a@example.com"]})
    run = await crm.bulk.begin("contact", Selection(ids=(taken, *ids, UUID(int=7))), work, actor=boss)
    assert (run.state, run.unchanged, run.refused) == ("done", 1, 4)
    reasons = await crm.bulk.refusals(run.id, actor=boss)
    assert [(reason.count, reason.records) for reason in reasons] == [(3, tuple(ids)), (1, (UUID(int=7),))]
    assert reasons[0].text == "Another contact has a@example.com already."


async def test_deletion_and_its_undoing(crm: Crm, boss: Actor) -> None:
    ids = await people(crm, 3, emails=[])
    run = await crm.bulk.begin("contact", Selection(ids=tuple(ids)), Work(delete=True), actor=boss)
    assert (run.state, run.changed) == ("done", 3)
    with pytest.raises(NotFound):
        await crm.records.get("contact", ids[0], actor=ADMIN)
    run = await crm.bulk.undo(run.id, actor=boss)
    assert (run.state, run.undone) == ("undone", 3)
    assert len(await documents(crm, ids)) == 3


async def test_who_may_and_what_is_refused(crm: Crm, boss: Actor) -> None:
    ids = tuple(await people(crm, 2))
    agent = msgspec.structs.replace(boss, permissions=frozenset({"contact.read", "contact.write"}))
    with pytest.raises(Forbidden):
        await crm.bulk.begin("contact", Selection(ids=ids), Work(delete=True), actor=agent)
    for selection, work in (
        (Selection(ids=ids), Work()),
        (Selection(), Work(delete=True)),
        (Selection(query=ListQuery(filter={"field": "nope", "op": "eq", "value": 1})), Work(add_tags=("x",))),
    ):
        with pytest.raises(Invalid):
            await crm.bulk.begin("contact", selection, work, actor=boss)
    run = await crm.bulk.begin("contact", Selection(ids=ids), Work(add_tags=("x",)), actor=boss)
    other = msgspec.structs.replace(agent, id=str(UUID(int=5)))
    with pytest.raises(NotFound):
        await crm.bulk.get(run.id, actor=other)


async def test_a_run_that_was_left_in_the_middle_goes_on(crm: Crm, boss: Actor, monkeypatch: Any) -> None:
    ids = await people(crm, 120)
    monkeypatch.setattr("crmcore.bulk.service.FIRST_S", 0.0)
    everybody = Selection(query=ListQuery())
    run = await crm.bulk.begin("contact", everybody, Work(changes={"language": "de"}), actor=boss)
    assert (run.state, run.changed, run.is_open) == ("running", 50, True)
    await crm.worker.drain()
    run = await crm.bulk.get(run.id, actor=boss)
    assert (run.state, run.changed) == ("done", 120)
    assert await BulkRow.count().where(BulkRow.run == run.id) == len(ids)
    assert await BulkRun.count() == 1


async def test_the_job_tells_how_far_it_is(crm: Crm, boss: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crmcore.bulk.service.FIRST_S", 0)
    ids = tuple(await people(crm, 110))
    run = await crm.bulk.begin("contact", Selection(ids=ids), Work(changes={"language": "ru"}), actor=boss)
    assert (run.is_open, run.done, run.total_now) == (True, 50, 110)

    class Heard(Progress):
        def __init__(self) -> None:
            self.told: list[tuple[int, int]] = []

        async def tell(self, done: int, total: int) -> None:
            self.told.append((done, total))

    heard = Heard()
    with reporting(heard):
        await crm.bulk.turn(run.id)
    assert heard.told == [(50, 110), (100, 110)]
    back = await crm.bulk.undo(run.id, actor=boss)
    assert (back.state, back.done, back.total_now) == ("undoing", 50, 110)
    with reporting(heard):
        await crm.bulk.turn(run.id)
    assert heard.told[2:] == [(50, 110), (100, 110)]
    assert (await crm.bulk.get(run.id, actor=boss)).state == "undone"
