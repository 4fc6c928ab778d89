"""Rules over several fields, before closing, defaults, computed values, and where values come from."""

from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from crmcore import Actor, CustomField, plugin_actor
from crmcore.errors import Invalid
from crmcore.records.definition import Definition
from crmcore.settings import WorkspaceSettings
from crmcore.workspace import Crm


async def define(crm: Crm, actor: Actor, key: str, **more: Any) -> Definition:
    field = CustomField(**{"record_type": "contact", "key": key, "label": key, **more})
    return await crm.fields.create(field, actor=actor)


async def refusals(crm: Crm, actor: Actor, kind: str, id: UUID, changes: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        await crm.records.update(kind, id, changes, actor=actor)
    return {problem.path: problem.code for problem in refused.value.problems}


async def test_a_rule_is_checked_when_a_field_that_it_names_changes(crm: Crm, actor: Actor) -> None:
    await define(crm, actor, "vat")
    record = await crm.records.create("contact", {"first_name": "A"}, actor=actor)
    rule = {
        "if": {"properties": {"custom": {"properties": {"kind": {"const": "firm"}}, "required": ["kind"]}}},
        "then": {"required": ["job_title"], "properties": {"custom": {"required": ["vat"]}}},
    }
    await define(crm, actor, "kind", rule=rule)
    assert await refusals(crm, actor, "contact", record.id, {"custom": {"kind": "firm"}}) == {
        "/custom/vat": "required",
        "/job_title": "required",
    }
    whole = {"job_title": "CEO", "custom": {"kind": "firm", "vat": "1"}}
    await crm.records.update("contact", record.id, whole, actor=actor)
    assert await refusals(crm, actor, "contact", record.id, {"custom": {"vat": None}}) == {
        "/custom/vat": "required"
    }
    await crm.records.update("contact", record.id, {"last_name": "B"}, actor=actor)
    with pytest.raises(Invalid):
        await crm.records.create("contact", {"first_name": "C", "custom": {"kind": "firm"}}, actor=actor)
    schema = await crm.records.schema("contact")
    assert schema["allOf"] == [rule]


async def test_a_rule_never_makes_an_old_record_unsavable(crm: Crm, actor: Actor) -> None:
    a = await define(crm, actor, "a")
    await define(crm, actor, "b")
    record = await crm.records.create("contact", {"first_name": "A", "custom": {"a": "1"}}, actor=actor)
    rule = {
        "properties": {"custom": {"dependentRequired": {"a": ["b"]}}},
        "x-crm": {"message": {"en": "Both or none.", "ru": "Оба или ни одного."}},
    }
    await crm.fields.update(
        a.id, CustomField(record_type="contact", key="a", label="A", rule=rule), actor=actor
    )
    await crm.records.update("contact", record.id, {"first_name": "B"}, actor=actor)
    with pytest.raises(Invalid) as refused:
        await crm.records.update("contact", record.id, {"custom": {"a": "2"}}, actor=actor)
    (problem,) = refused.value.problems
    assert (problem.path, problem.sentence("ru")) == ("/custom/b", "Оба или ни одного.")
    await crm.records.update("contact", record.id, {"custom": {"b": "2"}}, actor=actor)


@pytest.mark.parametrize(
    ("more", "path", "code"),
    [
        ({"rule": {"$ref": "https://example.org"}}, "/rule/$ref", "unknown_keyword"),
        ({"rule": {"type": "object"}}, "/rule", "names_nothing"),
        ({"rule": {"required": ["nmae"]}}, "/rule", "unknown_field"),
        ({"rule": {"properties": {"custom": {"required": ["nope"]}}}}, "/rule", "unknown_field"),
        ({"rule": {"if": 5}}, "/rule/if", "not_a_schema"),
        (
            {
                "type": "drop_down",
                "options": {
                    "choices": [
                        {"value": "a", "label": {"en": "Gold", "ru": "Золотой"}},
                        {"value": "old", "label": "Gold", "retired": True},
                        {"value": "b", "label": {"en": "gold ", "ru": "Золото"}},
                    ]
                },
            },
            "/options/choices/2/label",
            "repeated",
        ),
        (
            {"rule": {"properties": {"first_name": {"format": "nope"}}}},
            "/rule/properties/first_name/format",
            "unknown_format",
        ),
        ({"default": 5}, "/default", "wrong_type"),
        ({"type": "date", "default": "today"}, "/default", "not_a_date"),
        ({"type": "file", "default": "01938f6e-5d5c-7b1e-8c52-0a1b2c3d4e5f"}, "/default", "not_possible"),
        (
            {
                "type": "reference",
                "options": {"record_type": "company"},
                "default": "01938f6e-5d5c-7b1e-8c52-0a1b2c3d4e5f",
            },
            "/default",
            "no_such_record",
        ),
        (
            {
                "type": "drop_down",
                "options": {"choices": [{"value": "a"}, {"value": "old", "retired": True}]},
                "default": "old",
            },
            "/default",
            "not_a_choice",
        ),
        ({"required_when": "closing"}, "/required_when", "not_possible"),
        ({"record_type": "conversation", "required_when": "full moon"}, "/required_when", "not_possible"),
    ],
)
async def test_a_rule_that_makes_no_sense_is_refused(
    crm: Crm, actor: Actor, more: dict[str, Any], path: str, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await define(crm, actor, "x", **more)
    assert [(problem.path, problem.code) for problem in refused.value.problems] == [(path, code)]


async def test_a_rule_without_words_is_said_with_the_field_whose_rule_it_is(crm: Crm, actor: Actor) -> None:
    label = {"en": "Kind", "ru": "Вид"}
    rule = {"properties": {"first_name": {"pattern": "^[A-Z]"}}}
    kind = await define(crm, actor, "kind", label=label, rule=rule)
    with pytest.raises(Invalid) as refused:
        await crm.records.create("contact", {"first_name": "a"}, actor=actor)
    (problem,) = refused.value.problems
    assert (problem.path, problem.code) == ("/first_name", "wrong_form")
    assert problem.sentence("en") == "The rule of “Kind”: This has not the right form."
    assert problem.sentence("ru") == "Правило поля «Вид»: Значение не подходит по форме."
    # What the rule named may go; the field itself can still be changed.
    gone = await define(crm, actor, "gone")
    rule = {"properties": {"custom": {"required": ["gone"]}}}
    asked = CustomField(record_type="contact", key="kind", label=label, rule=rule)
    await crm.fields.update(kind.id, asked, actor=actor)
    await crm.fields.delete(gone.id, actor=actor)
    await crm.fields.update(kind.id, msgspec.structs.replace(asked, label="Other"), actor=actor)


async def test_a_conversation_is_closed_with_what_closing_needs(crm: Crm, actor: Actor) -> None:
    await define(
        crm,
        actor,
        "cause",
        record_type="conversation",
        type="drop_down",
        options={"choices": [{"value": "bug"}]},
        required_when="closing",
    )
    contact = await crm.records.create("contact", {"first_name": "A"}, actor=actor)
    asked = {"subject": "Help", "contact_id": str(contact.id)}
    record = await crm.records.create("conversation", asked, actor=actor)
    assert await refusals(crm, actor, "conversation", record.id, {"status": "closed"}) == {
        "/custom/cause": "required_before_closing"
    }
    await crm.records.update("conversation", record.id, {"priority": "high"}, actor=actor)
    closed = await crm.records.update(
        "conversation", record.id, {"status": "closed", "custom": {"cause": "bug"}}, actor=actor
    )
    assert closed.document["closed_at"] is not None
    # Closed before, it stays savable.
    await crm.records.update("conversation", record.id, {"custom": {"cause": None}}, actor=actor)


async def test_a_new_record_gets_defaults_and_an_old_one_does_not(crm: Crm, actor: Actor) -> None:
    old = await crm.records.create("contact", {"first_name": "A"}, actor=actor)
    await define(crm, actor, "tier", default="basic", required=True)
    new = await crm.records.create("contact", {"first_name": "B"}, actor=actor)
    own = await crm.records.create("contact", {"first_name": "C", "custom": {"tier": "gold"}}, actor=actor)
    assert new.document["custom"] == {"tier": "basic"}
    assert own.document["custom"] == {"tier": "gold"}
    saved = await crm.records.update("contact", old.id, {"last_name": "D"}, actor=actor)
    assert saved.document["custom"] == {}
    schema = await crm.records.schema("contact")
    assert schema["properties"]["custom"]["properties"]["tier"]["default"] == "basic"


async def test_a_default_that_is_refused_by_now_is_none(crm: Crm, actor: Actor) -> None:
    company = await crm.records.create("company", {"name": "Acme"}, actor=actor)
    options: dict[str, Any] = {"record_type": "company"}
    await define(crm, actor, "partner", type="reference", options=options, default=str(company.id).upper())
    choices = [{"value": "new"}, {"value": "old", "label": "The old one"}]
    tier = await define(
        crm, actor, "tier", type="drop_down", options={"choices": choices}, default="the old one"
    )
    assert tier.default == "old"
    made = await crm.records.create("contact", {"first_name": "A"}, actor=actor)
    assert made.document["custom"] == {"partner": str(company.id), "tier": "old"}
    # A choice that new records get is not retired behind their backs.
    fewer = CustomField(
        record_type="contact", key="tier", label="T", type="drop_down", default="old",
        options={"choices": choices[:1]},
    )  # fmt: skip
    with pytest.raises(Invalid) as refused:
        await crm.fields.update(tier.id, fewer, actor=actor)
    assert [(problem.path, problem.code) for problem in refused.value.problems] == [
        ("/default", "not_a_choice")
    ]
    await crm.records.delete("company", company.id, actor=actor)
    made = await crm.records.create("contact", {"first_name": "B"}, actor=actor)
    assert made.document["custom"] == {"tier": "old"}


async def test_values_are_computed_and_their_origins_known(
    database_url: str, tmp_path: Path, actor: Actor
) -> None:
    settings = WorkspaceSettings(data_dir=str(tmp_path / "data"), database_url=database_url)
    crm = Crm.build(settings, entry_points=[EntryPoint("rank", "rank_plugin", "crmcore")])
    await crm.start()
    try:
        with crm.bound():
            assert crm.host.plugins["rank"].state == "loaded", crm.host.plugins["rank"].reason
            await define(crm, actor, "spent", type="decimal")
            ann = Actor(kind="user", id="ann", label="Ann", permissions=frozenset({"*"}))
            record = await crm.records.create(
                "contact", {"first_name": "A", "custom": {"spent": "250"}}, actor=ann
            )
            assert record.document["custom"] == {"spent": "250.00", "rank_now": 2}
            assert await refusals(crm, ann, "contact", record.id, {"custom": {"rank_now": 9}}) == {
                "/custom/rank_now": "read_only"
            }
            shop = plugin_actor("rank")
            changed = await crm.records.update("contact", record.id, {"custom": {"spent": "990"}}, actor=shop)
            assert changed.document["custom"]["rank_now"] == 9
            await crm.records.update("contact", record.id, {"first_name": "B"}, actor=ann)
            origins = await crm.records.provenance("contact", record.id, actor=ann)
            assert {key: (origin.actor_kind, origin.version) for key, origin in origins.items()} == {
                "spent": ("plugin", 2),
                "rank_now": ("plugin", 2),
            }
            assert origins["spent"].plugin_version == crm.host.plugins["rank"].version
            gone = await crm.records.update("contact", record.id, {"custom": {"spent": None}}, actor=ann)
            assert gone.document["custom"] == {}
            assert await crm.records.provenance("contact", record.id, actor=ann) == {}
    finally:
        await crm.stop()


@pytest.mark.parametrize(
    ("declared", "path"),
    [
        ({"type": "integer", "options": {"minimum": 9, "maximum": 3}}, "/options/minimum"),
        ({"type": "number", "options": {"minimum": 0.5, "maximum": 0.25}}, "/options/minimum"),
        ({"type": "decimal", "options": {"minimum": "10", "maximum": "9.5"}}, "/options/minimum"),
        (
            {"type": "multi_select", "options": {"minimum": 2, "choices": [{"value": "a"}]}},
            "/options/minimum",
        ),
        ({"type": "money", "options": {"currencies": ["EUR"], "currency": "USD"}}, "/options/currency"),
        ({"label": {"de": "Feld"}}, "/label"),
    ],
)
async def test_a_declaration_that_nothing_could_pass_is_refused(
    crm: Crm, actor: Actor, declared: dict[str, Any], path: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await define(crm, actor, "senseless", **declared)
    (problem,) = refused.value.problems
    assert problem.path == path and "{" not in problem.sentence("ru") + problem.sentence("en")
