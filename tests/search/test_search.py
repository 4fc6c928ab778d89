"""What is found, by whom, in which order, and in how many statements: the same on both engines."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from crmcore import Actor
from crmcore.contracts.fields import CustomField
from crmcore.errors import CrmError, Forbidden, NotFound
from crmcore.records.query import ListQuery
from crmcore.search.service import Finds
from crmcore.workspace import Crm

Tell = Callable[..., Awaitable[Any]]


async def titles(crm: Crm, actor: Actor, q: str, type: str = "") -> list[str]:
    found: Finds = await crm.search.find(q, actor=actor, record_type=type)
    return [find.title for find in found.items]


@pytest.mark.parametrize(
    "q",
    [
        "anna",
        "ANNA",
        "muller",
        "Müller",
        "mull",
        "anna mull",
        "müller anna",
        "anna@example.org",
        "anna@exam",
        "anna@",
        "example.org",
        "+49 (30) 555-01-99",
        "0199",
        "555 0199",
        "5550199",
        "030 5550199",
        "acme",
        "@anna_m",
        "anna_m",
        "engineer",
        "engineering",
        "loves sailing",
        "анн",
    ],
)
async def test_a_person_is_found_by_whatever_one_remembers(
    crm: Crm, actor: Actor, person: Tell, q: str
) -> None:
    await person(
        first_name="Boris", last_name="Petrov", emails=["boris@example.com"], phones=["+4930 5550188"]
    )
    anna = {
        "first_name": "Anna" if q != "анн" else "Анна",
        "last_name": "Müller",
        "emails": ["anna@example.org"],
        "phones": ["+49 30 5550199"],
        "handles": ["@anna_m"],
        "company": "Acme GmbH",
        "job_title": "Engineering lead",
        "notes": "She loved to sail.",
    }
    record = await person(**anna)
    assert await titles(crm, actor, q, "contact") == [record.document["name"]]
    assert await titles(crm, actor, f"{q} zebra", "contact") == []


@pytest.mark.parametrize(
    ("text", "q"),
    [
        ("Где моя доставка?", "доставки"),
        ("Где моя доставка?", "доставку"),
        ("Где моя доставка?", "дост"),
        ("Ещё не пришло", "еще"),
        ("Ещё не пришло", "ЕЩЁ"),
        ("Йод закончился", "йод"),
        ("The deliveries were late", "delivery"),
        ("The deliveries were late", "late delivery"),
        ("Write to me at Ivan@Mail.example, please", "ivan@mail.example"),
        ("Order 48213 is broken", "48213"),
        ("Order 48213 is broken", "order 482"),
        ("ﬁle attached", "file"),
    ],
)
async def test_a_message_is_found_by_any_form_of_its_words(
    crm: Crm, actor: Actor, case: Tell, text: str, q: str
) -> None:
    id = await case("A case", "Something else", text)
    found = await crm.search.find(q, actor=actor)
    assert [(find.type, find.conversation_id, find.excerpt) for find in found.items] == [
        ("message", id, text)
    ]
    listed = await crm.records.list("conversation", ListQuery(q=q), actor=actor)
    assert [record.id for record in listed.items] == [id]


@pytest.mark.parametrize(
    ("name", "q"),
    [
        ("Katherine", "catherine"),
        ("Smith", "smiht"),
        ("Smith", "smth"),
        ("Smith", "smitth"),
        ("John", "jhon"),
        ("Иванов", "иваонв"),
        ("Александра", "алексадра"),
        ("Müller", "muler"),
    ],
)
async def test_a_misspelt_name_is_understood(crm: Crm, actor: Actor, person: Tell, name: str, q: str) -> None:
    record = await person(first_name="Alex", last_name=name)
    await person(first_name="Zoe", last_name="Quux")
    found = await crm.search.find(q, actor=actor)
    assert [find.id for find in found.items] == [record.id]
    assert list(found.meant) == [q.casefold()]
    assert await titles(crm, actor, f"alex {q}", "contact") == [f"Alex {name}"]
    query = ListQuery(q=q)
    listed = await crm.records.list("contact", query, actor=actor)
    assert [item.id for item in listed.items] == [record.id]
    assert await crm.records.count("contact", query, actor=actor) == 1


@pytest.mark.parametrize(
    "q",
    [
        '"',
        "'",
        "* OR 1",
        "a AND",
        "NEAR(",
        "words:x",
        "x'); DROP TABLE search_entry; --",
        '") OR ("',
        "-x",
        "^x",
        "{a b}: c",
        ":*",
        "&|!",
        "\\",
        "a\\'b",
        "§contact",
        "№1990",
        "<->",
        "\x00",
        "{}",
        "{0}",
        "%",
        "_",
        "?" * 200,
        "а" * 200,
        " ".join("abcdefghijklmnop"),
    ],
)
async def test_no_sign_means_anything_to_the_engine(crm: Crm, actor: Actor, person: Tell, q: str) -> None:
    await person(first_name="Anna", phones=["+49 30 5550199"])
    found = await crm.search.find(q, actor=actor)
    assert found.items == []
    assert not (await crm.records.list("contact", ListQuery(q=q), actor=actor)).items or not q.strip()


async def test_the_index_follows_every_change(crm: Crm, actor: Actor, person: Tell) -> None:
    record = await person(first_name="Anna", last_name="Smith")
    await crm.records.update("contact", record.id, {"last_name": "Jones"}, actor=actor)
    assert await titles(crm, actor, "smith") == []
    assert await titles(crm, actor, "smyth") == []  # the old name is not guessed either
    assert await titles(crm, actor, "jnoes") == ["Anna Jones"]
    await crm.records.delete("contact", record.id, actor=actor)
    assert await titles(crm, actor, "jones") == []
    deleted = await crm.records.list("contact", ListQuery(q="jones", deleted=True), actor=actor)
    assert [item.id for item in deleted.items] == [record.id]
    await crm.records.restore("contact", record.id, actor=actor)
    assert await titles(crm, actor, "jones") == ["Anna Jones"]


async def test_what_is_rolled_back_is_not_found(crm: Crm, actor: Actor, person: Tell) -> None:
    with pytest.raises(RuntimeError):
        async with crm.database.transaction():
            await person(first_name="Ghost")
            raise RuntimeError
    assert await titles(crm, actor, "ghost") == []
    assert await titles(crm, actor, "gohst") == []


async def test_a_filterable_custom_text_is_found_and_no_other(crm: Crm, actor: Actor, person: Tell) -> None:
    for key, filterable in (("nickname", True), ("diary", False)):
        await crm.fields.create(
            CustomField(record_type="contact", key=key, label=key, filterable=filterable), actor=actor
        )
    await person(first_name="Anna", custom={"nickname": "Snowflake", "diary": "Secretive"})
    assert await titles(crm, actor, "snowflakes") == ["Anna"]
    assert await titles(crm, actor, "secretive") == []


async def test_newest_come_first_and_pages_show_each_once(crm: Crm, actor: Actor, person: Tell) -> None:
    for number in range(12):
        crm.clock.advance(60)  # type: ignore[attr-defined]  # the tests' clock
        await person(first_name="Page", last_name=f"N{number}")
    seen: list[str] = []
    cursor = ""
    for _ in range(10):
        found = await crm.search.find("page", actor=actor, limit=5, cursor=cursor)
        seen += [find.title for find in found.items]
        if found.next is None:
            break
        cursor = found.next
    assert seen == [f"Page N{number}" for number in reversed(range(12))]


async def test_entries_of_one_moment_do_not_push_each_other_out(crm: Crm, actor: Actor, person: Tell) -> None:
    for number in range(30):
        await person(first_name="Same", last_name=f"N{number}")
    found = await crm.search.find("same", actor=actor, limit=50)
    assert len({find.id for find in found.items}) == 30


async def test_a_person_stands_in_front_of_newer_messages(
    crm: Crm, actor: Actor, person: Tell, case: Tell
) -> None:
    record = await person(first_name="Anna", last_name="Smith")
    await case("Hello", *(f"Anna wrote {number}" for number in range(5)))
    found = await crm.search.find("anna", actor=actor, limit=3)
    assert [find.type for find in found.items] == ["message"] * 3
    assert [find.id for find in found.best] == [record.id]


async def test_a_title_that_is_what_was_asked_for_stands_in_front_however_old(
    crm: Crm, actor: Actor, person: Tell
) -> None:
    oldest = await person(first_name="Анна", last_name="Лёвина")
    for number in range(60):
        crm.clock.advance(1)  # type: ignore[attr-defined]  # the tests' clock
        await person(first_name="Анна", last_name=f"Левина{number}")
    found = await crm.search.find("анна левина", actor=actor, limit=5)
    assert oldest.id not in {find.id for find in found.items}
    for q in ("Анна Лёвина", "левина анна"):
        assert (await crm.search.find(q, actor=actor, limit=5)).best[0].id == oldest.id
    await crm.records.update("contact", oldest.id, {"last_name": "Орлова"}, actor=actor)
    found = await crm.search.find("анна левина", actor=actor, limit=5)
    assert oldest.id not in {find.id for find in found.best}


async def test_a_number_with_its_sign_is_a_conversation(crm: Crm, actor: Actor, case: Tell) -> None:
    await case("First", "12 pieces")
    id = await case("Second", "1 piece")
    (number,) = [
        record.document["number"]
        for record in (await crm.records.list("conversation", ListQuery(), actor=actor)).items
        if record.id == id
    ]
    found = await crm.search.find(f"#{number}", actor=actor)
    assert [find.id for find in found.items] == [id]


async def test_a_conversation_is_found_by_its_contact(
    crm: Crm, actor: Actor, person: Tell, case: Tell
) -> None:
    record = await person(first_name="Anna", last_name="Smith")
    id = await case("Broken", "Help", contact=record.id)
    await case("Other", "Help")
    listed = await crm.records.list("conversation", ListQuery(q="smith"), actor=actor)
    assert [item.id for item in listed.items] == [id]


async def test_nobody_finds_what_he_may_not_read(crm: Crm, actor: Actor, person: Tell, case: Tell) -> None:
    await person(first_name="Canary")
    id = await case("Canary case", "canary text", "canary note", kind="note")
    some = Actor(kind="user", permissions=frozenset({"conversation.read"}))
    assert await titles(crm, some, "canary") == ["#1 Canary case"]
    assert [
        item.id for item in (await crm.records.list("conversation", ListQuery(q="text"), actor=some)).items
    ] == []
    listed = await crm.records.list("conversation", ListQuery(q="canary"), actor=some)
    assert [item.id for item in listed.items] == [id]
    only_messages = Actor(kind="user", permissions=frozenset({"message.read"}))
    assert await titles(crm, only_messages, "canary") == []
    assert await titles(crm, Actor(kind="user"), "canary") == []
    with pytest.raises(Forbidden):
        await crm.search.find("canary", actor=some, record_type="contact")
    with pytest.raises(NotFound):
        await crm.search.find("canary", actor=actor, record_type="user")


@pytest.mark.parametrize("cursor", ["x", "e30", "WyJzZWFyY2g6IiwieCIsIngiXQ"])
async def test_a_foreign_cursor_is_refused(crm: Crm, actor: Actor, cursor: str) -> None:
    with pytest.raises(CrmError) as refused:
        await crm.search.find("x", actor=actor, cursor=cursor)
    assert refused.value.status == 400


@pytest.mark.parametrize(("few", "many_finds"), [(3, 3), (3, 100), (100, 100)])
async def test_words_of_many_rows_are_found_as_exactly_as_rare_ones(
    crm: Crm,
    actor: Actor,
    person: Tell,
    case: Tell,
    monkeypatch: pytest.MonkeyPatch,
    few: int,
    many_finds: int,
) -> None:
    monkeypatch.setattr("crmcore.search.listing.FEW", few)
    monkeypatch.setattr("crmcore.search.listing.MANY", many_finds)
    record = await person(first_name="Common", last_name="Rare", phones=["+49 30 5550199"])
    for number in range(6):
        await person(first_name="Common", last_name=f"N{number}", phones=[f"+49 30 555020{number}"])
        await case(f"Common {number}", "Nothing")
    id = await case("Quiet", "A common word", contact=record.id)
    for q, many in (("common", 7), ("comm", 7), ("common n", 6), ("+49305550", 0), ("rare common", 1)):
        query = ListQuery(q=q, limit=50, sort="last_name")
        listed = await crm.records.list("contact", query, actor=actor)
        assert len(listed.items) == many == await crm.records.count("contact", query, actor=actor), q
    query = ListQuery(q="common", limit=50)
    listed = await crm.records.list("conversation", query, actor=actor)
    assert len(listed.items) == 7 == await crm.records.count("conversation", query, actor=actor)
    assert id in {item.id for item in listed.items}


async def test_a_search_takes_four_statements_at_most(
    crm: Crm, actor: Actor, person: Tell, case: Tell
) -> None:
    await person(first_name="Anna", last_name="Smith")
    await case("Anna", "Anna", "Anna")
    for q in ("anna", "ana smiht", "nothing at all"):
        before = crm.database.statements
        await crm.search.find(q, actor=actor)
        assert crm.database.statements - before <= 4, q


async def test_a_long_text_is_shown_where_the_word_is(crm: Crm, actor: Actor, case: Tell) -> None:
    await case("Long", "word " * 400 + "the deliveries came " + "tail " * 400)
    (find,) = (await crm.search.find("delivery", actor=actor, record_type="message")).items
    assert "deliveries" in find.excerpt
    assert len(find.excerpt) <= 162
    assert find.excerpt.startswith("…") and find.excerpt.endswith("…")


async def test_people_are_found_by_their_company_s_new_name(
    crm: Crm, actor: Actor, person: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crmcore.search.rebuild.BATCH", 2)
    for number in range(5):
        record = await person(first_name=f"N{number}", company="Acme")
    await crm.records.update("company", record.document["company_id"], {"name": "Zenith"}, actor=actor)
    await crm.worker.drain()
    assert len(await titles(crm, actor, "zenith", "contact")) == 5
    assert await titles(crm, actor, "acme", "contact") == []


async def test_a_newest_first_list_of_words_is_whole_whatever_the_filter(
    crm: Crm, actor: Actor, person: Tell
) -> None:
    for number in range(60):
        crm.clock.advance(1)  # type: ignore[attr-defined]  # the tests' clock
        await person(first_name="Common", last_name=f"N{number}", language="ru" if number < 5 else "en")
    everyone = ListQuery(q="common", limit=7)
    rare = ListQuery(
        q="common", limit=2, filter={"field": "language", "op": "eq", "value": "ru"}, sort="-created_at"
    )
    for query, expected in ((everyone, range(60)), (rare, range(5))):
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = await crm.records.list(
                "contact", msgspec.structs.replace(query, cursor=cursor), actor=actor
            )
            seen += [record.document["last_name"] for record in page.items]
            cursor = page.next
        assert seen == [f"N{number}" for number in reversed(expected)]
