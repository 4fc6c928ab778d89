"""Filters, sorting and pages: the same answers on both engines."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from crmcore import Actor
from crmcore.contacts.tables import Contact
from crmcore.errors import CrmError, Invalid
from crmcore.records.query import ListQuery
from crmcore.workspace import Crm

PEOPLE: list[dict[str, Any]] = [
    {
        "first_name": "Anna",
        "language": "de",
        "phones": ["+1 415 555 2671"],
        "tags": ["VIP"],
        "custom": {"age": 31, "tier": "gold", "vip": True},
    },
    {
        "first_name": "Boris",
        "emails": ["boris@example.org", "боря@пример.рф"],
        "language": "ru",
        "custom": {"age": 45, "born": "1981-05-01", "nick": "Боря"},
    },
    {
        "first_name": "Clara",
        "handles": ["@clara"],
        "tags": ["new", "VIP"],
        "custom": {"age": 22, "tier": "silver", "vip": False},
    },
    {"first_name": "Dmitri", "language": "ru", "emails": ["d_%x@example.org"]},
]


@pytest.fixture
async def people(fields: Crm, actor: Actor) -> Crm:
    for person in PEOPLE:
        await fields.records.create("contact", person, actor=actor)
    return fields


@pytest.mark.parametrize(
    ("filter", "names"),
    [
        ({"field": "language", "op": "eq", "value": "ru"}, "Boris Dmitri"),
        ({"field": "language", "op": "ne", "value": "ru"}, "Anna Clara"),
        ({"field": "language", "op": "empty"}, "Clara"),
        ({"field": "language", "op": "empty", "value": False}, "Anna Boris Dmitri"),
        ({"field": "first_name", "op": "in", "value": ["Anna", "Clara", "Nobody"]}, "Anna Clara"),
        ({"field": "first_name", "op": "contains", "value": "RI"}, "Boris Dmitri"),
        ({"field": "custom.age", "op": "gte", "value": 31}, "Anna Boris"),
        ({"field": "custom.age", "op": "lt", "value": 31.5}, "Anna Clara"),
        ({"field": "custom.age", "op": "ne", "value": 31}, "Boris Clara Dmitri"),
        ({"field": "custom.age", "op": "empty"}, "Dmitri"),
        ({"field": "custom.tier", "op": "eq", "value": "gold"}, "Anna"),
        ({"field": "custom.vip", "op": "eq", "value": True}, "Anna"),
        ({"field": "custom.vip", "op": "eq", "value": False}, "Clara"),
        ({"field": "custom.born", "op": "lt", "value": "1990-01-01"}, "Boris"),
        ({"field": "custom.nick", "op": "contains", "value": "БОР"}, "Boris"),
        ({"field": "tags", "op": "eq", "value": "vip"}, "Anna Clara"),
        ({"field": "tags", "op": "ne", "value": "vip"}, "Boris Dmitri"),
        ({"field": "tags", "op": "empty"}, "Boris Dmitri"),
        ({"field": "emails", "op": "eq", "value": " D_%x@Example.ORG"}, "Dmitri"),
        ({"field": "emails", "op": "ne", "value": "d_%x@example.org"}, "Anna Boris Clara"),
        ({"field": "emails", "op": "in", "value": ["d_%x@example.org", "boris@example.org"]}, "Boris Dmitri"),
        ({"field": "emails", "op": "contains", "value": "_%X@"}, "Dmitri"),
        ({"field": "emails", "op": "contains", "value": "ПРИМЕР"}, "Boris"),
        ({"field": "emails", "op": "empty"}, "Anna Clara"),
        ({"field": "emails", "op": "empty", "value": False}, "Boris Dmitri"),
        ({"field": "emails", "op": "ne", "value": None}, "Boris Dmitri"),
        ({"field": "phones", "op": "eq", "value": "(415) 555-2671"}, "Anna"),
        ({"field": "phones", "op": "contains", "value": "55-26"}, "Anna"),
        ({"not": {"field": "phones", "op": "eq", "value": "+14155552671"}}, "Boris Clara Dmitri"),
        ({"field": "handles", "op": "eq", "value": "@clara"}, "Clara"),
        ({"field": "created_at", "op": "within", "value": "today"}, "Anna Boris Clara Dmitri"),
        ({"field": "updated_at", "op": "lt", "value": "2020-01-01T00:00:00Z"}, ""),
        ({"not": {"field": "custom.age", "op": "gt", "value": 30}}, "Clara Dmitri"),
        (
            {
                "all": [
                    {"field": "tags", "op": "eq", "value": "vip"},
                    {"field": "custom.age", "op": "gt", "value": 30},
                ]
            },
            "Anna",
        ),
        (
            {
                "any": [
                    {"field": "language", "op": "eq", "value": "de"},
                    {"field": "custom.age", "op": "lt", "value": 30},
                ]
            },
            "Anna Clara",
        ),
        ({"field": "custom.age", "op": "gte", "value": "31"}, "Anna Boris"),
        ({"field": "custom.age", "op": "gt", "value": 30.5}, "Anna Boris"),
        ({"field": "custom.age", "op": "in", "value": ["22", 45]}, "Boris Clara"),
        ({"any": [{"field": "custom.tier", "op": "eq", "value": "gold"}] * 50}, "Anna"),
        ({"field": "last_contact_at", "op": "empty"}, "Anna Boris Clara Dmitri"),
        ({"field": "last_contact_at", "op": "gt", "value": "2026-01-01T00:00:00Z"}, ""),
    ],
)
async def test_a_filter_finds_exactly(people: Crm, actor: Actor, filter: dict[str, Any], names: str) -> None:
    query = ListQuery(filter=filter, sort="first_name")
    page = await people.records.list("contact", query, actor=actor)
    assert " ".join(record.document["first_name"] for record in page.items) == names
    assert await people.records.count("contact", query, actor=actor) == len(names.split())


@pytest.mark.parametrize(
    ("field", "op", "value", "taken"),
    [
        ("custom.age", "gte", "1,500", "Does the comma stand before decimals"),
        ("custom.age", "gte", True, "It takes a whole number like 12."),
        ("custom.age", "in", "1", "It takes a list of 1 to 200 values."),
        ("custom.age", "empty", "no", "It takes true or false."),
        ("custom.born", "within", "someday", "It takes a span like"),
        ("custom.born", "gt", "someday", "day"),
        ("custom.vip", "eq", 1, "It takes true or false."),
        ("company_id", "eq", "x", "It takes the id of a record."),
        ("created_at", "lt", "someday", "It takes a moment like"),
        ("emails", "eq", 5, "It takes a text of at most 1,000 characters."),
    ],
)
async def test_a_value_that_does_not_fit_is_told_what_does(
    people: Crm, actor: Actor, field: str, op: str, value: Any, taken: str
) -> None:
    with pytest.raises(Invalid) as refused:
        leaf = {"field": field, "op": op, "value": value}
        await people.records.list("contact", ListQuery(filter=leaf), actor=actor)
    problem = refused.value.problems[0]
    assert (problem.code, taken in problem.sentence("en")) == ("wrong_value", True), problem.sentence("en")
    assert problem.sentence("ru") != problem.sentence("en")


@pytest.mark.parametrize(
    ("filter", "path"),
    [
        ([], "/filter"),
        ({}, "/filter"),
        ({"all": []}, "/filter/all"),
        ({"all": [{"field": "x"}]}, "/filter/all/0"),
        ({"field": "search_text", "op": "eq", "value": "x"}, "/filter/field"),
        ({"field": "custom.age'); DROP TABLE contact; --", "op": "eq", "value": 1}, "/filter/field"),
        ({"field": "language", "op": "eq"}, "/filter"),
        ({"field": "tags", "op": "contains"}, "/filter"),
        ({"any": [{"field": "custom.age", "op": "gt"}]}, "/filter/any/0"),
        ({"field": "language", "op": "like", "value": "x"}, "/filter/op"),
        ({"field": "language", "op": "eq", "value": 5}, "/filter/value"),
        ({"field": "language", "op": "eq", "value": "a\x00"}, "/filter/value"),
        ({"field": "custom.age", "op": "eq", "value": "many"}, "/filter/value"),
        ({"all": [{"field": "language", "op": "empty"}] * 51}, "/filter/all/50"),
        ({"field": "custom.age", "op": "eq", "value": 10**40}, "/filter/value"),
        ({"field": "custom.vip", "op": "eq", "value": 1}, "/filter/value"),
        ({"field": "company_id", "op": "eq", "value": "x"}, "/filter/value"),
        ({"field": "last_contact_at", "op": "lt", "value": "someday"}, "/filter/value"),
        ({"field": "first_name", "op": "in", "value": []}, "/filter/value"),
        ({"not": {"not": {"not": {"not": {"not": {"field": "language", "op": "empty"}}}}}}, None),
    ],
)
async def test_a_filter_that_makes_no_sense_is_refused_with_its_path(
    people: Crm, actor: Actor, filter: Any, path: str | None
) -> None:
    with pytest.raises(Invalid) as refused:
        await people.records.list("contact", ListQuery(filter=filter), actor=actor)
    problem = refused.value.problems[0]
    assert path is None or problem.path == path
    assert "{name}" not in problem.sentence("ru")


@pytest.mark.parametrize("q", ["anna", "ANNA", "БОР", "дмит", "d_%x", "5550199", "+49 (30) 555-01-99"])
async def test_words_find_people(people: Crm, actor: Actor, q: str) -> None:
    document = {
        "first_name": "Борис",
        "last_name": "Дмитриев",
        "phones": ["+49 30 5550199"],
        "emails": ["anna@x.de"],
    }
    await people.records.create("contact", document, actor=actor)
    found = (await people.records.list("contact", ListQuery(q=q), actor=actor)).items
    assert found
    assert not (await people.records.list("contact", ListQuery(q=q + "qqq"), actor=actor)).items


@pytest.mark.parametrize(
    "sort", ["created_at", "-created_at", "last_name", "-last_name", "last_contact_at", "-last_contact_at"]
)
async def test_pages_show_every_record_once(crm: Crm, actor: Actor, sort: str) -> None:
    for number in range(23):
        await crm.records.create(
            "contact", {"first_name": f"N{number}", "last_name": f"L{number % 3}"}, actor=actor
        )
    seen: list[str] = []
    cursor = ""
    while True:
        page = await crm.records.list("contact", ListQuery(limit=5, cursor=cursor, sort=sort), actor=actor)
        seen += [record.document["first_name"] for record in page.items]
        if page.next is None:
            break
        cursor = page.next
    assert len(seen) == 23
    assert len(set(seen)) == 23


@pytest.mark.parametrize("sort", ["last_contact_at", "-last_contact_at"])
async def test_rows_without_a_date_come_last_whichever_way(crm: Crm, actor: Actor, sort: str) -> None:
    for number in range(11):
        record = await crm.records.create("contact", {"first_name": f"N{number}"}, actor=actor)
        if number % 3:
            at = datetime(2026, 1, 1 + number // 2, tzinfo=UTC)
            await Contact.update({Contact.last_contact_at: at}).where(Contact.id == record.id)
    seen: list[Any] = []
    cursor = ""
    while True:
        page = await crm.records.list("contact", ListQuery(limit=3, cursor=cursor, sort=sort), actor=actor)
        seen += [record.document["last_contact_at"] for record in page.items]
        if page.next is None:
            break
        cursor = page.next
    dates = [at for at in seen if at is not None]
    assert len(seen) == 11 and seen[len(dates) :] == [None] * 4
    assert dates == sorted(dates, reverse=sort.startswith("-"))


@pytest.mark.parametrize(
    "cursor", ["x", "e30", "WyJhIiwxLDJd", "====", "\x00", "WyItY3JlYXRlZF9hdCIsMSwieCJd"]
)
async def test_a_foreign_cursor_is_refused(crm: Crm, actor: Actor, cursor: str) -> None:
    with pytest.raises(CrmError) as refused:
        await crm.records.list("contact", ListQuery(cursor=cursor), actor=actor)
    assert refused.value.status == 400


async def test_an_unknown_order_is_refused(crm: Crm, actor: Actor) -> None:
    for sort in ("notes", "id; DROP TABLE contact", "--created_at"):
        with pytest.raises(Invalid):
            await crm.records.list("contact", ListQuery(sort=sort), actor=actor)


async def test_a_list_costs_the_same_few_statements_whatever_its_length(crm: Crm, actor: Actor) -> None:
    for number in range(40):
        await crm.records.create(
            "contact", {"first_name": f"N{number}", "company": "X", "tags": ["a"]}, actor=actor
        )
    costs = []
    for limit in (1, 40):
        before = crm.database.statements
        await crm.records.list("contact", ListQuery(limit=limit), actor=actor)
        costs.append(crm.database.statements - before)
    assert costs[0] == costs[1] <= 3


@pytest.mark.parametrize("limit", [1, 2, 3, 10])
async def test_who_has_no_last_name_comes_last(crm: Crm, actor: Actor, limit: int) -> None:
    people = (("A", ""), ("B", "Young"), ("C", ""), ("D", "Adams"), ("E", "Young"), ("F", ""))
    for first, last in people:
        await crm.records.create("contact", {"first_name": first, "last_name": last}, actor=actor)
    for sort, expected in (("last_name", "AYY---"), ("-last_name", "YYA---")):
        seen, ids, cursor = "", set[UUID](), ""
        for _ in range(20):
            query = ListQuery(sort=sort, limit=limit, cursor=cursor)
            page = await crm.records.list("contact", query, actor=actor)
            seen += "".join(record.document["last_name"][:1] or "-" for record in page.items)
            ids |= {record.id for record in page.items}
            cursor = page.next or ""
            if not cursor:
                break
        assert (seen, len(ids)) == (expected, len(people))
