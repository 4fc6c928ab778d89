import random
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from piccolo.table import Table
from posting import ADMIN, api_account, conversations, drained, messages, post

from crmcore import CustomField, Merge, Move, system_actor
from crmcore.accounts.tables import User
from crmcore.contacts.merged_references import References
from crmcore.contacts.tables import Company, Contact, ContactPoint, MergeLog
from crmcore.conversations.tables import Conversation
from crmcore.errors import Conflict, CrmError, Forbidden, Invalid, NotFound
from crmcore.events.tables import EventRow
from crmcore.records.query import ListQuery
from crmcore.records.tables import CustomFieldRow, Tagging
from crmcore.tasks.tables import Task
from crmcore.views.tables import SavedView
from crmcore.workspace import Crm

# What every write changes, and what tells that there was one.
_MOVING = {"version", "updated_at"}


async def person(crm: Crm, **document: Any) -> UUID:
    return (await crm.records.create("contact", document, actor=ADMIN)).id


async def everything(*more: type[Table]) -> dict[str, Any]:
    """Return all that a merge may touch, without what every write changes."""
    dump: dict[str, Any] = {}
    for table in (Contact, ContactPoint, Conversation, Task, Tagging, Company, *more):
        rows = await table.select()
        dump[table._meta.tablename] = {
            str(row["id"]): {name: value for name, value in row.items() if name not in _MOVING}
            for row in rows
        }
    return dump


async def test_the_kept_contact_has_everything_and_the_other_points_to_it(crm: Crm) -> None:
    kept = await person(crm, first_name="Anna", emails=["a@example.com"], tags=["vip"])
    merged = await person(
        crm,
        first_name="A.",
        last_name="Petrova",
        emails=["b@example.com"],
        phones=["+14155552671"],
        job_title="Pilot",
        company="ACME",
        tags=["VIP", "press"],
    )
    await crm.contacts.merge(kept, merged, actor=ADMIN)
    contact = (await crm.records.get("contact", kept, actor=ADMIN)).document
    assert contact["name"] == "Anna"
    assert (contact["job_title"], contact["company"]) == ("Pilot", "ACME")
    assert contact["emails"] == ["a@example.com", "b@example.com"]
    assert contact["phones"] == ["+14155552671"]
    assert contact["tags"] == ["press", "vip"]
    with pytest.raises(NotFound) as gone:
        await crm.records.get("contact", merged, actor=ADMIN)
    assert gone.value.extra == {"merged_into": str(kept)}
    assert await crm.contacts.find_by_point("email", "B@example.com") == kept
    events = [row["name"] for row in await EventRow.select(EventRow.name).order_by(EventRow.id)]
    assert events[-2:] == ["contact_updated", "contact_merged"]
    history = await crm.records.history("contact", merged, actor=ADMIN)
    assert history[0].changes == {"merged_into": [None, str(kept)]}


async def test_choices_say_whose_value_stays(crm: Crm) -> None:
    await crm.fields.create(CustomField(record_type="contact", key="tier", label="Tier"), actor=ADMIN)
    kept = await person(crm, first_name="Anna", job_title="Cook", language="", custom={"tier": "gold"})
    merged = await person(crm, first_name="Ann", job_title="Pilot", language="de", custom={"tier": "silver"})
    await crm.contacts.merge(
        kept,
        merged,
        actor=ADMIN,
        choices={"job_title": "merged", "custom.tier": "merged", "language": "kept"},
    )
    contact = (await crm.records.get("contact", kept, actor=ADMIN)).document
    assert (contact["first_name"], contact["job_title"], contact["language"]) == ("Anna", "Pilot", "")
    assert contact["custom"] == {"tier": "silver"}


@pytest.mark.parametrize("choices", [{"nonsense": "kept"}, {"job_title": "both"}, {"custom.nope": "merged"}])
async def test_a_choice_that_cannot_be_made_is_refused(crm: Crm, choices: dict[str, str]) -> None:
    kept, merged = await person(crm, first_name="A"), await person(crm, first_name="B")
    before = await everything()
    with pytest.raises(Invalid) as refused:
        await crm.contacts.merge(kept, merged, actor=ADMIN, choices=choices)
    assert refused.value.problems[0].path == f"/choices/{next(iter(choices))}"
    assert await everything() == before


async def test_late_messages_to_the_merged_contact_follow_it(crm: Crm) -> None:
    await api_account(crm)
    await post(crm, email="a@example.com", text="one")
    await post(crm, email="b@example.com", text="two")
    await drained(crm)
    kept_id = await crm.contacts.find_by_point("email", "a@example.com")
    merged_id = await crm.contacts.find_by_point("email", "b@example.com")
    assert kept_id and merged_id
    await crm.contacts.merge(kept_id, merged_id, actor=ADMIN)
    assert {row["contact"] for row in await conversations()} == {kept_id}
    await post(crm, email="b@example.com", text="three")
    await drained(crm)
    assert {row["contact"] for row in await conversations()} == {kept_id}
    assert (await messages())[-1]["author_id"] == str(kept_id)


async def test_undo_puts_back_what_moved_and_leaves_what_is_new(crm: Crm) -> None:
    await api_account(crm)
    await post(crm, email="a@example.com", text="one")
    await post(crm, email="b@example.com", name="Bea", text="two")
    await drained(crm)
    kept = await crm.contacts.find_by_point("email", "a@example.com")
    merged = await crm.contacts.find_by_point("email", "b@example.com")
    assert kept and merged
    before = await everything()
    merge = await crm.contacts.merge(kept, merged, actor=ADMIN)
    await crm.records.update("contact", kept, {"job_title": "Cook"}, actor=ADMIN)
    await crm.contacts.undo_merge(merge, actor=ADMIN)
    after = await everything()
    assert after["contact"][str(kept)].pop("job_title") == "Cook"
    before["contact"][str(kept)].pop("job_title")
    assert after == before
    with pytest.raises(Conflict):
        await crm.contacts.undo_merge(merge, actor=ADMIN)
    assert (await crm.records.get("contact", merged, actor=ADMIN)).document["name"] == "Bea"


@pytest.mark.parametrize("seed", range(6))
async def test_undo_restores_exactly_whatever_the_contacts_were(crm: Crm, seed: int) -> None:
    chance = random.Random(seed)
    await crm.fields.create(CustomField(record_type="contact", key="tier", label="Tier"), actor=ADMIN)
    await crm.fields.create(
        CustomField(record_type="contact", key="seats", label="Seats", type="number"), actor=ADMIN
    )
    await User.insert(User(email="u@example.com", name="U"))

    def some(*values: Any) -> Any:
        return chance.choice(values)

    ids = []
    for who in range(3):
        ids.append(
            await person(
                crm,
                first_name=some("", "Anna", f"Name{who}"),
                last_name=f"Last{who}",
                emails=[f"e{who}.{index}@example.com" for index in range(chance.randrange(4))],
                phones=[f"+1415555{who}{index:03}" for index in range(chance.randrange(3))],
                handles=[f"@h{who}{index}" for index in range(chance.randrange(3))],
                company=some(None, "ACME", f"Company {who}"),
                job_title=some("", "Cook"),
                notes=some("", "Заметка"),
                tags=chance.sample(["a", "b", "c", "D"], chance.randrange(4)),
                custom={**some({}, {"tier": "gold"}), **some({}, {"seats": who})},
            )
        )
    await ContactPoint.update({"opt_out": True}, force=True).where(ContactPoint.contact == ids[1])
    for index in range(12):
        contact = chance.choice(ids)
        conversation = await crm.records.create(
            "conversation", {"subject": f"s{index}"}, actor=system_actor(), internal={"contact": contact}
        )
        if chance.random() < 0.5:
            await crm.records.create(
                "task",
                {"title": f"t{index}", "contact_id": contact, "conversation_id": conversation.id},
                actor=ADMIN,
            )
    before = await everything()
    choices = {
        name: some("kept", "merged") for name in chance.sample(["first_name", "notes", "company_id"], 2)
    }
    first = await crm.contacts.merge(ids[0], ids[1], actor=ADMIN, choices=choices)
    middle = await everything()
    assert {row["contact"] for row in middle["conversation"].values()} <= {ids[0], ids[2]}
    second = await crm.contacts.merge(ids[2], ids[0], actor=ADMIN)
    assert {row["contact"] for row in (await everything())["contact_point"].values()} <= {ids[2]}
    with pytest.raises(Conflict):
        await crm.contacts.undo_merge(first, actor=ADMIN)
    await crm.contacts.undo_merge(second, actor=ADMIN)
    assert await everything() == middle
    await crm.contacts.undo_merge(first, actor=ADMIN)
    assert await everything() == before


async def test_what_cannot_be_merged_is_refused(crm: Crm) -> None:
    kept, merged = await person(crm, first_name="A"), await person(crm, first_name="B")
    with pytest.raises(Conflict):
        await crm.contacts.merge(kept, kept, actor=ADMIN)
    with pytest.raises(NotFound):
        await crm.contacts.merge(kept, uuid4(), actor=ADMIN)
    viewer = msgspec.structs.replace(ADMIN, permissions=frozenset({"*.read"}))
    with pytest.raises(Forbidden):
        await crm.contacts.merge(kept, merged, actor=viewer)
    with pytest.raises(NotFound):
        await crm.contacts.undo_merge(uuid4(), actor=ADMIN)
    assert await MergeLog.count() == 0


async def test_a_plugin_that_fails_rolls_the_merge_back(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = await person(crm, first_name="A", emails=["a@example.com"])
    merged = await person(crm, first_name="B", emails=["b@example.com"])
    await crm.records.create("conversation", {}, actor=system_actor(), internal={"contact": merged})
    before = await everything()
    dispatch = crm.host.dispatch
    implementers, call_one = dispatch.implementers, dispatch.call_one

    async def failing(plugin: str, hook: str, **arguments: Any) -> Any:
        if plugin != "other":
            return await call_one(plugin, hook, **arguments)
        merge: Merge = arguments["merge"]
        return [Move(table=Conversation, column="no_such_column", row=merge.merged)]

    monkeypatch.setattr(
        dispatch,
        "implementers",
        lambda hook: [*implementers(hook), *(["other"] if hook == "merge_contacts" else [])],
    )
    monkeypatch.setattr(dispatch, "call_one", failing)
    with pytest.raises(CrmError) as failed:
        await crm.contacts.merge(kept, merged, actor=ADMIN)
    assert failed.value.code == "plugin_failed" and "other" in failed.value.sentence()
    assert await everything() == before


async def test_a_contact_with_thousands_of_conversations_merges(crm: Crm) -> None:
    kept, merged = await person(crm, first_name="A"), await person(crm, first_name="B")
    at = datetime.now(UTC)
    rows = [Conversation(number=number, contact=merged, last_activity_at=at) for number in range(1, 2501)]
    for start in range(0, len(rows), 250):
        await Conversation.insert(*rows[start : start + 250])
    merge = await crm.contacts.merge(kept, merged, actor=ADMIN)
    assert await Conversation.count().where(Conversation.contact == kept) == 2500
    await crm.contacts.undo_merge(merge, actor=ADMIN)
    assert await Conversation.count().where(Conversation.contact == merged) == 2500


async def test_references_follow_a_merge_and_come_back_with_its_undoing(crm: Crm) -> None:
    kept, merged = await person(crm, first_name="A"), await person(crm, first_name="B")
    for record_type in ("contact", "company", "conversation"):
        field = CustomField(
            record_type=record_type,
            key="advisor",
            label="Advisor",
            type="reference",
            options={"record_type": "contact"},
            filterable=record_type == "contact",
        )
        await crm.fields.create(field, actor=ADMIN)
    advised = await person(crm, first_name="C", custom={"advisor": str(merged)}, notes="Заметка 1.50")
    company = await crm.records.create(
        "company", {"name": "X", "custom": {"advisor": str(merged)}}, actor=ADMIN
    )
    gone = await crm.records.create("company", {"name": "Y", "custom": {"advisor": str(merged)}}, actor=ADMIN)
    await crm.records.delete("company", gone.id, actor=ADMIN)
    own = await crm.records.update("contact", kept, {"custom": {"advisor": str(merged)}}, actor=ADMIN)
    condition = {"any": [{"field": "custom.advisor", "op": "eq", "value": str(merged)}]}
    await SavedView.insert(
        SavedView(
            record_type="contact", name="Advised", query=msgspec.json.encode({"filter": condition}).decode()
        )
    )
    (default,) = await CustomFieldRow.select().where(CustomFieldRow.record_type == "conversation")
    await CustomFieldRow.update(
        {CustomFieldRow.default_value: f'"{merged}"', CustomFieldRow.version: 2}
    ).where(CustomFieldRow.id == default["id"])
    before = await everything(SavedView, CustomFieldRow)

    merge = await crm.contacts.merge(kept, merged, actor=ADMIN)
    for record_type, id in (("contact", advised), ("company", company.id), ("contact", own.id)):
        document = (await crm.records.get(record_type, id, actor=ADMIN)).document
        assert document["custom"] == {"advisor": str(kept)}
    found = await crm.records.list(
        "contact",
        ListQuery(filter=msgspec.json.decode((await SavedView.select())[0]["query"])["filter"]),
        actor=ADMIN,
    )
    assert {record.id for record in found.items} == {advised, kept}
    after = await everything(SavedView, CustomFieldRow)
    for table in ("company", "conversation", "saved_view", "custom_field"):
        assert str(merged) not in str(after[table]), table

    await crm.contacts.undo_merge(merge, actor=ADMIN)
    assert await everything(SavedView, CustomFieldRow) == before


async def test_who_refers_to_himself_leaves_no_reference_to_a_tombstone(crm: Crm) -> None:
    field = CustomField(
        record_type="contact", key="advisor", label="A", type="reference", options={"record_type": "contact"}
    )
    await crm.fields.create(field, actor=ADMIN)
    kept, merged = await person(crm, first_name="A"), await person(crm, first_name="B")
    await crm.records.update("contact", merged, {"custom": {"advisor": str(merged)}}, actor=ADMIN)
    before = await everything()
    merge = await crm.contacts.merge(kept, merged, actor=ADMIN)
    record = await crm.records.get("contact", kept, actor=ADMIN)
    assert record.document["custom"] == {"advisor": str(kept)}
    await crm.contacts.undo_merge(merge, actor=ADMIN)
    assert await everything() == before


async def test_undo_gives_points_back_after_the_kept_contact_was_deleted_and_restored(crm: Crm) -> None:
    kept = await person(crm, first_name="A", emails=["a@example.com"])
    merged = await person(crm, first_name="B", emails=["b@example.com"], phones=["+14155552671"])
    merge = await crm.contacts.merge(kept, merged, actor=ADMIN)
    await crm.records.delete("contact", kept, actor=ADMIN)
    await crm.records.restore("contact", kept, actor=ADMIN)
    await crm.contacts.undo_merge(merge, actor=ADMIN)
    mine = (await crm.records.get("contact", kept, actor=ADMIN)).document
    theirs = (await crm.records.get("contact", merged, actor=ADMIN)).document
    assert (mine["emails"], mine["phones"]) == (["a@example.com"], [])
    assert (theirs["emails"], theirs["phones"]) == (["b@example.com"], ["+14155552671"])
    assert await crm.contacts.find_by_point("email", "b@example.com") == merged


async def test_an_address_taken_away_since_the_merge_finds_nobody_after_its_undoing(crm: Crm) -> None:
    kept = await person(crm, first_name="A", emails=["a@example.com"])
    merged = await person(crm, first_name="B", emails=["b@example.com", "left@example.com"])
    merge = await crm.contacts.merge(kept, merged, actor=ADMIN)
    await crm.records.update("contact", kept, {"emails": ["a@example.com", "b@example.com"]}, actor=ADMIN)
    await crm.contacts.undo_merge(merge, actor=ADMIN)
    for words, found in (("left@example.com", []), ("b@example.com", [merged]), ("a@example.com", [kept])):
        page = await crm.records.list("contact", ListQuery(q=words), actor=ADMIN)
        assert [record.id for record in page.items] == found, words


async def test_a_tombstone_is_not_restored_but_by_undoing_the_merge(crm: Crm) -> None:
    kept, merged = await person(crm, first_name="A"), await person(crm, first_name="B")
    await crm.contacts.merge(kept, merged, actor=ADMIN)
    before = await everything()
    with pytest.raises(NotFound):
        await crm.records.restore("contact", merged, actor=ADMIN)
    assert await everything() == before


async def test_a_reference_changed_since_the_merge_stays_as_it_is(crm: Crm) -> None:
    kept, merged = await person(crm, first_name="A"), await person(crm, first_name="B")
    third = await person(crm, first_name="C")
    field = CustomField(
        record_type="company", key="owner_of", label="O", type="reference", options={"record_type": "contact"}
    )
    await crm.fields.create(field, actor=ADMIN)
    company = await crm.records.create(
        "company", {"name": "X", "custom": {"owner_of": str(merged)}}, actor=ADMIN
    )
    merge = await crm.contacts.merge(kept, merged, actor=ADMIN)
    await crm.records.update("company", company.id, {"custom": {"owner_of": str(third)}}, actor=ADMIN)
    await crm.contacts.undo_merge(merge, actor=ADMIN)
    record = await crm.records.get("company", company.id, actor=ADMIN)
    assert record.document["custom"] == {"owner_of": str(third)}


async def test_columns_of_record_types_follow_even_when_their_plugin_names_no_rows(crm: Crm) -> None:
    kept, merged = await person(crm, first_name="A"), await person(crm, first_name="B")
    for contact in (kept, merged):
        await crm.records.create("conversation", {}, actor=system_actor(), internal={"contact": contact})
    await crm.records.create("task", {"title": "t", "contact_id": merged}, actor=ADMIN)
    async with crm.database.transaction():
        logged = await References(crm.database, crm.records.types).move("contact", kept, merged)
    assert {(group["table"], group["column"], len(group["rows"])) for group in logged} == {
        ("conversation", "contact", 1),
        ("task", "contact", 1),
    }
    assert {row["contact"] for row in await Conversation.select()} == {kept}


async def test_a_contact_that_is_deleted_and_restored_keeps_what_is_known_of_its_points(crm: Crm) -> None:
    id = await person(crm, emails=["a@example.com", "b@example.com"], phones=["+14155552671"])
    flags = {"opt_out": True, "bounced": True, "verified": True}
    for (flag, value), raw in zip(
        flags.items(), ("a@example.com", "b@example.com", "+14155552671"), strict=True
    ):
        await ContactPoint.update({flag: value}, force=True).where(ContactPoint.normalized == raw)

    async def known() -> list[dict[str, Any]]:
        rows = await ContactPoint.select().order_by(ContactPoint.position)
        return [{name: value for name, value in row.items() if name != "id"} for row in rows]

    before = await known()
    document = (await crm.records.get("contact", id, actor=ADMIN)).document
    await crm.records.delete("contact", id, actor=ADMIN)
    restored = await crm.records.restore("contact", id, actor=ADMIN)

    assert await known() == before
    assert restored.document["emails"] == document["emails"]
    await ContactPoint.update({"opt_out": False}, force=True).where(
        ContactPoint.normalized == "a@example.com"
    )
    await crm.records.delete("contact", id, actor=ADMIN)
    await crm.records.restore("contact", id, actor=ADMIN)
    assert not any(row["opt_out"] for row in await known())
