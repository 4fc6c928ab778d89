"""Lists sorted by custom fields: the same order on both engines, whole over pages, those without a value last."""

import base64
from typing import Any

import msgspec
import pytest

from crmcore import Actor, CustomField
from crmcore.errors import Invalid
from crmcore.records.query import BadCursor, ListQuery
from crmcore.workspace import Crm

# Equal values, missing ones, signs and alphabets; each person twice, so that every value is there more than once.
PEOPLE: list[dict[str, Any]] = [
    {"age": 31, "tier": "gold", "vip": True, "born": "1990-02-03", "nick": "Бо", "price": "10.50"},
    {"age": 4, "tier": "silver", "vip": False, "born": "1981-05-01", "nick": "anna", "price": "9"},
    {"age": 31, "tier": "gold", "vip": True},
    {"nick": "Zed", "price": "-3.25"},
    {},
    {"age": 0, "born": "2001-01-01", "vip": False, "price": "10.5"},
]
FIELDS = ("age", "tier", "vip", "born", "nick", "price")


@pytest.fixture
async def people(fields: Crm, actor: Actor) -> Crm:
    price = CustomField(
        record_type="contact",
        key="price",
        label="Price",
        type="decimal",
        options={"places": 2},
        filterable=True,
    )
    await fields.fields.create(price, actor=actor)
    for number, custom in enumerate([*PEOPLE, *PEOPLE]):
        await fields.records.create("contact", {"first_name": f"P{number}", "custom": custom}, actor=actor)
    return fields


async def walked(crm: Crm, actor: Actor, sort: str, limit: int) -> list[dict[str, Any]]:
    found, cursor = [], ""
    while True:
        query = ListQuery(sort=sort, limit=limit, cursor=cursor)
        page = await crm.records.list("contact", query, actor=actor)
        assert len(page.items) == limit or page.next is None
        found += [item.document for item in page.items]
        if page.next is None:
            return found
        cursor = page.next


@pytest.mark.parametrize("key", FIELDS)
async def test_pages_are_whole_and_in_order(people: Crm, actor: Actor, key: str) -> None:
    for sign in ("", "-"):
        once = await walked(people, actor, f"{sign}custom.{key}", 200)
        values = [document["custom"].get(key) for document in once]
        filled = [value for value in values if value is not None]
        assert values[len(filled) :] == [None] * (len(values) - len(filled))
        if key == "price":
            filled = [float(value) for value in filled]
        # What order texts of several alphabets have is the database's; that they are grouped is not.
        if key == "nick":
            assert [filled[i] for i in range(0, len(filled), 2)] == [
                filled[i] for i in range(1, len(filled), 2)
            ]
        else:
            assert filled == sorted(filled, reverse=bool(sign))
        for limit in (1, 2, 3, 5):
            some = await walked(people, actor, f"{sign}custom.{key}", limit)
            assert [document["id"] for document in some] == [document["id"] for document in once]
        assert "record.sorted_by" not in once[0]


async def test_what_cannot_be_sorted_by(people: Crm, actor: Actor) -> None:
    for field in (
        CustomField(record_type="contact", key="hobby", label="Hobby"),
        CustomField(
            record_type="contact",
            key="likes",
            label="Likes",
            type="multi_select",
            options={"choices": [{"value": "tea", "label": "Tea"}]},
            filterable=True,
        ),
    ):
        await people.fields.create(field, actor=actor)
    for sort in ("custom.hobby", "custom.likes", "custom.none", "--custom.age", "custom", "custom.age'"):
        with pytest.raises(Invalid) as refused:
            await people.records.list("contact", ListQuery(sort=sort), actor=actor)
        assert refused.value.problems[0].path == "/sort"
        assert "custom.age" in refused.value.problems[0].params["known"]
    age = next(item for item in await people.fields.list("contact", actor=actor) if item.key == "age")
    blind = msgspec.structs.replace(actor, hidden={"contact": frozenset({f"custom.{age.id}"})})
    with pytest.raises(Invalid):
        await people.records.list("contact", ListQuery(sort="custom.age"), actor=blind)


@pytest.mark.parametrize("value", [{}, [], "x\0", 2**70, True, "1e999999999", "NaN"])
async def test_invented_cursors_are_refused_or_harmless(people: Crm, actor: Actor, value: Any) -> None:
    page = await people.records.list("contact", ListQuery(sort="custom.age", limit=1), actor=actor)
    raw = base64.urlsafe_b64decode(str(page.next) + "==")
    sort, _, id = msgspec.json.decode(raw)
    cursor = base64.urlsafe_b64encode(msgspec.json.encode([sort, value, id])).rstrip(b"=").decode()
    query = ListQuery(sort="custom.age", cursor=cursor)
    try:
        await people.records.list("contact", query, actor=actor)
    except BadCursor:
        return
    assert people.database.kind == "sqlite"
    assert isinstance(value, str)


async def test_lists_go_along_the_index(people: Crm, actor: Actor) -> None:
    if people.database.kind != "sqlite":
        pytest.skip("PostgreSQL reads so few rows without an index")
    from crmcore.records.tables import CustomFieldRow

    sql = (
        'EXPLAIN QUERY PLAN SELECT id FROM contact WHERE json_extract("contact"."custom", \'$.age\') IS NOT NULL '
        'ORDER BY json_extract("contact"."custom", \'$.age\'), "contact"."id" LIMIT 50'
    )
    async with people.database.transaction():
        plan = " ".join(row["detail"] for row in await CustomFieldRow.raw(sql))
    assert "USING" in plan
    assert "TEMP B-TREE" not in plan
