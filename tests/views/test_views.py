"""Saved views: one's own, shared ones, and what their questions find."""

from typing import Any
from uuid import uuid4

import msgspec
import pytest

from crmcore import Actor
from crmcore.errors import Conflict, Forbidden, Invalid, NotFound
from crmcore.records.query import ListQuery
from crmcore.views.service import NewView, ViewChanges
from crmcore.workspace import Crm

ANNAS = ListQuery(q="anna", sort="last_name", limit=2)


async def somebody(crm: Crm, role: str) -> Actor:
    """Return the actor of a new user of ``role``."""
    email = f"{uuid4().hex}@example.com"
    await crm.accounts.create_user(email, role, "correct horse battery staple", role=role)
    secret = await crm.accounts.sign_in(email, "correct horse battery staple", address="::1", user_agent="")
    actor = await crm.accounts.actor_for_session(secret)
    assert actor is not None
    return actor


@pytest.fixture
async def agent(crm: Crm) -> Actor:
    return await somebody(crm, "agent")


@pytest.fixture
async def viewer(crm: Crm) -> Actor:
    return await somebody(crm, "viewer")


async def test_a_view_finds_what_its_list_would(crm: Crm, agent: Actor) -> None:
    for name in ("Clark", "Adams", "Brown"):
        await crm.records.create("contact", {"first_name": "Anna", "last_name": name}, actor=agent)
    await crm.records.create("contact", {"first_name": "Boris"}, actor=agent)
    view = await crm.views.create(NewView(name=" Annas ", record_type="contact", query=ANNAS), actor=agent)
    assert (view.name, view.mine, view.shared, view.version, view.query) == ("Annas", True, False, 1, ANNAS)
    page = await crm.views.records(view.id, actor=agent)
    rest = await crm.views.records(view.id, actor=agent, limit=5, cursor=page.next or "")
    names = [record.document["last_name"] for record in (*page.items, *rest.items)]
    assert names == ["Adams", "Brown", "Clark"]


async def test_a_private_view_is_nobody_elses(crm: Crm, agent: Actor, viewer: Actor) -> None:
    view = await crm.views.create(NewView(name="Mine", record_type="contact"), actor=viewer)
    assert [found.id for found in await crm.views.list(actor=viewer)] == [view.id]
    assert await crm.views.list(actor=agent) == []
    for call in (
        crm.views.get(view.id, actor=agent),
        crm.views.records(view.id, actor=agent),
        crm.views.update(view.id, ViewChanges(name="Theirs"), actor=agent),
        crm.views.delete(view.id, actor=agent),
    ):
        with pytest.raises(NotFound):
            await call
    assert (await crm.views.get(view.id, actor=viewer)).name == "Mine"


async def test_a_shared_view_is_seen_by_all_and_changed_by_few(crm: Crm, agent: Actor, viewer: Actor) -> None:
    other = await somebody(crm, "agent")
    view = await crm.views.create(NewView(name="All", record_type="contact", shared=True), actor=agent)
    seen = await crm.views.get(view.id, actor=viewer)
    assert (seen.mine, seen.shared) == (False, True)
    with pytest.raises(Forbidden):
        await crm.views.update(view.id, ViewChanges(name="Ours"), actor=viewer)
    with pytest.raises(Forbidden):
        await crm.views.delete(view.id, actor=viewer)
    changed = await crm.views.update(view.id, ViewChanges(name="Ours", order=5), actor=other, version=1)
    assert (changed.name, changed.order, changed.version, changed.mine) == ("Ours", 5, 2, False)
    with pytest.raises(Conflict):
        await crm.views.update(view.id, ViewChanges(name="Late"), actor=agent, version=1)
    await crm.views.delete(view.id, actor=other)
    assert await crm.views.list(actor=agent) == []


async def test_only_who_may_write_views_shares_one(crm: Crm, viewer: Actor) -> None:
    with pytest.raises(Forbidden):
        await crm.views.create(NewView(name="All", record_type="contact", shared=True), actor=viewer)
    view = await crm.views.create(NewView(name="Mine", record_type="contact"), actor=viewer)
    with pytest.raises(Forbidden):
        await crm.views.update(view.id, ViewChanges(shared=True), actor=viewer)
    assert not (await crm.views.get(view.id, actor=viewer)).shared


async def test_a_view_gives_nobody_more_than_he_may_read(crm: Crm, agent: Actor) -> None:
    view = await crm.views.create(NewView(name="All", record_type="contact", shared=True), actor=agent)
    poor = Actor(kind="user", id=str(uuid4()), permissions=frozenset({"task.read"}))
    assert await crm.views.list(actor=poor) == []
    with pytest.raises(NotFound):
        await crm.views.records(view.id, actor=poor)
    with pytest.raises(Forbidden):
        await crm.views.create(NewView(name="x", record_type="contact"), actor=poor)


@pytest.mark.parametrize(
    ("query", "path"),
    [
        (ListQuery(filter={"field": "nothing", "op": "eq", "value": 1}), "/query/filter/field"),
        (ListQuery(filter={"all": [{"field": "language", "op": "x"}]}), "/query/filter/all/0/op"),
        (ListQuery(sort="notes"), "/query/sort"),
        (ListQuery(cursor="abc"), "/query/cursor"),
    ],
)
async def test_a_question_that_makes_no_sense_is_not_kept(
    crm: Crm, agent: Actor, query: ListQuery, path: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await crm.views.create(NewView(name="x", record_type="contact", query=query), actor=agent)
    assert [problem.path for problem in refused.value.problems] == [path]
    view = await crm.views.create(NewView(name="x", record_type="contact"), actor=agent)
    with pytest.raises(Invalid):
        await crm.views.update(view.id, ViewChanges(query=query), actor=agent)
    assert (await crm.views.get(view.id, actor=agent)).version == 1


async def test_a_view_of_records_that_are_away_is_kept_and_not_shown(crm: Crm, agent: Actor) -> None:
    from crmcore.views.tables import SavedView

    view = await crm.views.create(NewView(name="x", record_type="contact"), actor=agent)
    values: dict[Any, Any] = {"record_type": "orders_of_a_plugin"}
    await SavedView.update(values, force=True).where(SavedView.id == view.id)
    assert await crm.views.list(actor=agent) == []
    with pytest.raises(NotFound):
        await crm.views.get(view.id, actor=agent)
    assert await SavedView.exists().where(SavedView.id == view.id)


async def test_a_view_that_asks_about_a_hidden_field_is_not_there(
    crm: Crm, agent: Actor, viewer: Actor
) -> None:
    about = {"all": [{"field": "job_title", "op": "eq", "value": "spy"}]}
    view = await crm.views.create(
        NewView(name="Spies", record_type="contact", shared=True, query=ListQuery(filter=about)), actor=agent
    )
    assert [found.id for found in await crm.views.list(actor=viewer)] == [view.id]
    unseeing = msgspec.structs.replace(viewer, hidden={"contact": frozenset({"job_title"})})
    assert await crm.views.list(actor=unseeing) == []
    for call in (crm.views.get(view.id, actor=unseeing), crm.views.records(view.id, actor=unseeing)):
        with pytest.raises(NotFound) as refused:
            await call
        assert refused.value.code == "view_not_usable" and refused.value.sentence(
            "ru"
        ) != refused.value.sentence("en")
