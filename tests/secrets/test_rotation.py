"""Keys change while people work: everything sealed follows, nothing is lost, and a lost key is told at the start."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from crmcore import Actor, CustomField, system_actor
from crmcore.accounts.tables import SecondFactor, User
from crmcore.contacts.tables import Contact, MergeLog
from crmcore.errors import Forbidden
from crmcore.events.tables import EventRow
from crmcore.records.query import ListQuery
from crmcore.records.tables import History, IdempotentAnswer
from crmcore.secrets import SecretError, new_key
from crmcore.secrets.places import SealedColumn
from crmcore.secrets.tables import Sealing
from crmcore.settings import WorkspaceSettings
from crmcore.workspace import Crm

PLUGIN = EntryPoint("sensitive", "sensitive_plugin", "crmcore")
FIELD = CustomField(record_type="contact", key="ssn", label="SSN", format="sensitive-number", filterable=True)
PLAIN = msgspec.structs.replace(FIELD, format="")
Opened = Callable[..., Any]


@pytest.fixture
def actor() -> Actor:
    return system_actor("tests")


@pytest.fixture
def opened(database_url: str, tmp_path: Path) -> Opened:
    """Open the same workspace again and again."""

    @asynccontextmanager
    async def open_workspace(**more: Any) -> AsyncIterator[Crm]:
        settings = WorkspaceSettings(data_dir=str(tmp_path / "data"), database_url=database_url, **more)
        crm = Crm.build(settings, entry_points=[PLUGIN])
        await crm.start()
        try:
            with crm.bound():
                yield crm
        finally:
            await crm.stop()

    return open_workspace


async def fill(crm: Crm, actor: Actor, count: int = 3) -> list[UUID]:
    await crm.fields.create(FIELD, actor=actor)
    people = [
        {"first_name": f"A{number}", "custom": {"ssn": f"AB-10000000{number}"}} for number in range(count)
    ]
    return [(await crm.records.create("contact", person, actor=actor)).id for person in people]


async def value(crm: Crm, id: UUID, actor: Actor) -> Any:
    return (await crm.records.reveal("contact", id, "ssn", reason="test", actor=actor)).value


async def test_a_rotation_reaches_every_place_and_retires_the_old_key(opened: Opened, actor: Actor) -> None:
    async with opened() as crm:
        first, second, third = await fill(crm, actor)
        merge = await crm.contacts.merge(first, second, actor=actor, choices={"custom.ssn": "merged"})
        user = await User.insert(User(email="a@example.com", name="A"))
        place = ("second_factor", "secret", str(user[0]["id"]))
        await SecondFactor.insert(SecondFactor(user=user[0]["id"], secret=crm.keys.encrypt("TOTP", *place)))
        (old,) = crm.keys.ids
        new = crm.keys.add(new_key())
        assert crm.keys.ids == (new, old)
        before = {use.id: use.used for use in await crm.rotation.list()}
        assert {"contact.custom": 3, "merge_log.before": 1, "second_factor.secret": 1}.items() <= before[
            old
        ].items()
        with pytest.raises(SecretError, match="still needed"):
            await crm.rotation.retire(old)
        await crm.rotation.run()
        await crm.rotation.retire(old)
        assert [(use.id, use.first) for use in await crm.rotation.list()] == [(new, True)]
    async with opened() as crm:
        assert crm.keys.ids == (new,)
        await crm.contacts.undo_merge(merge, actor=actor)
        assert [await value(crm, id, actor) for id in (first, second, third)] == [
            "AB-100000000",
            "AB-100000001",
            "AB-100000002",
        ]
        factor = await SecondFactor.select(SecondFactor.secret)
        assert crm.keys.decrypt(factor[0]["secret"], *place) == "TOTP"


async def test_a_rotation_goes_on_where_it_was_stopped(
    opened: Opened, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crmcore.secrets.rotation.BATCH", 2)
    async with opened() as crm:
        await fill(crm, actor, 5)
        old = crm.keys.ids[0]
        crm.keys.add(new_key())

        def interrupt(place: str, done: int, total: int) -> None:
            if place == "contact.custom" and done == 4:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            await crm.rotation.run(interrupt)
        assert [row["done"] for row in await Sealing.select().where(Sealing.place == "contact.custom")] == [4]
        told: list[int] = []
        await crm.rotation.run(
            lambda place, done, total: told.append(done) if place == "contact.custom" else None
        )
        assert told == [5]
        assert next(use.used for use in await crm.rotation.list() if use.id == old) == {}


async def test_a_lost_key_is_told_at_the_start(opened: Opened, actor: Actor, tmp_path: Path) -> None:
    async with opened() as crm:
        (id, *_) = await fill(crm, actor)
        (lost,) = crm.keys.ids
    with pytest.raises(
        SecretError, match=rf"key {lost}, which is not in CRMCORE_SECRET_KEY \(contact.custom: 3\)"
    ):
        async with opened(secret_key=new_key()):
            pass
    async with opened() as crm:
        assert await value(crm, id, actor) == "AB-100000000"


async def test_a_key_that_sealed_nothing_may_be_lost(opened: Opened, tmp_path: Path) -> None:
    async with opened():
        pass
    async with opened(secret_key=new_key()) as crm:
        assert len(await crm.rotation.list()) == 1


@pytest.mark.lets_out("the field is plain again in the end")
async def test_a_field_becomes_sensitive_and_ceases_to_be(opened: Opened, actor: Actor) -> None:
    async with opened() as crm:
        field = await crm.fields.create(PLAIN, actor=actor)
        person = {"first_name": "Anna", "custom": {"ssn": "AB-536904399"}}
        id = (await crm.records.create("contact", person, actor=actor)).id
        other = (await crm.records.create("contact", {"first_name": "B"}, actor=actor)).id
        merge = await crm.contacts.merge(other, id, actor=actor)
        answer = msgspec.json.encode({"custom": {"ssn": "AB-536904399"}})
        await IdempotentAnswer.insert(IdempotentAnswer(actor="a", key="k", request_hash="", body=answer))
        found = await crm.records.list("contact", ListQuery(q="536904399"), actor=actor)
        assert [record.id for record in found.items] == [other]
        await crm.fields.update(field.id, FIELD, actor=actor)
        # Nobody reads it from this moment on, whatever is stored.
        assert (await crm.records.get("contact", other, actor=actor)).document["custom"]["ssn"] == "•••• 4399"
        assert await crm.field_sealing.run() == {"contact": 3}
        assert await crm.field_sealing.run() == {}
        dump = "".join(
            [repr(await table.select()) for table in (Contact, History, EventRow, MergeLog, IdempotentAnswer)]
        )
        assert "536904399" not in dump + repr(await Contact.raw("SELECT * FROM search_entry"))
        assert await value(crm, other, actor) == "AB-536904399"
        await crm.contacts.undo_merge(merge, actor=actor)
        assert await value(crm, id, actor) == "AB-536904399"
        clerk = Actor(kind="user", id="1", label="C", permissions=frozenset({"field.write", "contact.read"}))
        with pytest.raises(Forbidden):
            await crm.fields.update(field.id, PLAIN, actor=clerk)
        await crm.fields.update(field.id, PLAIN, actor=actor)
        await crm.field_sealing.run()
        assert (await crm.records.get("contact", id, actor=actor)).document["custom"]["ssn"] == "AB-536904399"
        found = await crm.records.list("contact", ListQuery(q="536904399"), actor=actor)
        assert [record.id for record in found.items] == [id]


async def test_a_damaged_envelope_stops_no_rotation(opened: Opened, actor: Actor) -> None:
    async with opened() as crm:
        first, second, third = await fill(crm, actor)
        rows = await Contact.select(Contact.custom).where(Contact.id == first)
        await Contact.update({Contact.custom: rows[0]["custom"]}).where(Contact.id == second)
        old = crm.keys.ids[0]
        crm.keys.add(new_key())
        await crm.rotation.run()
        assert next(use.used for use in await crm.rotation.list() if use.id == old) == {"contact.custom": 1}
        assert await value(crm, third, actor) == "AB-100000002"


async def test_every_envelope_of_the_code_is_in_a_registered_place(opened: Opened) -> None:
    async with opened() as crm:
        names = {place.name for place in crm.rotation.places}
    assert {"plugin_settings.settings", "channel_account.config", "inbound_delivery.body"} <= names
    assert all(isinstance(place, SealedColumn) for place in crm.rotation.places)
