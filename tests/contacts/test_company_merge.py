"""Companies that are there twice become one, and two again."""

from typing import Any
from uuid import UUID

import msgspec
import pytest
from posting import ADMIN

from crmcore import CustomField
from crmcore.contacts.tables import Company, Contact, MergeLog
from crmcore.errors import Conflict, Forbidden, NotFound
from crmcore.events.tables import EventRow
from crmcore.records.query import ListQuery
from crmcore.views.service import NewView
from crmcore.views.tables import SavedView
from crmcore.workspace import Crm

_MOVING = {"version", "updated_at"}


async def company(crm: Crm, **document: Any) -> UUID:
    return (await crm.records.create("company", document, actor=ADMIN)).id


async def person(crm: Crm, **document: Any) -> UUID:
    return (await crm.records.create("contact", document, actor=ADMIN)).id


async def everything() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for table in (Company, Contact, SavedView):
        rows = await table.select()
        found[table._meta.tablename] = {
            str(row["id"]): {name: value for name, value in row.items() if name not in _MOVING}
            for row in rows
        }
    return found


async def test_people_and_references_move_and_come_back(crm: Crm) -> None:
    for type in ("contact", "company"):
        field = CustomField(
            record_type=type,
            key="supplier",
            label="Supplier",
            type="reference",
            options={"record_type": "company"},
        )
        await crm.fields.create(field, actor=ADMIN)
    kept = await company(crm, name="ACME", phone="+49 30 1", tags=["key"])
    merged = await company(crm, name="Acme GmbH", domain="acme.example", phone="+49 30 2", tags=["de"])
    ann = await person(crm, first_name="Ann", company_id=str(merged))
    bob = await person(crm, first_name="Bob", company_id=str(kept), custom={"supplier": str(merged)})
    await crm.records.update("company", kept, {"custom": {"supplier": str(merged)}}, actor=ADMIN)
    member = crm.accounts.create_user("a@example.com", "Ann", "correct horse battery", role="admin")
    owner = msgspec.structs.replace(ADMIN, kind="user", id=str(await member))
    asked = ListQuery(filter={"field": "company_id", "op": "eq", "value": str(merged)})
    await crm.views.create(NewView(name="Theirs", record_type="contact", query=asked), actor=owner)
    before = await everything()
    done = await crm.contacts.merge_companies(kept, merged, actor=ADMIN, choices={"phone": "merged"})
    stays = (await crm.records.get("company", kept, actor=ADMIN)).document
    assert (stays["name"], stays["domain"], stays["phone"]) == ("ACME", "acme.example", "+49 30 2")
    assert stays["tags"] == ["de", "key"]
    assert stays["custom"]["supplier"] == str(kept)
    assert (await crm.records.get("contact", ann, actor=ADMIN)).document["company_id"] == kept
    assert (await crm.records.get("contact", bob, actor=ADMIN)).document["custom"]["supplier"] == str(kept)
    assert (await crm.views.list(actor=owner))[0].query.filter == {**(asked.filter or {}), "value": str(kept)}
    with pytest.raises(NotFound) as gone:
        await crm.records.get("company", merged, actor=ADMIN)
    assert gone.value.extra == {"merged_into": str(kept)}
    with pytest.raises(NotFound):
        await crm.records.restore("company", merged, actor=ADMIN)
    await crm.worker.drain()
    found = await crm.records.list("contact", ListQuery(q="acme"), actor=ADMIN)
    assert {record.id for record in found.items} == {ann, bob}
    assert [row["id"] for row in await crm.contacts.merges_into("company", kept)] == [done]
    await crm.contacts.undo_merge(done, actor=ADMIN)
    assert await everything() == before
    with pytest.raises(Conflict):
        await crm.contacts.undo_merge(done, actor=ADMIN)
    await crm.worker.drain()
    found = await crm.records.list("contact", ListQuery(q="gmbh"), actor=ADMIN)
    assert [record.id for record in found.items] == [ann]
    names = [row["name"] for row in await EventRow.select(EventRow.name).order_by(EventRow.id)]
    assert [name for name in names if "merged" in name] == ["company_merged", "company_unmerged"]


async def test_what_was_changed_since_stays(crm: Crm) -> None:
    kept, merged = (
        await company(crm, name="ACME"),
        await company(crm, name="Acme", domain="acme.example", address="A"),
    )
    done = await crm.contacts.merge_companies(kept, merged, actor=ADMIN)
    await crm.records.update("company", kept, {"address": "B"}, actor=ADMIN)
    new = await person(crm, first_name="New", company_id=str(kept))
    await crm.contacts.undo_merge(done, actor=ADMIN)
    stays = (await crm.records.get("company", kept, actor=ADMIN)).document
    assert (stays["domain"], stays["address"]) == ("", "B")
    assert (await crm.records.get("contact", new, actor=ADMIN)).document["company_id"] == kept


async def test_refusals(crm: Crm) -> None:
    kept, merged, third = [await company(crm, name=name) for name in ("A", "B", "C")]
    reader = msgspec.structs.replace(ADMIN, permissions=frozenset({"company.read", "contact.*"}))
    with pytest.raises(Forbidden):
        await crm.contacts.merge_companies(kept, merged, actor=reader)
    with pytest.raises(Conflict):
        await crm.contacts.merge_companies(kept, kept, actor=ADMIN)
    done = await crm.contacts.merge_companies(kept, merged, actor=ADMIN)
    with pytest.raises(Forbidden):
        await crm.contacts.undo_merge(done, actor=reader)
    await crm.contacts.merge_companies(third, kept, actor=ADMIN)
    with pytest.raises(Conflict) as gone:
        await crm.contacts.undo_merge(done, actor=ADMIN)
    assert gone.value.code == "company_gone"
    assert await MergeLog.count().where(MergeLog.undone_at.is_null()) == 2
