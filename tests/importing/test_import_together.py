"""Rows that are written together come out as rows that are written one after the other."""

import json
from math import inf
from pathlib import Path
from typing import Any

import msgspec
import pytest

from crmcore.clock import uuid7
from crmcore.contacts.tables import Company, Contact
from crmcore.contracts.actors import system_actor
from crmcore.contracts.records import Record
from crmcore.database.statement import fetch
from crmcore.duplicates.entries import FIELDS, keys_with_counts, unpacked
from crmcore.duplicates.profile import profile_of_row
from crmcore.errors import Invalid
from crmcore.events.tables import EventRow
from crmcore.importing.run import Duplicates, Import, ImportSettings
from crmcore.importing.tables import ImportRow
from crmcore.records.gate import Gate
from crmcore.records.query import ListQuery
from crmcore.records.tables import History
from crmcore.records.together import NewRecord
from crmcore.workspace import Crm

ADMIN = system_actor("test")
HEADER = "First name,Last name,E-mail,Phone,Company,Tags,Notes"


def rows_of(mark: str) -> list[str]:
    """Return 60 rows: known, twice in the file, refused before and after their company is looked for, and sound."""
    rows = [f"Ann{n},Petrova,{mark}{n}@x.example,,{mark} blue {n % 5},vip; New,Note {n}" for n in range(60)]
    rows[7] = f"Bad,Address,{mark} no address,,{mark} never,,"
    rows[11] = f"Ann3,Petrova,{mark.upper()}3@x.example,,,third,"
    rows[13] = f"Old,Friend,{mark}-old@x.example; {mark}-new@x.example,,{mark} red,,"
    rows[17] = f",,,,{mark} nobody,,"
    rows[19] = f"Refused,ByRule,{mark}19@x.example,,{mark} refused,,"
    rows[23] = f"First,,{mark}23@x.example,,{mark} only,,"
    return rows


async def imported(crm: Crm, folder: Path, mark: str, duplicates: Duplicates) -> Import:
    await crm.records.create(
        "contact", {"last_name": "Old", "emails": [f"{mark}-old@x.example"]}, actor=ADMIN
    )
    file = folder / f"{mark}.csv"
    file.write_text("\n".join([HEADER, *rows_of(mark)]) + "\n", encoding="utf-8")
    return await crm.imports.file("contact", file, ImportSettings(duplicates=duplicates), actor=ADMIN)


async def everything(crm: Crm, run: Import, mark: str) -> dict[str, Any]:
    """Return what an import has left, without what differs by nature: ids, moments, and the mark itself."""
    query = ListQuery(limit=200, q="", sort="created_at")
    contacts = [
        record.document
        for record in (await crm.records.list("contact", query, actor=ADMIN)).items
        if any(address.startswith((mark, mark.upper())) for address in record.document["emails"])
    ]
    rows = await ImportRow.select().where(ImportRow.run == run.id).order_by(ImportRow.row)
    told: dict[str, list[Any]] = {"contacts": [], "history": [], "events": [], "words": []}
    for document in sorted(contacts, key=lambda document: str(document["emails"])):
        id = document["id"]
        told["contacts"].append({**document, "id": "", "company_id": bool(document["company_id"])})
        history = await History.select().where(History.record_id == id).order_by(History.version)
        told["history"] += [(row["action"], row["version"], row["changes"], row["reason"]) for row in history]
        events = await EventRow.select().where(EventRow.record_id == id).order_by(EventRow.id)
        told["events"] += [(row["name"], json.loads(row["payload"])["changes"]) for row in events]
        words = await fetch("SELECT title, words FROM search_entry WHERE record_id = {}", id)
        told["words"] += [(row["title"], _unmarked(row["words"], mark)) for row in words]
        [entry] = await fetch("SELECT keys FROM duplicate_entry WHERE contact = {}", id)
        [stored] = await Contact.select(*FIELDS).where(Contact.id == id)
        assert unpacked(entry["keys"]) == keys_with_counts(profile_of_row(stored))
    names = await Company.select(Company.name).order_by(Company.name).output(as_list=True)
    told["companies"] = [name for name in names if name.startswith(mark)]
    told["rows"] = [(r["row"], r["outcome"], r["version"], r["problems"], r["made"] is None) for r in rows]
    text = json.dumps(told, default=lambda value: "", ensure_ascii=False, sort_keys=True)
    ids = {str(document["company_id"]) for document in contacts if document["company_id"]}
    for id in ids:
        text = text.replace(id, "company")
    plain: dict[str, Any] = json.loads(text.replace(mark, "mark").replace(mark.upper(), "MARK"))
    return plain


def _unmarked(words: Any, mark: str) -> list[str]:
    """Return the words of an entry, a text on SQLite and a tsvector on PostgreSQL, in an order without the mark."""
    return sorted(str(words).replace(mark, "mark").split())


@pytest.mark.parametrize("duplicates", ["merge", "refuse"])
async def test_rows_together_are_as_rows_alone(
    crm: Crm, tmp_path: Path, duplicates: Duplicates, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = Gate._ask_plugins

    async def strict(self: Gate, hook: str, draft: Any) -> None:
        if draft.values.get("last_name") == "ByRule":
            draft.problem("/last_name", "ruled_out", {"en": "No.", "ru": "Нет."})
            self._raise(draft.problems)
        await ask(self, hook, draft)

    monkeypatch.setattr(Gate, "_ask_plugins", strict)
    together = await imported(crm, tmp_path, "aaa", duplicates)
    monkeypatch.setattr(Gate, "prepares_together", lambda *_: False)
    alone = await imported(crm, tmp_path, "bbb", duplicates)

    counters = ("created", "updated", "unchanged", "skipped", "refused", "total")
    assert [getattr(together, name) for name in counters] == [getattr(alone, name) for name in counters]
    assert (together.created, together.refused) == (55, 3 if duplicates == "merge" else 5)
    found = await everything(crm, together, "aaa")
    assert found == await everything(crm, alone, "bbb")
    assert {"mark never", "mark nobody", "mark refused"}.isdisjoint(found["companies"])


async def test_what_is_made_together_is_the_makers_and_nobody_elses(crm: Crm) -> None:
    user = await crm.accounts.create_user("ann@x.example", "Ann", None)
    own = crm.registry.row_scopes["own"].item
    ann = msgspec.structs.replace(ADMIN, kind="user", id=str(user), rows={"*": own})
    wanted = [
        NewRecord({"last_name": "Lee"}),
        NewRecord({"last_name": "Ray", "owner_id": str(uuid7())}),
        NewRecord({"last_name": "Fox", "company": "Blue"}),
    ]
    lee, ray, fox = await crm.records.create_many("contact", wanted, actor=ann, until=inf)
    assert isinstance(lee, Record) and isinstance(fox, Record) and isinstance(ray, Invalid)
    assert {lee.document["owner_id"], fox.document["owner_id"]} == {user}
    assert [problem.path for problem in ray.problems] == ["/owner_id"]
    assert [row["name"] for row in await Company.select(Company.name)] == ["Blue"]
