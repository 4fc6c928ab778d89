"""Rows of a file become records through the gate, on both engines."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from crmcore.audit.query import AuditQuery
from crmcore.contracts.actors import Actor, system_actor
from crmcore.contracts.fields import CustomField
from crmcore.errors import Forbidden, Unavailable
from crmcore.importing.refusals import NotATable
from crmcore.importing.refused_rows import RefusedRow
from crmcore.importing.run import Duplicates, Import, ImportSettings
from crmcore.importing.service import Progress
from crmcore.records.query import ListQuery
from crmcore.records.reasons import said_reason
from crmcore.workspace import Crm

ADMIN = system_actor("test")
IMPORT = Actor(
    kind="import", label="people.csv", permissions=frozenset({"contact.*", "company.*", "task.*", "import.*"})
)

PEOPLE = """Name;E-mail;Phone;Company;Tags;Visits
Ann Lee;ann@x.example;+1 650 253 0000;Bluepeak;vip, rio;12
Bob Ray;bob@x.example;;bluepeak;;
Nobody;not an address;12;;;many
Ann Again;ANN@x.example;;;;3
"""


async def imported(
    crm: Crm,
    folder: Path,
    text: str,
    duplicates: Duplicates = "skip",
    record_type: str = "contact",
    *,
    progress: Progress | None = None,
    **chosen: Any,
) -> Import:
    file = folder / "people.csv"
    file.write_text(text, encoding="utf-8")
    settings = ImportSettings(duplicates=duplicates, **chosen)
    return await crm.imports.file(record_type, file, settings, actor=IMPORT, progress=progress)


async def refused(crm: Crm, run: Import) -> list[RefusedRow]:
    return await crm.imports.refused(run.id, actor=IMPORT)


async def contacts(crm: Crm) -> dict[str, dict[str, Any]]:
    page = await crm.records.list("contact", ListQuery(), actor=ADMIN)
    return {record.document["name"]: {**record.document, "id": record.id} for record in page.items}


@pytest.fixture
async def visits(crm: Crm) -> None:
    """Contacts count visits."""
    field = CustomField(
        record_type="contact", key="visits", label="Visits", type="number", options={"integer": True}
    )
    await crm.fields.create(field, actor=ADMIN)


@pytest.mark.usefixtures("visits")
async def test_good_rows_go_in_and_bad_ones_say_why(crm: Crm, tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    report = await imported(crm, tmp_path, PEOPLE, progress=lambda done, total: steps.append((done, total)))
    stored = await contacts(crm)

    assert (report.created, report.updated, report.skipped) == (2, 0, 1)
    assert steps[-1] == (4, 4)
    assert set(stored) == {"Ann Lee", "Bob Ray"}
    assert stored["Ann Lee"]["custom"] == {"visits": 12} and stored["Ann Lee"]["tags"] == ["rio", "vip"]
    assert stored["Ann Lee"]["company_id"] == stored["Bob Ray"]["company_id"] is not None
    [error] = await refused(crm, report)
    assert (error.row, report.refused) == (4, 1)
    assert {problem.path for problem in error.problems} == {"/custom/visits", "/emails/0", "/phones/0"}
    assert error.sentence("ru") != error.sentence("en")


@pytest.mark.usefixtures("visits")
async def test_every_row_is_told_in_the_history_with_its_file_and_number(crm: Crm, tmp_path: Path) -> None:
    await imported(crm, tmp_path, PEOPLE)
    ann = (await contacts(crm))["Ann Lee"]

    [entry] = await crm.records.history("contact", ann["id"], actor=ADMIN)
    assert (entry.actor_kind, entry.actor_label) == ("import", "people.csv")
    assert entry.reason == "people.csv, row 2"
    [entry] = await crm.records.history("contact", ann["id"], actor=ADMIN, language="ru")
    assert entry.reason == "people.csv, строка 2"
    russian = msgspec.structs.replace(ADMIN, language="ru")
    entries, _ = await crm.audit.page(AuditQuery(record_id=ann["id"]), actor=russian)
    assert [entry.reason for entry in entries] == ["people.csv, строка 2"]
    # What was kept before there were codes, and what is no code of ours, is shown as it is kept.
    for kept in ("people.csv, row 5", 'crmcore:{"code":"reason.none","params":{}}', "crmcore:{", "crmcore:1"):
        assert said_reason(kept, "ru") == kept


@pytest.mark.usefixtures("visits")
async def test_a_second_import_adds_what_is_new_and_removes_nothing(crm: Crm, tmp_path: Path) -> None:
    await imported(crm, tmp_path, PEOPLE)
    more = "Name;E-mail;Phone;Visits\nAnn Lee;ann@x.example;+1 650 253 0001;13\n"
    report = await imported(crm, tmp_path, more, "update")
    ann = (await contacts(crm))["Ann Lee"]

    assert report.updated == 1
    assert ann["phones"] == ["+1 650 253 0000", "+1 650 253 0001"]
    assert ann["custom"] == {"visits": 13} and ann["tags"] == ["rio", "vip"]


async def test_known_people_are_refused_when_asked(crm: Crm, tmp_path: Path) -> None:
    people = "Name,Email\nAnn,ann@x.example\nAnn,ann@x.example\n"
    report = await imported(crm, tmp_path, people, "refuse")

    assert report.created == 1
    assert [(row.row, row.problems[0].code) for row in await refused(crm, report)] == [(3, "taken")]


@pytest.mark.parametrize("dry_run", [False, True])
async def test_skipped_rows_are_listed_with_what_they_matched(
    crm: Crm, tmp_path: Path, dry_run: bool
) -> None:
    await imported(crm, tmp_path, "Name,Email,Phone\nAnn Lee,ann@x.example,+1 650 253 0000\n")
    ann = (await contacts(crm))["Ann Lee"]["id"]
    people = (
        "Name,Email,Phone\nNew,new@x.example,\nAnn,ANN@x.example,\nBob,bob@x.example,+16502530000\nBad,no,\n"
    )
    run = await imported(crm, tmp_path, people, dry_run=dry_run)

    assert (run.created, run.skipped, run.refused) == (1, 2, 1)
    skipped = await crm.imports.skipped(run.id, actor=IMPORT)
    assert [(row.row, row.record_id, row.sentence()) for row in skipped] == [
        (3, ann, "emails: ANN@x.example is known."),
        (4, ann, "phones: +16502530000 is known."),
    ]
    pieces = [piece async for piece in await crm.imports.errors(run.id, actor=IMPORT, left="skipped")]
    assert b"".join(pieces).decode("utf-8-sig").splitlines() == [
        "Name,Email,Phone,row,known by,record",
        f"Ann,ANN@x.example,,3,emails: ANN@x.example is known.,{ann}",
        f"Bob,bob@x.example,'+16502530000,4,phones: +16502530000 is known.,{ann}",
    ]
    if not dry_run:
        await crm.imports.undo(run.id, actor=ADMIN, in_background=False)
        assert (await crm.imports.work(run.id)).undone == 1


@pytest.mark.parametrize("duplicates", ["update", "merge"])
async def test_who_shares_only_a_phone_number_is_not_overwritten(
    crm: Crm, tmp_path: Path, duplicates: Duplicates, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A dry run takes every batch back: the row with whom the number came is remembered.
    monkeypatch.setattr("crmcore.importing.batches.MOST_ROWS", 1)
    people = (
        "Name,Email,Phone\nOff One,one@x.example,+1 650 253 0000\nOff Two,two@x.example,+1 650 253 0000\n"
        "Off,new@x.example,+1 650 253 0000\nOther Name,,+1 650 253 0000\n"
    )
    for dry_run in (True, False):
        run = await imported(crm, tmp_path, people, duplicates, dry_run=dry_run)
        assert run.refused == 1
        [row] = await refused(crm, run)
        assert (row.row, row.problems[0].code) == (3, "another_person")
        assert "+1 650 253 0000" in row.sentence("en") and row.sentence("ru") != row.sentence("en")
    stored = await contacts(crm)
    [one] = stored.values()
    assert one["emails"] == ["one@x.example", "new@x.example"]
    assert one["name"] == ("Other Name" if duplicates == "update" else "Off One")


async def test_what_the_importer_may_not_do_is_refused_at_once(crm: Crm, tmp_path: Path) -> None:
    with pytest.raises(Forbidden):
        await imported(crm, tmp_path, "Name\nBlue\nRed\n", record_type="team")


async def test_a_quote_left_open_is_refused_before_anything_is_written(crm: Crm, tmp_path: Path) -> None:
    rows = [f"P{n},p{n}@x.example,fine" for n in range(1, 301)]
    rows[4] = 'P5,p5@x.example,"oops'
    with pytest.raises(NotATable) as refusal:
        await imported(crm, tmp_path, "\n".join(["Name,Email,Notes", *rows]))
    assert refusal.value.sentence("en").startswith(
        "people.csv: the quote that is opened on line 6 is not closed"
    )
    assert "в строке 6" in refusal.value.sentence("ru")
    assert await crm.imports.newest(actor=ADMIN) == [] and await contacts(crm) == {}

    # Only with the delimiter that was chosen does the quote begin a cell.
    text = 'Name;Email\nAnn|"a;ann@x.example\nBob;bob@x.example\n'
    with pytest.raises(NotATable, match="line 2"):
        await imported(crm, tmp_path, text, delimiter="|", mapping={"Name;Email": "name"})
    [run] = await crm.imports.newest(actor=IMPORT)
    with pytest.raises(NotATable, match="line 2"):
        await crm.imports.preview(run.id, ImportSettings(delimiter="|"), actor=IMPORT)
    assert (run.state, await contacts(crm)) == ("uploaded", {})


async def test_companies_are_imported_too(crm: Crm, tmp_path: Path) -> None:
    report = await imported(
        crm, tmp_path, "Name,Website,Address\nBluepeak,bluepeak.example,1 Hill\n", record_type="company"
    )
    page = await crm.records.list("company", ListQuery(), actor=ADMIN)

    assert (report.refused, report.created) == (0, 1)
    assert [record.document["domain"] for record in page.items] == ["bluepeak.example"]


async def test_a_database_that_is_away_ends_the_import(
    crm: Crm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any, **__: Any) -> None:
        raise Unavailable

    monkeypatch.setattr(crm.records, "create_many", away)
    with pytest.raises(Unavailable):
        await imported(crm, tmp_path, "Name\nAnn\n")
