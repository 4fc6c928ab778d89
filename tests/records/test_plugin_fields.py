"""Fields, validators and rules of a plugin: while it is there, while it is away, and after it is back."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from crmcore import Actor, CustomField, plugin_actor
from crmcore.errors import Forbidden, Invalid, NotFound
from crmcore.records.tables import History
from crmcore.settings import WorkspaceSettings
from crmcore.workspace import Crm

LOYALTY = EntryPoint("loyalty", "loyalty_plugin", "crmcore")
Opened = Callable[..., Any]


@pytest.fixture
def opened(database_url: str, tmp_path: Path) -> Opened:
    """Open the same workspace with and without the plugin, one after the other."""

    @asynccontextmanager
    async def open_workspace(*plugins: EntryPoint) -> AsyncIterator[Crm]:
        settings = WorkspaceSettings(data_dir=str(tmp_path / "data"), database_url=database_url)
        crm = Crm.build(settings, entry_points=list(plugins))
        await crm.start()
        try:
            with crm.bound():
                yield crm
        finally:
            await crm.stop()

    return open_workspace


async def refused(write: Awaitable[Any]) -> set[tuple[str, str]]:
    with pytest.raises(Invalid) as error:
        await write
    return {(problem.path, problem.code) for problem in error.value.problems}


async def test_a_plugins_validator_normalises_and_refuses(opened: Opened, actor: Actor) -> None:
    async with opened(LOYALTY) as crm:
        assert crm.host.plugins["loyalty"].state == "loaded", crm.host.plugins["loyalty"].reason
        record = await crm.records.create(
            "contact", {"first_name": "A", "custom": {"loyalty_card": "l 12"}}, actor=actor
        )
        assert record.document["custom"] == {"loyalty_card": "••••"}
        revealed = await crm.records.reveal("contact", record.id, "loyalty_card", reason="test", actor=actor)
        assert revealed.value == "L12"
        bad = {"first_name": "B", "custom": {"loyalty_card": "12"}}
        assert await refused(crm.records.create("contact", bad, actor=actor)) == {
            ("/custom/loyalty_card", "not_a_card")
        }
        assert await refused(crm.records.create("contact", {"first_name": "B"}, actor=actor)) == {
            ("/custom/loyalty_card", "required")
        }


async def test_only_its_plugin_writes_a_read_only_field(opened: Opened, actor: Actor) -> None:
    async with opened(LOYALTY) as crm:
        record = await crm.records.create(
            "contact", {"first_name": "A", "custom": {"loyalty_card": "L1"}}, actor=actor
        )
        points = {"custom": {"loyalty_points": 5}}
        assert await refused(crm.records.update("contact", record.id, points, actor=actor)) == {
            ("/custom/loyalty_points", "read_only")
        }
        assert await refused(
            crm.records.update("contact", record.id, points, actor=plugin_actor("other"))
        ) == {("/custom/loyalty_points", "read_only")}
        written = await crm.records.update("contact", record.id, points, actor=plugin_actor("loyalty"))
        assert written.document["custom"]["loyalty_points"] == 5
        field = (await crm.fields.list("contact", actor=actor))[0]
        with pytest.raises(Forbidden):
            await crm.fields.delete(field.id, actor=actor)


async def test_a_plugin_that_is_gone_leaves_dormant_fields_and_comes_back(
    opened: Opened, actor: Actor
) -> None:
    async with opened(LOYALTY) as crm:
        record = await crm.records.create(
            "contact", {"first_name": "A", "custom": {"loyalty_card": "L1"}}, actor=actor
        )
    async with opened() as crm:
        schema = await crm.records.schema("contact")
        dormant = schema["properties"]["custom"]["properties"]["loyalty_card"]
        assert dormant["readOnly"] is True
        assert "loyalty" in dormant["x-crm"]["dormant"]
        assert "required" not in schema["properties"]["custom"]
        saved = await crm.records.update("contact", record.id, {"first_name": "B"}, actor=actor)
        assert saved.document["custom"] == {"loyalty_card": "••••"}
        echoed = await crm.records.update(
            "contact", record.id, {"custom": {"loyalty_card": "L1"}}, actor=actor
        )
        assert echoed.version == saved.version + 1
        changed = crm.records.update("contact", record.id, {"custom": {"loyalty_card": "L2"}}, actor=actor)
        assert await refused(changed) == {("/custom/loyalty_card", "dormant")}
        await crm.records.create("contact", {"first_name": "New"}, actor=actor)
    async with opened(LOYALTY) as crm:
        again = await crm.records.update(
            "contact", record.id, {"custom": {"loyalty_card": "l2"}}, actor=actor
        )
        revealed = await crm.records.reveal("contact", again.id, "loyalty_card", reason="test", actor=actor)
        assert revealed.value == "L2"


async def test_a_sensitive_value_is_not_in_history_or_events(opened: Opened, actor: Actor) -> None:
    async with opened(LOYALTY) as crm:
        document = {"first_name": "A", "custom": {"loyalty_card": "L987654"}}
        record = await crm.records.create("contact", document, actor=actor)
        await crm.records.update("contact", record.id, {"custom": {"loyalty_card": "L987655"}}, actor=actor)
        rows = await History.select()
        events = await History.raw("SELECT payload FROM event")
        assert len(rows) == 2
        assert len(events) == 2
        assert "L98765" not in repr(rows) + repr(events)


async def test_a_rule_of_a_plugin_stops_the_write_and_is_named(opened: Opened, actor: Actor) -> None:
    async with opened(LOYALTY) as crm:
        with pytest.raises(Invalid) as error:
            await crm.records.create("company", {"name": "Forbidden Ltd"}, actor=actor)
        assert [(p.path, p.code, p.plugin) for p in error.value.problems] == [
            ("/name", "forbidden_name", "loyalty")
        ]
        with pytest.raises(Invalid) as error:
            await crm.records.create(
                "contact",
                {"first_name": "A", "custom": {"loyalty_card": "L1"}, "company": "Broken Ltd"},
                actor=actor,
            )
        assert error.value.code == "plugin_failed"
        assert "loyalty" in error.value.sentence("en")
        assert await History.count() == 0


async def test_before_delete_keeps_a_record_and_names_the_plugin(opened: Opened, actor: Actor) -> None:
    async with opened(LOYALTY) as crm:
        kept = await crm.records.create("company", {"name": "Kept Ltd"}, actor=actor)
        gone = await crm.records.create("company", {"name": "Gone Ltd"}, actor=actor)
        with pytest.raises(Invalid) as error:
            await crm.records.delete("company", kept.id, actor=actor)
        assert [(problem.code, problem.plugin) for problem in error.value.problems] == [("kept", "loyalty")]
        assert await crm.records.get("company", kept.id, actor=actor) == kept
        await crm.records.delete("company", gone.id, actor=actor)
        with pytest.raises(NotFound):
            await crm.records.get("company", gone.id, actor=actor)


async def test_a_disabled_plugin_is_not_loaded_at_the_next_start(opened: Opened) -> None:
    async with opened(LOYALTY) as crm:
        await crm.ledger.choose("loyalty", False)
    async with opened(LOYALTY) as crm:
        assert crm.host.plugins["loyalty"].state == "disabled"
        await crm.ledger.choose("loyalty", None)
    async with opened(LOYALTY) as crm:
        assert crm.host.plugins["loyalty"].state == "loaded"


async def test_a_plugins_validator_is_asked_about_its_options(opened: Opened, actor: Actor) -> None:
    def field(key: str, **options: Any) -> CustomField:
        return CustomField(
            record_type="contact",
            key=key,
            label=key,
            format="loyalty-code",
            options={"format_options": options},
        )

    async with opened(LOYALTY) as crm:
        path = "/options/format_options"
        assert await refused(crm.fields.create(field("a", letter="7"), actor=actor)) == {
            (path, "not_a_letter")
        }
        assert await refused(crm.fields.create(field("b", letter=""), actor=actor)) == {
            (path, "format_failed")
        }
        assert await refused(crm.fields.create(field("c", letter=7), actor=actor)) == {
            (f"{path}/letter", "wrong_type")
        }
        await crm.fields.create(field("d", letter="L"), actor=actor)
        await crm.fields.create(field("e"), actor=actor)
