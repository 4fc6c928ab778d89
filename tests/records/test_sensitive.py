"""Sensitive custom values: sealed in the database, masked for every reader, and still what they were."""

import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
import sensitive_plugin

from crmcore import Actor, CustomField
from crmcore.contacts.tables import Contact, MergeLog
from crmcore.errors import Forbidden, Invalid, NotFound, TooMany
from crmcore.events.tables import EventRow
from crmcore.importing.run import ImportSettings
from crmcore.records.query import ListQuery
from crmcore.records.tables import CustomFieldRow, History
from crmcore.settings import WorkspaceSettings
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

PLUGIN = EntryPoint("sensitive", "sensitive_plugin", "crmcore")
CLEAR, OTHER = "AB-536904399", "AB-777004399"
MASK = "•••• 4399"
Opened = Callable[..., Any]


@pytest.fixture
def opened(database_url: str, tmp_path: Path, clock: TurnableClock) -> Opened:
    """Open the same workspace with and without the plugin, one after the other."""

    @asynccontextmanager
    async def open_workspace(*plugins: EntryPoint) -> AsyncIterator[Crm]:
        sensitive_plugin.SEEN.clear()
        settings = WorkspaceSettings(data_dir=str(tmp_path / "data"), database_url=database_url)
        crm = Crm.build(settings, clock=clock, entry_points=list(plugins))
        await crm.start()
        try:
            with crm.bound():
                yield crm
        finally:
            await crm.stop()

    return open_workspace


@pytest.fixture
async def crm(opened: Opened, actor: Actor) -> AsyncIterator[Crm]:
    """A workspace with the plugin and a field of our own that its check makes sensitive."""
    async with opened(PLUGIN) as crm:
        assert crm.host.plugins["sensitive"].state == "loaded", crm.host.plugins["sensitive"].reason
        await crm.fields.create(
            CustomField(
                record_type="contact", key="ssn", label="SSN", format="sensitive-number", filterable=True
            ),
            actor=actor,
        )
        yield crm


async def person(crm: Crm, actor: Actor, ssn: str = CLEAR, **more: Any) -> UUID:
    record = await crm.records.create(
        "contact", {"first_name": "Anna", "custom": {"ssn": ssn}, **more}, actor=actor
    )
    return record.id


async def shown(crm: Crm, id: UUID, actor: Actor) -> Any:
    return (await crm.records.get("contact", id, actor=actor)).document["custom"].get("ssn")


async def revealed(crm: Crm, id: UUID, actor: Actor, field: str = "ssn") -> Any:
    return (await crm.records.reveal("contact", id, field, reason="test", actor=actor)).value


async def stored(id: UUID) -> dict[str, Any]:
    rows = await Contact.select(Contact.custom).where(Contact.id == id)
    found: dict[str, Any] = msgspec.json.decode(rows[0]["custom"])
    return found


async def everything(*tables: Any) -> str:
    return "".join([repr(await table.select()) for table in tables])


async def refused(write: Awaitable[Any]) -> set[tuple[str, str]]:
    with pytest.raises(Invalid) as error:
        await write
    assert CLEAR not in repr(error.value.problems)
    return {(problem.path, problem.code) for problem in error.value.problems}


async def test_a_value_is_sealed_masked_and_what_it_was(crm: Crm, actor: Actor) -> None:
    id = await person(crm, actor)
    assert set((await stored(id))["ssn"]) == {"$sealed"}
    assert await shown(crm, id, actor) == MASK
    assert await revealed(crm, id, actor) == CLEAR
    before = await stored(id)
    # A form sends back the mask, a program the value: both are the stored one.
    await crm.records.update("contact", id, {"job_title": "x", "custom": {"ssn": MASK}}, actor=actor)
    await crm.records.update("contact", id, {"custom": {"ssn": CLEAR}}, actor=actor)
    assert await stored(id) == before
    # Another value with the same mask is a change, in the history too.
    await crm.records.update("contact", id, {"custom": {"ssn": OTHER}}, actor=actor)
    assert await revealed(crm, id, actor) == OTHER
    changes = [entry.changes for entry in await crm.records.history("contact", id, actor=actor)]
    assert {"custom.ssn": ["•••", "•••"]} in changes
    await crm.records.update("contact", id, {"custom": {"ssn": None}}, actor=actor)
    assert await revealed(crm, id, actor) is None
    assert await refused(crm.records.update("contact", id, {"custom": {"ssn": MASK}}, actor=actor)) == {
        ("/custom/ssn", "masked")
    }


async def test_the_value_is_nowhere_else(crm: Crm, actor: Actor, caplog: pytest.LogCaptureFixture) -> None:
    id = await person(crm, actor)
    await crm.records.update("contact", id, {"custom": {"ssn": OTHER}}, actor=actor)
    await crm.fields.update(
        next(item.id for item in await crm.fields.list("contact", actor=actor) if item.key == "ssn"),
        CustomField(
            record_type="contact", key="ssn", label="Number", format="sensitive-number", filterable=True
        ),
        actor=actor,
    )
    searched = await crm.records.list("contact", ListQuery(q="536904399"), actor=actor)
    assert searched.items == []
    entries = repr(await Contact.raw("SELECT * FROM search_entry"))
    dump = await everything(Contact, History, EventRow, CustomFieldRow) + entries
    assert "53690" not in dump
    assert "77700" not in dump
    assert await refused(
        crm.records.update("contact", id, {"custom": {"ssn": f"x{CLEAR}"}}, actor=actor)
    ) == {("/custom/ssn", "not_a_number")}
    crash = {"custom": {"ssn": "CRASH-1234567"}}
    assert await refused(crm.records.update("contact", id, crash, actor=actor)) == {
        ("/custom/ssn", "check_failed")
    }
    assert "1234567" not in caplog.text


async def test_an_envelope_opens_in_its_own_place_only(crm: Crm, actor: Actor) -> None:
    first, second = await person(crm, actor), await person(crm, actor, OTHER)
    copied = msgspec.json.encode(await stored(first)).decode()
    await Contact.update({Contact.custom: copied}).where(Contact.id == second)
    assert await shown(crm, second, actor) == "••••"
    assert await refused(crm.records.reveal("contact", second, "ssn", reason="x", actor=actor)) == {
        ("/field", "unreadable")
    }
    await crm.records.update("contact", second, {"custom": {"ssn": CLEAR}}, actor=actor)
    assert await revealed(crm, second, actor) == CLEAR


async def test_it_is_filtered_by_presence_alone(crm: Crm, actor: Actor) -> None:
    id = await person(crm, actor)
    there = {"field": "custom.ssn", "op": "empty", "value": False}
    page = await crm.records.list("contact", ListQuery(filter=there), actor=actor)
    assert [record.id for record in page.items] == [id]
    equal = {"field": "custom.ssn", "op": "eq", "value": CLEAR}
    assert await refused(crm.records.list("contact", ListQuery(filter=equal), actor=actor)) == {
        ("/filter/op", "unknown_operator")
    }


async def test_a_plugin_sees_its_own_values_and_masks_of_others(crm: Crm, actor: Actor) -> None:
    custom = {"ssn": CLEAR, "sensitive_own": "AB-111112222"}
    record = await crm.records.create("contact", {"first_name": "A", "custom": custom}, actor=actor)
    change = sensitive_plugin.SEEN[-1]
    assert change.custom["sensitive_own"] == "AB-111112222"
    assert change.custom["ssn"] == MASK
    assert await revealed(crm, record.id, actor, "sensitive_made") == f"AB-111112222-{MASK}"
    made = (await stored(record.id))["sensitive_made"]
    await crm.records.update("contact", record.id, {"job_title": "x"}, actor=actor)
    assert (sensitive_plugin.SEEN[-1].before or {})["custom"]["ssn"] == MASK
    assert (await stored(record.id))["sensitive_made"] == made
    await crm.fields.create(
        CustomField(record_type="contact", key="codes", label="Codes", type="sensitive_list"), actor=actor
    )
    await crm.records.update("contact", record.id, {"custom": {"codes": [1, 2]}}, actor=actor)
    assert set((await stored(record.id))["codes"]) == {"$sealed"}
    assert await revealed(crm, record.id, actor, "custom.codes") == [1, 2]


async def test_it_survives_its_plugin(opened: Opened, actor: Actor) -> None:
    async with opened(PLUGIN) as crm:
        field = CustomField(record_type="contact", key="ssn", label="SSN", format="sensitive-number")
        await crm.fields.create(field, actor=actor)
        id = await person(crm, actor)
    async with opened() as crm:
        assert await shown(crm, id, actor) == "••••"
        await crm.records.update("contact", id, {"job_title": "x", "custom": {"ssn": "••••"}}, actor=actor)
        assert await revealed(crm, id, actor) == CLEAR
    async with opened(PLUGIN) as crm:
        assert await shown(crm, id, actor) == MASK
        origins = await crm.records.provenance("contact", id, actor=actor)
        assert origins["ssn"].action == "create"
        assert origins["ssn"].version == 1


async def test_merge_and_unmerge_seal_it_anew(crm: Crm, actor: Actor) -> None:
    kept = (await crm.records.create("contact", {"first_name": "Kept"}, actor=actor)).id
    merged = await person(crm, actor)
    merge = await crm.contacts.merge(kept, merged, actor=actor)
    assert await revealed(crm, kept, actor) == CLEAR
    assert "53690" not in await everything(MergeLog, Contact, History, EventRow)
    await crm.contacts.undo_merge(merge, actor=actor)
    assert await revealed(crm, kept, actor) is None
    assert await revealed(crm, merged, actor) == CLEAR
    # Both have one, and somebody chooses between values that look alike.
    third = await person(crm, actor, OTHER)
    merge = await crm.contacts.merge(third, merged, actor=actor, choices={"custom.ssn": "merged"})
    assert await revealed(crm, third, actor) == CLEAR
    await crm.contacts.undo_merge(merge, actor=actor)
    assert await revealed(crm, third, actor) == OTHER


@pytest.mark.lets_out("a default stands in the field's definition")
async def test_defaults_other_names_and_the_end_of_a_field(
    crm: Crm, actor: Actor, clock: TurnableClock
) -> None:
    given = CustomField(
        record_type="contact", key="pass_no", label="P", format="sensitive-number", default="AB-000011112222"
    )
    field = await crm.fields.create(given, actor=actor)
    record = await crm.records.create("contact", {"first_name": "A"}, actor=actor)
    assert await revealed(crm, record.id, actor, "pass_no") == "AB-000011112222"
    await crm.fields.rename(field.id, "passport", actor=actor)
    await crm.records.update("contact", record.id, {"custom": {"passport": CLEAR}}, actor=actor)
    assert await revealed(crm, record.id, actor, "passport") == CLEAR
    (value,) = await crm.fields.values(field.id, actor=actor)
    assert value.value == MASK
    await crm.fields.delete(field.id, actor=actor)
    again = await crm.records.get("contact", record.id, actor=actor)
    assert again.document["custom"].get("pass_no", "••••") == "••••"
    await crm.fields.restore(field.id, actor=actor)
    assert await revealed(crm, record.id, actor, "pass_no") == CLEAR
    await crm.fields.delete(field.id, actor=actor)
    clock.advance(31 * 86_400)
    (file,) = await crm.fields.life.purge_due()
    text = gzip.decompress(file.read_bytes()).decode()
    assert "$sealed" in text
    assert "53690" not in text
    assert "pass_no" not in await stored(record.id)


async def test_a_plan_and_a_mapping_know_the_value_and_do_not_tell_it(crm: Crm, actor: Actor) -> None:
    id = await person(crm, actor)
    definition = next(item for item in await crm.fields.list("contact", actor=actor) if item.key == "ssn")
    short = msgspec.structs.replace(definition.as_custom_field(), options={"max_length": 10})
    plan = await crm.fields.plan(short, actor=actor)
    assert (plan.with_value, plan.failing) == (1, 1)
    assert "53690" not in repr(plan)
    await crm.fields.update(
        definition.id, definition.as_custom_field(), actor=actor, outcome="map", mapping={CLEAR: OTHER}
    )
    assert await revealed(crm, id, actor) == OTHER


async def test_revealing_needs_a_permission_a_reason_and_patience(
    crm: Crm, actor: Actor, clock: TurnableClock
) -> None:
    id = await person(crm, actor)
    reader = Actor(kind="user", id="7", label="Ann", permissions=frozenset({"contact.read"}))
    with pytest.raises(Forbidden):
        await crm.records.reveal("contact", id, "ssn", reason="x", actor=reader)
    allowed = msgspec.structs.replace(reader, permissions=frozenset({"contact.read", "sensitive.read"}))
    assert await refused(crm.records.reveal("contact", id, "first_name", reason=" ", actor=allowed)) == {
        ("/field", "unknown_field"),
        ("/reason", "required"),
    }
    with pytest.raises(NotFound):
        await crm.records.reveal("contact", UUID(int=1), "ssn", reason="x", actor=allowed)
    for _ in range(20):
        await crm.records.reveal("contact", id, "ssn", reason="a call back", actor=allowed)
    with pytest.raises(TooMany):
        await crm.records.reveal("contact", id, "ssn", reason="x", actor=allowed)
    assert await revealed(crm, id, actor) == CLEAR
    clock.advance(61)
    await crm.records.reveal("contact", id, "ssn", reason="x", actor=allowed)
    entry = (await crm.records.history("contact", id, actor=actor))[-2]
    assert (entry.action, entry.actor_label, entry.reason) == ("reveal", "Ann", "a call back")
    assert "53690" not in await everything(History)


@pytest.mark.parametrize(
    "field", [{"key": "cvv"}, {"key": "code", "label": {"en": "Code", "ru": "CVC карты"}}]
)
async def test_no_field_takes_security_codes(crm: Crm, actor: Actor, field: dict[str, Any]) -> None:
    given = CustomField(**{"record_type": "contact", "label": "x", **field})
    assert await refused(crm.fields.create(given, actor=actor)) == {("/key", "forbidden")}


@pytest.mark.lets_out("the imported file itself is kept for its thirty days")
async def test_an_import_seals_what_it_brings_and_its_undoing_puts_the_old_value_back(
    crm: Crm, actor: Actor, tmp_path: Path
) -> None:
    record = await crm.records.create(
        "contact",
        {"first_name": "Anna", "emails": ["a@example.com"], "custom": {"ssn": OTHER}},
        actor=actor,
    )
    file = tmp_path / "people.csv"
    file.write_text(
        f"first_name,emails,custom.ssn\nAnna,a@example.com,{CLEAR}\nBoris,b@example.com,{CLEAR}\n"
        "Card,4111111111111111,\n",
        encoding="utf-8",
    )
    run = await crm.imports.file("contact", file, ImportSettings(duplicates="update"), actor=actor)
    assert (run.created, run.updated) == (1, 1)
    assert await revealed(crm, record.id, actor) == CLEAR
    tables = ("contact", "history", "event", "import_run", "import_row", "job", "search_entry")
    dump = "".join([repr(await Contact.raw(f'SELECT * FROM "{name}"')) for name in tables])
    assert "53690" not in dump
    assert "4111111111111111" not in dump
    undone = await crm.imports.undo(run.id, actor=actor, in_background=False)
    await crm.imports.work(undone.id)
    assert await revealed(crm, record.id, actor) == OTHER
