"""Fields that are required before a record leaves a choice of a drop-down list."""

from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from crmcore import Actor, CustomField, Leaving, plugin_actor
from crmcore.errors import Invalid
from crmcore.records.definition import Definition
from crmcore.settings import WorkspaceSettings
from crmcore.workspace import Crm

STAGES = [
    {"value": "new", "label": {"en": "New", "ru": "Новая"}},
    {"value": "qualified", "label": {"en": "Qualified", "ru": "Отобрана"}},
    {"value": "won"},
]
LEAVING = Leaving(field="stage", choices=("qualified",))


async def define(crm: Crm, actor: Actor, key: str, **more: Any) -> Definition:
    field = CustomField(**{"record_type": "contact", "key": key, "label": key.title(), **more})
    return await crm.fields.create(field, actor=actor)


async def stages(crm: Crm, actor: Actor, **more: Any) -> tuple[Definition, Definition]:
    """Return the list of stages and the field that waits for it."""
    label = {"en": "Stage", "ru": "Этап"}
    options = {"choices": STAGES}
    stage = await define(crm, actor, "stage", label=label, type="drop_down", options=options)
    waiting = {"label": {"en": "Budget", "ru": "Бюджет"}, "required_before_leaving": LEAVING, **more}
    return stage, await define(crm, actor, "budget", **waiting)


async def contact(crm: Crm, actor: Actor, **custom: Any) -> UUID:
    return (await crm.records.create("contact", {"first_name": "A", "custom": custom}, actor=actor)).id


async def refused(crm: Crm, actor: Actor, id: UUID, **custom: Any) -> list[tuple[str, str, str, str]]:
    with pytest.raises(Invalid) as found:
        await crm.records.update("contact", id, {"custom": custom}, actor=actor)
    return [
        (problem.path, problem.code, problem.sentence("en"), problem.sentence("ru"))
        for problem in found.value.problems
    ]


async def saved(crm: Crm, actor: Actor, id: UUID, **custom: Any) -> dict[str, Any]:
    document = (await crm.records.update("contact", id, {"custom": custom}, actor=actor)).document
    found: dict[str, Any] = document["custom"]
    return found


STOPPED = (
    "/custom/budget",
    "required_before_leaving",
    "Fill in “Budget” before “Stage” leaves “Qualified”.",
    "Заполните «Бюджет», прежде чем «Этап» сменит значение «Отобрана».",
)


async def test_a_stage_is_left_with_what_it_needs(crm: Crm, actor: Actor) -> None:
    await stages(crm, actor)
    # Nothing is left by making a record, by entering the stage, or by leaving another one.
    id = await contact(crm, actor, stage="new")
    await saved(crm, actor, id, stage="qualified")
    assert await refused(crm, actor, id, stage="won") == [STOPPED]
    assert await refused(crm, actor, id, stage=None) == [STOPPED]
    assert await refused(crm, actor, id, stage="", budget="") == [STOPPED]
    # In breach it stays savable as long as it stays there.
    await crm.records.update("contact", id, {"last_name": "B", "custom": {"stage": "qualified"}}, actor=actor)
    assert await saved(crm, actor, id, stage="won", budget="9") == {"stage": "won", "budget": "9"}
    # What counts is what the record has after the write: the value goes together with the stage.
    await saved(crm, actor, id, stage="qualified")
    assert await refused(crm, actor, id, stage="new", budget=None) == [STOPPED]
    await crm.records.delete("contact", id, actor=actor)
    await crm.records.restore("contact", id, actor=actor)
    # A value that is wrong is told alone.
    problems = await refused(crm, actor, await contact(crm, actor, stage="qualified"), stage="lost")
    assert [problem[:2] for problem in problems] == [("/custom/stage", "not_a_choice")]


async def test_without_choices_every_one_is_meant(crm: Crm, actor: Actor) -> None:
    await stages(crm, actor, required_before_leaving=Leaving(field="stage"))
    id = await contact(crm, actor)
    await saved(crm, actor, id, stage="new")
    assert [problem[0] for problem in await refused(crm, actor, id, stage="won")] == ["/custom/budget"]


@pytest.mark.parametrize(
    ("leaving", "path", "code"),
    [
        (Leaving(field="stge"), "/required_before_leaving/field", "unknown_field"),
        (Leaving(field="notes_of_ours"), "/required_before_leaving/field", "not_a_list"),
        (Leaving(field="x"), "/required_before_leaving/field", "names_itself"),
        (
            Leaving(field="stage", choices=("won", "lost")),
            "/required_before_leaving/choices/1",
            "not_a_choice",
        ),
    ],
)
async def test_a_definition_that_names_no_choice_of_a_list_is_refused(
    crm: Crm, actor: Actor, leaving: Leaving, path: str, code: str
) -> None:
    await stages(crm, actor)
    await define(crm, actor, "notes_of_ours")
    for attempt in (define(crm, actor, "x", required_before_leaving=leaving),):
        with pytest.raises(Invalid) as found:
            await attempt
        assert [(problem.path, problem.code) for problem in found.value.problems] == [(path, code)]
    field = CustomField(record_type="contact", key="x", label="X", required_before_leaving=leaving)
    with pytest.raises(Invalid):
        await crm.fields.plan(field, actor=actor)


async def test_the_rule_sleeps_while_its_list_is_away(crm: Crm, actor: Actor) -> None:
    stage, budget = await stages(crm, actor)
    id = await contact(crm, actor, stage="qualified")

    async def asleep() -> str:
        found = await crm.fields.get(budget.id, actor=actor)
        return str(msgspec.to_builtins(found.leaving_asleep)["en"] if found.leaving_asleep else "")

    assert await asleep() == ""
    # Renamed, the list is the same one; a definition may give the new name, and keeps the key.
    await crm.fields.rename(stage.id, "phase", actor=actor)
    await crm.fields.update(
        budget.id,
        msgspec.structs.replace(
            budget.as_custom_field(), required_before_leaving=Leaving(field="phase", choices=("qualified",))
        ),
        actor=actor,
    )
    assert (await crm.fields.get(budget.id, actor=actor)).required_before_leaving == LEAVING
    assert await refused(crm, actor, id, phase="won") == [STOPPED]

    await crm.fields.delete(stage.id, actor=actor)
    assert await asleep() == "there is no field “stage” at the moment."
    published = (await crm.records.schema("contact"))["properties"]["custom"]["properties"]["budget"]["x-crm"]
    assert published["required_before_leaving"] == {
        "field": "stage",
        "choices": ["qualified"],
        "asleep": "there is no field “stage” at the moment.",
    }
    # What the rule names is away; the rest of the definition can be changed all the same.
    changed = msgspec.structs.replace(
        (await crm.fields.get(budget.id, actor=actor)).as_custom_field(), order=7
    )
    await crm.fields.update(budget.id, changed, actor=actor)
    await crm.fields.restore(stage.id, actor=actor)
    assert await asleep() == ""
    assert await refused(crm, actor, id, stage="won") == [STOPPED]

    # A choice that records have is retired, and is left as before; one that nobody has is gone.
    stored = (await crm.fields.get(stage.id, actor=actor)).as_custom_field()
    without = msgspec.structs.replace(stored, options={"choices": [STAGES[0], STAGES[2]]})
    await crm.fields.update(stage.id, without, actor=actor)
    assert await asleep() == ""
    assert await refused(crm, actor, id, stage="won") == [STOPPED]
    await saved(crm, actor, id, stage="won", budget="1")
    await crm.fields.update(stage.id, without, actor=actor)
    assert await asleep() == "the field “Stage” has none of these choices any more."
    text = msgspec.structs.replace(stored, type="text", options={})
    await crm.fields.update(stage.id, text, actor=actor)
    assert await asleep() == "the field “Stage” is no drop-down list any more."


async def test_replacing_a_choice_leaves_nothing(crm: Crm, actor: Actor) -> None:
    stage, _ = await stages(crm, actor)
    id = await contact(crm, actor, stage="qualified")
    choices = [STAGES[0], {"value": "fit"}, STAGES[2]]
    field = msgspec.structs.replace(stage.as_custom_field(), options={"choices": choices})
    await crm.fields.update(stage.id, field, actor=actor, outcome="map", mapping={"qualified": "fit"})
    assert (await crm.records.get("contact", id, actor=actor)).document["custom"] == {"stage": "fit"}


async def test_the_plan_counts_who_would_be_stopped(crm: Crm, actor: Actor) -> None:
    await stages(crm, actor, required_before_leaving=None)
    stopped = [await contact(crm, actor, stage="qualified") for _ in range(3)]
    await contact(crm, actor, stage="qualified", budget="1")
    await contact(crm, actor, stage="new")
    label = {"en": "Budget", "ru": "Бюджет"}
    field = CustomField(record_type="contact", key="budget", label=label, required_before_leaving=LEAVING)
    plan = await crm.fields.plan(field, actor=actor)
    assert (plan.total, plan.failing, plan.stopped) == (5, 0, 3)
    assert sorted(one.id for one in plan.stopped_samples) == sorted(stopped)
    assert plan.stopped_samples[0].problem.sentence("ru") == STOPPED[3]


async def test_whoever_does_not_see_the_field_is_not_told_of_it(crm: Crm, actor: Actor) -> None:
    _, budget = await stages(crm, actor)
    id = await contact(crm, actor, stage="qualified")
    blind = Actor(
        kind="user",
        id="ann",
        label="Ann",
        permissions=frozenset({"*"}),
        hidden={"contact": frozenset({f"custom.{budget.id}"})},
    )
    [(path, code, *sentences)] = await refused(crm, blind, id, stage="won")
    assert (path, code) == ("/custom/stage", "required_before_leaving")
    assert not any("udget" in sentence or "юджет" in sentence for sentence in sentences)


async def test_a_plugins_list_that_goes_away_lets_the_rule_sleep(
    database_url: str, tmp_path: Path, actor: Actor
) -> None:
    settings = WorkspaceSettings(data_dir=str(tmp_path / "data"), database_url=database_url)
    entry_points = [EntryPoint("deals", "deals_plugin", "crmcore")]
    for given in (entry_points, []):
        crm = Crm.build(settings, entry_points=given)
        await crm.start()
        try:
            with crm.bound():
                fields = {field.key: field for field in await crm.fields.list("contact", actor=actor)}
                if given:
                    assert crm.host.plugins["deals"].state == "loaded", crm.host.plugins["deals"].reason
                    own = fields["deals_reason"]
                    assert own.required_before_leaving == Leaving(field="deals_stage", choices=("open",))
                    wanted = Leaving(field="deals_stage")
                    await define(crm, actor, "budget", required_before_leaving=wanted)
                    id = await contact(crm, actor, deals_stage="open")
                    paths = [problem[0] for problem in await refused(crm, actor, id, deals_stage="lost")]
                    assert sorted(paths) == ["/custom/budget", "/custom/deals_reason"]
                    plugin = plugin_actor("deals")
                    paths = [problem[0] for problem in await refused(crm, plugin, id, deals_stage="lost")]
                    assert sorted(paths) == ["/custom/budget", "/custom/deals_reason"]
                else:
                    assert "deals" in str(fields["budget"].leaving_asleep)
        finally:
            await crm.stop()
