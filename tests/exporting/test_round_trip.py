"""An export that is imported again is the same records."""

from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from crmcore.contracts.actors import Actor, system_actor
from crmcore.contracts.fields import CustomField
from crmcore.errors import Forbidden
from crmcore.exporting.service import ExportSettings
from crmcore.importing.run import ImportSettings
from crmcore.importing.tables import ImportRow
from crmcore.records.query import ListQuery
from crmcore.settings import WorkspaceSettings
from crmcore.workspace import Crm

ADMIN = system_actor("test")
CHOICES = {"choices": [{"value": value} for value in ("red", "a; b", "c, d", 'say "e"')]}
# Field type, its options, values that must survive. Each is on a contact of its own.
VALUES: list[tuple[str, dict[str, Any], list[Any]]] = [
    (
        "text",
        {},
        [
            "=1+1",
            "'=1+1",
            "''=x",
            "-",
            "+7 (999)",
            "@sum",
            "＝1",
            "x\u200by",
            '"quoted"',
            "_x0041_",
            "00123",
            "1e5",
        ],
    ),
    ("text", {}, ["true", "Ёжик; ёж, «Еж»", "a\tb", "#N/A!", "{}", "[1]", "•••"]),
    ("long_text", {}, ["one\n\n=two\nthree", "с новой\nстроки", "x" * 5000]),
    ("number", {}, [0, -5, 0.1, 999999999999999, -1e-7, 3.3333333333333335]),
    ("integer", {}, [7, -7, 999999999999999]),
    ("decimal", {}, ["12.50", "-0.01"]),
    ("money", {}, [{"amount": "12.50", "currency": "EUR"}, {"amount": "-5", "currency": "JPY"}]),
    ("date", {}, ["2026-11-22", "1899-01-01", "0001-01-01"]),
    ("time", {}, ["09:05", "00:00"]),
    ("date_time", {}, ["2026-11-22T14:00:00Z", "1969-12-31T23:59:59Z"]),
    ("checkbox", {}, [True, False]),
    ("drop_down", CHOICES, ["a; b", 'say "e"']),
    ("checkbox_group", CHOICES, [["a; b", "c, d", 'say "e"'], ["red"]]),
    ("multi_select", CHOICES, [["red", "c, d"]]),
    ("email", {}, ["анна@почта.рф"]),
    ("phone", {}, ["+79991234567", "112"]),
    ("url", {}, ["https://example.org/?a=1;b=2,c"]),
    ("ip_address", {}, ["2001:db8::1"]),
]
PEOPLE: list[dict[str, Any]] = [
    {
        "first_name": "Анна",
        "last_name": "=HYPERLINK(1)",
        "emails": ["anna@example.com", "a@пример.рф"],
        "phones": ["+7 999 123-45-67", "8 (800) 555-35-35"],
        "handles": ["@anna", "-x"],
        "company": "Рога, копыта; и Ко",
        "tags": ["vip", "a; b", "Rio, Brasil", "+1"],
        "notes": '+1\n\'=2; "три"',
        "time_zone": "Europe/Moscow",
    },
    {"phones": ["+1 650 253 0000"]},
    {"last_name": "O'Brien", "tags": ["'=x"]},
]


async def defined(crm: Crm) -> None:
    for number, (type, options, _) in enumerate(VALUES):
        field = CustomField(
            record_type="contact", key=f"f{number}", label={"en": f"Field {number}", "ru": f"Поле {number}"},
            type=type, options=options,
        )  # fmt: skip
        await crm.fields.create(field, actor=ADMIN)
    for record_type in ("contact", "company"):
        reference = CustomField(
            record_type="company" if record_type == "contact" else "contact",
            key="other",
            label="Other",
            type="reference",
            options={"record_type": record_type},
        )
        await crm.fields.create(reference, actor=ADMIN)


@pytest.fixture
async def filled(crm: Crm) -> Crm:
    """A workspace with a contact for every value."""
    await defined(crm)
    for document in PEOPLE:
        await crm.records.create("contact", document, actor=ADMIN)
    for number, (_, _, values) in enumerate(VALUES):
        for place, value in enumerate(values):
            document = {"first_name": f"C{number}.{place}", "custom": {f"f{number}": value}}
            await crm.records.create("contact", document, actor=ADMIN)
    return crm


async def written(crm: Crm, file: Path, **settings: Any) -> Path:
    export = await crm.exports.prepare(
        "contact", ExportSettings(format="xlsx" if file.suffix == ".xlsx" else "csv", **settings), actor=ADMIN
    )
    with file.open("wb") as stream:
        async for piece in export.pieces:
            stream.write(piece)
    return file


async def documents(crm: Crm, *left_out: str) -> list[dict[str, Any]]:
    page = await crm.records.list("contact", ListQuery(limit=200), actor=ADMIN)
    return sorted(
        (
            {name: value for name, value in record.document.items() if name not in left_out}
            for record in page.items
        ),
        key=lambda document: str(document["name"]),
    )


@pytest.mark.parametrize("name", ["people.csv", "people.xlsx"])
async def test_it_changes_nothing_where_it_came_from(filled: Crm, tmp_path: Path, name: str) -> None:
    before = await documents(filled)
    file = await written(filled, tmp_path / name)
    for duplicates in ("update", "merge"):
        settings = ImportSettings(key="id", duplicates=duplicates)
        run = await filled.imports.file("contact", file, settings, actor=ADMIN)
        problems = [row.sentence() for row in await filled.imports.refused(run.id, actor=ADMIN)]
        assert (problems, run.unchanged, run.updated) == ([], len(before), 0)
    assert await documents(filled) == before


@pytest.mark.parametrize("name", ["people.csv", "people.xlsx"])
@pytest.mark.parametrize("labels", [False, True])
async def test_it_makes_the_same_records_elsewhere(
    filled: Crm, tmp_path: Path, name: str, labels: bool, fresh_database: Callable[[], str]
) -> None:
    own = ("id", "created_at", "updated_at", "company_id", "version")
    before = await documents(filled, *own)
    file = await written(filled, tmp_path / name, labels=labels)
    settings = WorkspaceSettings(data_dir=str(tmp_path / "other"), database_url=fresh_database())
    other = Crm.build(settings, clock=filled.clock, entry_points=[])
    await other.start()
    try:
        with other.bound():
            await defined(other)
            run = await other.imports.file("contact", file, ImportSettings(), actor=ADMIN)
            problems = [row.sentence() for row in await other.imports.refused(run.id, actor=ADMIN)]
            assert (problems, run.created) == ([], len(before))
            assert await documents(other, *own) == before
    finally:
        await other.stop()


async def test_an_export_has_what_was_asked_and_what_may_be_seen(filled: Crm, tmp_path: Path) -> None:
    file = await written(
        filled,
        tmp_path / "some.csv",
        columns=("last_name", "custom.f0", "name"),
        query=ListQuery(filter={"field": "last_name", "op": "contains", "value": "brien"}),
        delimiter=";",
    )
    assert file.read_text(encoding="utf-8-sig") == "last_name;custom.f0;name\nO'Brien;;O'Brien\n"
    nobody = Actor(kind="user", permissions=frozenset({"export.read", "company.read"}))
    with pytest.raises(Forbidden):
        await filled.exports.prepare("contact", ExportSettings(), actor=nobody)


async def test_sensitive_values_are_masked_and_stay_when_they_come_back(
    fresh_database: Callable[[], str], tmp_path: Path
) -> None:
    settings = WorkspaceSettings(data_dir=str(tmp_path / "data"), database_url=fresh_database())
    crm = Crm.build(settings, entry_points=[EntryPoint("loyalty", "loyalty_plugin", "crmcore")])
    await crm.start()
    try:
        with crm.bound():
            document = {"first_name": "Ann", "custom": {"loyalty_card": "L123456"}}
            ann = await crm.records.create("contact", document, actor=ADMIN)
            file = await written(
                crm, tmp_path / "people.csv", columns=("id", "last_name", "custom.loyalty_card")
            )
            text = file.read_text(encoding="utf-8-sig")
            assert "123456" not in text and "•" in text
            file.write_text(text.replace(",,", ",Lee,"), encoding="utf-8")
            run = await crm.imports.file(
                "contact", file, ImportSettings(key="id", duplicates="update"), actor=ADMIN
            )
            assert (run.updated, run.refused) == (1, 0)
            stored = await crm.records.stored_custom("contact", ann.id)
            assert crm.records.opened("contact", ann.id, stored)["loyalty_card"] == "L123456"

            file.write_text(f"id,custom.loyalty_card\n{ann.id},L777\n", encoding="utf-8")
            run = await crm.imports.file(
                "contact", file, ImportSettings(key="id", duplicates="update"), actor=ADMIN
            )
            [row] = await ImportRow.select().where(ImportRow.run == run.id)
            assert "L777" not in row["changes"] and "L123456" not in row["changes"]
            await crm.imports.undo(run.id, actor=ADMIN, in_background=False)
            assert (await crm.imports.work(run.id)).undone == 1
            stored = await crm.records.stored_custom("contact", ann.id)
            assert crm.records.opened("contact", ann.id, stored)["loyalty_card"] == "L123456"
    finally:
        await crm.stop()
