"""Imports as a whole: checked dry, matched, merged, gone on with, taken back; on both engines."""

import asyncio
import csv
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crmcore.contracts.actors import Actor, system_actor
from crmcore.contracts.fields import CustomField
from crmcore.errors import Unavailable
from crmcore.importing.refusals import BadMapping, WrongState
from crmcore.importing.run import Duplicates, Import, ImportSettings
from crmcore.importing.storage import blocks_of
from crmcore.importing.tables import ImportRow
from crmcore.records.query import ListQuery
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

ADMIN = system_actor("test")


def sheet(folder: Path, *rows: str, name: str = "people.csv") -> Path:
    file = folder / name
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return file


async def imported(crm: Crm, file: Path, record_type: str = "contact", **settings: Any) -> Import:
    return await crm.imports.file(record_type, file, ImportSettings(**settings), actor=ADMIN)


async def stored(crm: Crm, record_type: str = "contact") -> dict[str, dict[str, Any]]:
    page = await crm.records.list(record_type, ListQuery(limit=200), actor=ADMIN)
    return {
        str(record.document.get("name", record.document.get("title"))): record.document
        for record in page.items
    }


def counts(run: Import) -> tuple[int, ...]:
    return run.created, run.updated, run.unchanged, run.skipped, run.refused


@pytest.fixture
async def fields(crm: Crm) -> None:
    """Contacts and tasks have an id of another program; contacts a size and colours."""
    for record_type in ("contact", "company"):
        await crm.fields.create(
            CustomField(
                record_type=record_type,
                key="ext",
                label={"en": "External", "ru": "Внешний код"},
                filterable=True,
            ),
            actor=ADMIN,
        )
    colours = {"choices": [{"value": value} for value in ("red", "green", "blue")]}
    await crm.fields.create(
        CustomField(
            record_type="contact", key="colours", label="Colours", type="multi_select", options=colours
        ),
        actor=ADMIN,
    )
    await crm.fields.create(
        CustomField(record_type="contact", key="size", label="Size", type="integer"), actor=ADMIN
    )


@pytest.mark.usefixtures("fields")
@pytest.mark.parametrize("duplicates", ["skip", "update", "merge", "refuse"])
async def test_a_dry_run_tells_the_same_and_writes_nothing(
    crm: Crm, tmp_path: Path, duplicates: Duplicates, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Rows 2 and 6 are one person, who is in different batches.
    monkeypatch.setattr("crmcore.importing.batches.MOST_ROWS", 2)
    rows = [
        "Name,Email,Company,Size",
        "Ann,a@x.example,Blue,1",
        "Bad,nothing,Blue,x",
        "Bob,b@x.example,Red,2",
    ]
    rows += ["Cid,c@x.example,Red,", "Ann,A@x.example,Blue,3", "Dan,d@x.example,,many"]
    file = sheet(tmp_path, *rows)
    dry = await imported(crm, file, duplicates=duplicates, dry_run=True)
    told = await crm.imports.refused(dry.id, actor=ADMIN)
    assert (dry.state, await stored(crm), await stored(crm, "company")) == ("checked", {}, {})
    with pytest.raises(WrongState):
        await crm.imports.undo(dry.id, actor=ADMIN)

    run = await crm.imports.start(
        dry.id, ImportSettings(duplicates=duplicates), actor=ADMIN, in_background=False
    )
    run = await crm.imports.work(run.id)
    assert [(row.row, row.sentence()) for row in told] == [
        (row.row, row.sentence()) for row in await crm.imports.refused(run.id, actor=ADMIN)
    ]
    assert counts(run)[:2] + counts(run)[3:] == counts(dry)[:2] + counts(dry)[3:] or duplicates == "merge"
    assert run.refused == (3 if duplicates == "refuse" else 2)


@pytest.mark.usefixtures("fields")
async def test_update_overwrites_merge_fills_what_is_empty_and_both_add_to_lists(
    crm: Crm, tmp_path: Path
) -> None:
    header = "First name,Email,Phone,Tags,Job title,Size,Colours"
    await imported(crm, sheet(tmp_path, header, "Ann,a@x.example,+1 650 253 0000,vip,,5,red"))
    more = sheet(tmp_path, header, "Anna,a@x.example,+16502530000; +16502530001,VIP; new,Chief,6,blue")

    merged = await imported(crm, more, duplicates="merge")
    ann = (await stored(crm))["Ann"]
    assert (merged.updated, ann["phones"], ann["job_title"]) == (
        1,
        ["+1 650 253 0000", "+16502530001"],
        "Chief",
    )
    assert (ann["tags"], ann["custom"]) == (["new", "vip"], {"size": 5, "colours": ["red", "blue"]})
    assert (await imported(crm, more, duplicates="merge")).unchanged == 1

    await imported(crm, more, duplicates="update")
    anna = (await stored(crm))["Anna"]
    assert (anna["custom"], len(anna["phones"])) == ({"size": 6, "colours": ["blue"]}, 2)
    assert (await imported(crm, more, duplicates="update")).unchanged == 1


@pytest.mark.usefixtures("fields")
async def test_any_record_is_matched_by_a_key(crm: Crm, tmp_path: Path) -> None:
    file = sheet(
        tmp_path,
        "Name,Внешний код,Website",
        "Blue,7,blue.example",
        "Red,8,",
        "Blue again,7,b.example",
        "None,,",
    )
    run = await imported(crm, file, "company", key="custom.ext", duplicates="update")
    assert counts(run) == (2, 1, 0, 0, 1)
    assert (await crm.imports.refused(run.id, actor=ADMIN))[0].problems[0].code == "no_key"
    assert set(await stored(crm, "company")) == {"Blue again", "Red"}
    run = await imported(crm, file, "company", key="custom.ext", duplicates="refuse")
    assert [row.problems[0].code for row in await crm.imports.refused(run.id, actor=ADMIN)][:3] == [
        "known"
    ] * 3

    tasks = sheet(
        tmp_path, "title,Срок,status", "Call,2026-11-22 14:00:00,open", "Write,2026-12-01T10:00:00Z,done"
    )
    assert counts(await imported(crm, tasks, "task")) == (2, 0, 0, 0, 0)
    due = (await stored(crm, "task"))["Call"]["due_at"]
    assert due.isoformat() == "2026-11-22T14:00:00+00:00"
    with pytest.raises(BadMapping):
        await imported(crm, tasks, "task", key="contact_id")


@pytest.mark.usefixtures("fields")
@pytest.mark.parametrize("together", [50, 2])
async def test_an_undo_puts_everything_back_that_nobody_touched(
    crm: Crm, tmp_path: Path, clock: TurnableClock, monkeypatch: pytest.MonkeyPatch, together: int
) -> None:
    # Rows of one record are in one batch, or in different ones.
    monkeypatch.setattr("crmcore.importing.undoing.MOST_ROWS", together)
    header = "Name,Email,Company,Size,Tags"
    await imported(crm, sheet(tmp_path, header, "Old,old@x.example,,1,first", "Two,two@x.example,,1,"))
    before = await stored(crm)
    clock.advance(60)
    rows = ["Old,old@x.example,Blue,2,second", "Old,old@x.example,,3,", "Two,two@x.example,,9,"]
    rows += ["New,new@x.example,Blue,4,", "Changed,changed@x.example,Red,5,", "New,new@x.example,,6,"]
    run = await imported(crm, sheet(tmp_path, header, *rows), duplicates="update")
    assert counts(run) == (2, 4, 0, 0, 0)
    now = await stored(crm)
    await crm.records.update("contact", now["Changed"]["id"], {"job_title": "Chief"}, actor=ADMIN)
    await crm.records.update("contact", now["Two"]["id"], {"job_title": "Clerk"}, actor=ADMIN)
    clock.advance(60)

    undone = await crm.imports.undo(run.id, actor=ADMIN, in_background=False)
    steps: list[int] = []
    undone = await crm.imports.work(undone.id, lambda done, total: steps.append(done))
    assert (undone.state, undone.undone, undone.kept) == ("undone", 5, 1)
    assert steps == ([6] if together == 50 else [2, 4, 6])
    [kept] = await crm.imports.kept(run.id, actor=ADMIN)
    assert (kept.row, kept.record_id, kept.reason) == (6, now["Changed"]["id"], "changed")
    after = await stored(crm)
    same = ("name", "emails", "company", "custom", "tags")
    assert {name: after["Old"][name] for name in same} == {name: before["Old"][name] for name in same}
    assert (after["Two"]["custom"], after["Two"]["job_title"]) == ({"size": 1}, "Clerk")
    assert set(after) == {"Old", "Two", "Changed"}
    # Blue was made by a row and is nobody's now; Red is still somebody's.
    assert set(await stored(crm, "company")) == {"Red"}
    history = await crm.records.history("contact", after["Old"]["id"], actor=ADMIN)
    assert history[0].reason == "undo of the import of people.csv"
    with pytest.raises(WrongState):
        await crm.imports.undo(run.id, actor=ADMIN)


async def test_what_ends_in_the_middle_goes_on_without_losing_or_repeating_a_row(
    crm: Crm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crmcore.importing.batches.MOST_ROWS", 3)
    file = sheet(tmp_path, "Name", *(f"P{number}" for number in range(10)))
    create = crm.records.create_many
    calls = 0

    async def away_after_the_second(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        made = await create(*arguments, **named)
        if calls > 1:
            raise Unavailable
        return made

    monkeypatch.setattr(crm.records, "create_many", away_after_the_second)
    with pytest.raises(Unavailable):
        await imported(crm, file)
    [run] = await crm.imports.newest(actor=ADMIN)
    assert (run.state, run.done, len(await stored(crm))) == ("running", 3, 3)
    monkeypatch.setattr(crm.records, "create_many", create)
    await crm.imports.resume(run.id, actor=ADMIN)
    await crm.worker.drain()
    run = await crm.imports.get(run.id, actor=ADMIN)
    assert (run.state, run.created, set(await stored(crm))) == ("done", 10, {f"P{n}" for n in range(10)})


async def test_the_first_of_two_workers_stops(
    crm: Crm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crmcore.importing.batches.MOST_ROWS", 2)
    file = sheet(tmp_path, "Name", *(f"P{number}" for number in range(6)))
    run = await crm.imports.receive("contact", file.name, blocks_of(file), actor=ADMIN)
    await crm.imports.start(run.id, ImportSettings(), actor=ADMIN, in_background=False)
    others: list[asyncio.Task[Import]] = []

    def begin_again(done: int, total: int) -> None:
        if not others:
            others.append(asyncio.create_task(crm.imports.work(run.id)))

    await crm.imports.work(run.id, begin_again)
    done = await others[0]
    assert (done.state, done.created, set(await stored(crm))) == ("done", 6, {f"P{n}" for n in range(6)})
    assert await ImportRow.count() == 6


async def test_a_mapping_is_remembered(crm: Crm, tmp_path: Path) -> None:
    await imported(
        crm, sheet(tmp_path, "Who,Mail,Thing", "Ann,a@x.example,x"), mapping={"Who": "name", "Thing": "notes"}
    )
    run = await imported(crm, sheet(tmp_path, "who,mail,thing", "Bob,b@x.example,y"))
    assert ((await stored(crm))["Bob"]["notes"], run.settings.mapping["thing"]) == ("y", "notes")
    for name, reason in (("Cid", "error"), ("Dan", "ошибка")):
        mended = await imported(
            crm, sheet(tmp_path, f"Who,Mail,Thing,{reason}", f"{name},{name}@x.example,z,emails: no")
        )
        assert (mended.created, (await stored(crm))[name]["notes"]) == (1, "z")


async def test_refused_rows_can_be_mended_and_imported_again(crm: Crm, tmp_path: Path) -> None:
    rows = [
        "Name;Email;Phone",
        *(f"N{n};{'x' if n % 2 else f'n{n}@x.example'};'+7999{n:07}" for n in range(1200)),
    ]
    run = await imported(crm, sheet(tmp_path, *rows))
    assert (run.created, run.refused) == (600, 600)
    pieces = [piece async for piece in await crm.imports.errors(run.id, actor=ADMIN)]
    text = b"".join(pieces).decode("utf-8-sig")
    found = list(csv.reader(text.splitlines(), delimiter=";"))
    assert (found[0], len(found)) == (["Name", "Email", "Phone", "error"], 601)
    assert found[1] == ["N1", "x", "'+79990000001", "emails: This is not an e-mail address."]
    mended = sheet(tmp_path, *text.replace(";x;", ";;").splitlines())
    again = await imported(crm, mended)
    assert (again.created, again.refused) == (600, 0)


async def test_old_imports_are_forgotten_with_their_files(
    crm: Crm, tmp_path: Path, clock: TurnableClock
) -> None:
    file = sheet(tmp_path, "Name", "Ann")
    await imported(crm, file)
    clock.advance(timedelta(days=20).total_seconds())
    await imported(crm, file)
    clock.advance(timedelta(days=11).total_seconds())
    assert await crm.imports.forget_old() == 1
    assert len(list((crm.settings.data_path / "imports").iterdir())) == 1
    clock.advance(timedelta(days=31).total_seconds())
    assert await crm.imports.forget_old() == 1
    assert list((crm.settings.data_path / "imports").iterdir()) == []
    assert not await ImportRow.exists()


async def test_what_somebody_may_no_longer_do_ends_his_import(crm: Crm, tmp_path: Path) -> None:
    id = await crm.accounts.create_user("gus@example.com", "Gus", "correct horse battery", role="agent")
    actor = Actor(kind="user", id=str(id), label="Gus", permissions=frozenset({"*"}))
    run = await crm.imports.receive(
        "contact", "x.csv", blocks_of(sheet(tmp_path, "Name", "Ann")), actor=actor
    )
    await crm.imports.start(run.id, ImportSettings(), actor=actor)
    await crm.records.update("user", id, {"active": False}, actor=ADMIN)
    await crm.worker.drain()
    run = await crm.imports.get(run.id, actor=actor)
    assert (run.state, run.created) == ("failed", 0) and "not active" in run.error
