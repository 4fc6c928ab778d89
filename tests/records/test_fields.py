"""The life of custom fields."""

from typing import Any

import pytest

from crmcore import Actor, CustomField
from crmcore.errors import Conflict, Invalid, NotFound
from crmcore.records.hostile import hostile
from crmcore.records.tables import CustomFieldRow
from crmcore.workspace import Crm


def field(**more: Any) -> CustomField:
    return CustomField(**{"record_type": "contact", "key": "tier", "label": "Tier", **more})


async def test_the_schema_is_one_document_with_every_field(fields: Crm) -> None:
    schema = await fields.records.schema("contact", "ru")
    custom = schema["properties"]["custom"]["properties"]
    assert schema["$schema"].endswith("2020-12/schema")
    assert custom["tier"]["title"] == "Уровень"
    assert custom["tier"]["enum"] == ["gold", "silver"]
    assert custom["age"] == {
        "title": "Age",
        "type": "integer",
        "minimum": 0,
        "maximum": 150,
        "x-crm": {
            "type": "number",
            "options": {"minimum": 0, "maximum": 150, "integer": True},
            "order": 100,
            "owner": "workspace",
            "filterable": True,
            "version": 1,
        },
    }
    assert schema["properties"]["emails"]["type"] == "array"
    assert schema["properties"]["version"]["readOnly"] is True


@pytest.mark.parametrize(
    ("declared", "path", "code"),
    [
        (field(key="Tier"), "/key", "not_a_key"),
        (field(key="tier-1"), "/key", "not_a_key"),
        (field(key="x" * 64), "/key", "not_a_key"),
        (field(key="core_x"), "/key", "reserved"),
        (field(type="colour"), "/type", "unknown_type"),
        (field(type="drop_down"), "/options/choices", "required"),
        (field(type="drop_down", options={"choices": []}), "/options/choices", "too_few"),
        (
            field(type="drop_down", options={"choices": [{"value": "a"}, {"value": "a", "label": "A"}]}),
            "/options/choices/1/value",
            "repeated",
        ),
        (
            field(type="multi_select", options={"choices": [{"value": "a"}, {"value": "b"}, {"value": "b"}]}),
            "/options/choices/2/value",
            "repeated",
        ),
        (field(options={"max_length": 10**9}), "/options/max_length", "too_large"),
        (field(options={"pattern": "(a+)+$"}), "/options/pattern", "unknown_field"),
        (field(format="iban"), "/format", "unknown_format"),
        (field(label=""), "/label", "required"),
        (field(label={"en": "", "ru": ""}), "/label", "required"),
    ],
)
async def test_a_declaration_that_makes_no_sense_is_refused(
    crm: Crm, actor: Actor, declared: CustomField, path: str, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await crm.fields.create(declared, actor=actor)
    assert (path, code) in [(problem.path, problem.code) for problem in refused.value.problems]
    assert await CustomFieldRow.count() == 0


async def test_a_key_is_taken_once(crm: Crm, actor: Actor) -> None:
    await crm.fields.create(field(), actor=actor)
    with pytest.raises(Invalid) as refused:
        await crm.fields.create(field(), actor=actor)
    assert refused.value.problems[0].code == "taken"


async def test_a_definition_changes_by_versions_and_never_its_key(fields: Crm, actor: Actor) -> None:
    tier = next(item for item in await fields.fields.list("contact", actor=actor) if item.key == "tier")
    changed = await fields.fields.update(tier.id, field(key="other", label="Level"), actor=actor, version=1)
    assert (changed.key, changed.label, changed.version, changed.type) == ("tier", "Level", 2, "text")
    with pytest.raises(Conflict):
        await fields.fields.update(tier.id, field(), actor=actor, version=1)


async def test_a_retired_field_keeps_its_values_and_comes_back(fields: Crm, actor: Actor) -> None:
    record = await fields.records.create("contact", {"first_name": "A", "custom": {"age": 31}}, actor=actor)
    age = next(item for item in await fields.fields.list("contact", actor=actor) if item.key == "age")
    await fields.fields.delete(age.id, actor=actor)
    with pytest.raises(NotFound):
        await fields.fields.get(age.id, actor=actor)
    saved = await fields.records.update("contact", record.id, {"first_name": "B"}, actor=actor)
    assert saved.document["custom"] == {}
    await fields.fields.restore(age.id, actor=actor)
    back = await fields.records.get("contact", record.id, actor=actor)
    assert back.document["custom"] == {"age": 31}
    again = await fields.records.update("contact", record.id, {"custom": {"age": 32}}, actor=actor)
    assert again.document["custom"] == {"age": 32}


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "https://example.org/schema"},
        {"$dynamicRef": "#x"},
        {"type": "string", "pattern": "(?=a)b"},
        {"type": "string", "pattern": r"(a)\1"},
        {"type": "string", "pattern": "["},
        {"type": "string", "pattern": "a" * 501},
        {"unevaluatedProperties": False},
        {"colour": "red"},
        {"type": "strnig"},
        {"enum": list(range(501))},
        {"allOf": [{"type": "string"}] * 501},
        {"items": {"items": {"items": {"items": {"items": {"items": {"items": {"items": {"items": {}}}}}}}}}},
        {"minLength": "many"},
        {"items": 5},
    ],
)
def test_a_hostile_schema_is_refused(schema: dict[str, Any]) -> None:
    problems = hostile(schema)
    assert problems
    assert all(problem.sentence("en") != problem.sentence("ru") for problem in problems)


def test_an_ordinary_schema_is_accepted() -> None:
    assert hostile({"type": "string", "pattern": "^(a+)+$", "maxLength": 10}) == []
    assert hostile({"type": "array", "items": {"type": "string", "enum": ["a"]}, "uniqueItems": True}) == []


async def test_a_plan_counts_what_a_stricter_rule_would_refuse(fields: Crm, actor: Actor) -> None:
    for number in range(12):
        document = {"first_name": f"N{number}", "custom": {"age": 20 + number} if number < 10 else {}}
        await fields.records.create("contact", document, actor=actor)
    stricter = field(key="age", type="number", options={"minimum": 25, "integer": True}, required=True)
    plan = await fields.fields.plan(stricter, actor=actor)
    assert (plan.total, plan.with_value, plan.failing) == (12, 10, 7)
    assert plan.reasons == {"too_small": 5, "required": 2}
    assert {failing.title for failing in plan.samples} == {"N0", "N1", "N2", "N3", "N4", "N10", "N11"}
    assert plan.samples[0].problem.path == "/custom/age"
    same = await fields.fields.plan(
        field(key="age", type="number", options={"minimum": 0, "integer": True}), actor=actor
    )
    assert same.failing == 0
