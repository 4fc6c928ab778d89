"""Duplicates in a workspace: keys in step with contacts, the scan and its list, decisions that stay."""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from benchmarks.duplicates import by_id, fill, scan_and_judge
from benchmarks.planted import make_planted
from crmcore import Actor, system_actor
from crmcore.contacts.tables import Company, Contact
from crmcore.duplicates.entries import keys_with_counts, packed
from crmcore.duplicates.profile import profile_of_row
from crmcore.duplicates.tables import DuplicateScan, DuplicateSuggestion
from crmcore.errors import Conflict, Forbidden, NotFound
from crmcore.workspace import Crm

ADMIN = Actor(kind="user", id="1", label="Ada", permissions=frozenset({"*"}))


async def person(crm: Crm, first: str, last: str = "", company: str = "Akme", **more: Any) -> UUID:
    document = {"first_name": first, "last_name": last, "company": company, **more}
    return (await crm.records.create("contact", document, actor=ADMIN)).id


async def scanned(crm: Crm) -> list[tuple[set[UUID], int]]:
    """Scan, and return the pairs of the list with their scores."""
    await crm.duplicates.scan_now(lambda what, done, total: None)
    page, _ = await crm.duplicates.suggestions.page(actor=ADMIN)
    return [({one.one["id"], one.other["id"]}, one.score) for one in page]


async def stored_keys(crm: Crm) -> None:
    """Assert that the stored keys are exactly those of the contacts as they are."""
    rows = await Contact.select(*Contact.all_columns(), Contact.company.name).where(
        Contact.deleted_at.is_null()
    )
    wanted = {row["id"]: keys_with_counts(profile_of_row(row)) for row in rows}
    entries = await Contact.raw("SELECT id, contact, keys FROM duplicate_entry")
    assert {UUID(str(row["contact"])): bytes(row["keys"]) for row in entries} == {
        id: packed(keys) for id, keys in wanted.items()
    }
    numbers = {row["id"]: UUID(str(row["contact"])) for row in entries}
    keys = await Contact.raw("SELECT key, entry FROM duplicate_key")
    assert {(numbers[row["entry"]], row["key"]) for row in keys} == {
        (id, key) for id, found in wanted.items() for key in found
    }


async def test_keys_follow_every_write(crm: Crm) -> None:
    one = await person(crm, "John", "Smith", emails=["js@akme.example"], phones=["+14155552671"])
    two = await person(crm, "Юлия", "Соловьёва", handles=["@yulia84"])
    await stored_keys(crm)
    await crm.records.update("contact", one, {"last_name": "Smythe", "phones": []}, actor=ADMIN)
    await crm.records.update("contact", two, {"company": None, "notes": "x"}, actor=ADMIN)
    await stored_keys(crm)
    await crm.records.delete("contact", one, actor=ADMIN)
    await stored_keys(crm)
    await crm.records.restore("contact", one, actor=ADMIN)
    await stored_keys(crm)


async def test_keys_follow_the_new_name_of_a_company(crm: Crm) -> None:
    await person(crm, "John", "Smith")
    (company,) = await Company.select(Company.id)
    await crm.records.update("company", company["id"], {"name": "Globex"}, actor=ADMIN)
    await crm.worker.drain()
    await stored_keys(crm)


async def test_a_scan_renews_keys_that_are_missing_or_old(crm: Crm) -> None:
    ids = [await person(crm, "John", f"Smith{number}") for number in range(3)]
    await Contact.raw("DELETE FROM duplicate_key")
    await Contact.raw("DELETE FROM duplicate_entry")
    await Contact.update({Contact.deleted_at: crm.clock()}).where(Contact.id == ids[0])
    await scanned(crm)
    await stored_keys(crm)
    await Contact.update({Contact.last_name: "Jones", Contact.version: 9}).where(Contact.id == ids[1])
    await scanned(crm)
    await stored_keys(crm)


async def test_one_contact_is_compared_at_once(crm: Crm) -> None:
    one = await person(crm, "Robert", "Garcia", phones=["+14155552671"])
    two = await person(crm, "Bob", "García", phones=["8 415 555 26 71"])
    await person(crm, "Anna", "Garcia")
    (found,) = await crm.duplicates.of_contact(one, actor=ADMIN)
    assert found.row["id"] == two and found.comparison.score >= 90
    assert found.comparison.findings[0].text("en") == "Same phone ending 26-71"
    await crm.records.delete("contact", two, actor=ADMIN)
    assert await crm.duplicates.of_contact(one, actor=ADMIN) == []
    with pytest.raises(NotFound):
        await crm.duplicates.of_contact(two, actor=ADMIN)
    with pytest.raises(Forbidden):
        await crm.duplicates.of_contact(
            one, actor=Actor(kind="user", id="2", label="X", permissions=frozenset())
        )


async def test_what_was_dismissed_is_never_suggested_again(crm: Crm) -> None:
    one = await person(crm, "Robert", "Garcia", phones=["+14155552671"])
    two = await person(crm, "Bob", "García", phones=["8 415 555 26 71"])
    assert [pair for pair, _ in await scanned(crm)] == [{one, two}]
    (suggestion,) = (await crm.duplicates.suggestions.page(actor=ADMIN))[0]
    await crm.duplicates.suggestions.decide(suggestion.id, "dismissed", actor=ADMIN)
    assert await scanned(crm) == []
    assert await crm.duplicates.of_contact(two, actor=ADMIN) == []
    await crm.duplicates.suggestions.decide(suggestion.id, "open", actor=ADMIN)
    assert len(await scanned(crm)) == 1
    await crm.duplicates.suggestions.dismiss_pair(two, one, actor=ADMIN)
    await crm.duplicates.suggestions.dismiss_pair(one, two, actor=ADMIN)
    assert await scanned(crm) == [] and await DuplicateSuggestion.count() == 1
    with pytest.raises(Conflict):
        await crm.duplicates.suggestions.dismiss_pair(one, one, actor=ADMIN)
    viewer = msgspec.structs.replace(ADMIN, permissions=frozenset({"*.read"}))
    with pytest.raises(Forbidden):
        await crm.duplicates.suggestions.decide(suggestion.id, "open", actor=viewer)


async def test_a_merged_pair_leaves_the_list_and_comes_back_when_that_is_undone(crm: Crm) -> None:
    one = await person(crm, "Robert", "Garcia", phones=["+14155552671"])
    two = await person(crm, "Bob", "García", phones=["8 415 555 26 71"])
    before = await scanned(crm)
    merge = await crm.contacts.merge(one, two, actor=ADMIN)
    assert (await crm.duplicates.suggestions.page(actor=ADMIN))[0] == []
    assert await scanned(crm) == []
    await crm.contacts.undo_merge(merge, actor=ADMIN)
    assert await scanned(crm) == before
    await stored_keys(crm)


async def test_a_suggestion_that_holds_no_longer_goes_with_the_next_scan(crm: Crm) -> None:
    one = await person(crm, "Robert", "Garcia", phones=["+14155552671"])
    await person(crm, "Bob", "García", phones=["8 415 555 26 71"])
    assert len(await scanned(crm)) == 1
    await crm.records.update("contact", one, {"phones": [], "first_name": "Anna"}, actor=ADMIN)
    assert await scanned(crm) == []
    assert await DuplicateScan.count() == 1


async def test_an_interrupted_scan_goes_on_and_the_job_takes_turns(
    crm: Crm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crmcore.duplicates.scan.BATCH", 2)
    for number in range(5):
        await person(
            crm, "Robert", "Garcia", phones=[f"+1415555267{number}"], emails=[f"dragon{number}@x.example"]
        )
        await person(crm, "Bob", "García", phones=[f"8 415 555 267{number}"])

    def stop(what: str, done: int, total: int) -> None:
        if (what, done) == ("compare", 4):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await crm.duplicates.scan_now(stop)
    told: list[tuple[str, int, int]] = []
    await crm.duplicates.scan_now(lambda *step: told.append(step))
    assert [done for what, done, _ in told if what == "compare"] == [6, 8, 10, 10]
    whole = {frozenset(pair) for pair, _ in await scanned(crm)}
    await DuplicateSuggestion.delete(force=True)
    monkeypatch.setattr("crmcore.duplicates.service._TURN_S", 0.0)
    await crm.duplicates.begin_scan(actor=ADMIN)
    await crm.worker.drain()
    page, _ = await crm.duplicates.suggestions.page(actor=ADMIN)
    assert {frozenset((one.one["id"], one.other["id"])) for one in page} == whole
    state = await crm.duplicates.scan.state()
    assert state and state["finished_at"] is not None and state["started_by"] == "Ada"


async def test_pages_follow_one_another(crm: Crm) -> None:
    for number in range(5):
        await person(crm, "Robert", f"Garcia{number}", phones=[f"+1415555267{number}"])
        await person(crm, "Bob", f"García{number}", phones=[f"8 415 555 267{number}"])
    expected = [pair for pair, _ in await scanned(crm)]
    seen, cursor = [], ""
    while True:
        page, following = await crm.duplicates.suggestions.page(actor=ADMIN, limit=2, cursor=cursor)
        seen += [{one.one["id"], one.other["id"]} for one in page]
        if following is None:
            break
        cursor = following
    assert seen == expected and len(seen) == 5


async def test_planted_duplicates_are_found_and_hardly_anything_else(crm: Crm) -> None:
    planted = make_planted(2000, 100, seed=5)
    outcome = await scan_and_judge(crm, by_id(planted, await fill(planted)))
    assert outcome.recall >= 0.93, outcome.found
    assert outcome.wrong_share <= 0.02, outcome.wrong
    (hers,) = await Contact.select(Contact.id).limit(1)
    before = crm.database.statements
    await crm.duplicates.of_contact(hers["id"], actor=system_actor())
    assert crm.database.statements - before <= 8


async def test_keys_are_taken_away_by_the_index(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    if crm.database.kind != "sqlite":
        pytest.skip("PostgreSQL goes through so small a table at once, and rightly")
    gone = await person(crm, "Ann", "Lee", emails=["ann@x.example", "lee@x.example"])
    execute, asked = crm.database.engine.execute, dict[str, Any]()

    async def noted(sql: str, arguments: Any = ()) -> Any:
        asked[sql] = arguments
        return await execute(sql, arguments)

    monkeypatch.setattr(crm.database.engine, "execute", noted)
    await crm.records.delete("contact", gone, actor=ADMIN)
    taken = [(sql, values) for sql, values in asked.items() if sql.startswith("DELETE FROM duplicate_key")]
    assert taken
    for sql, values in taken:
        plan = await execute(f"EXPLAIN QUERY PLAN {sql}", values)
        assert not any("SCAN duplicate_key" in str(row) for row in plan), plan
    await stored_keys(crm)
