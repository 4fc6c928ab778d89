"""The gate: one answer for every write path."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from crmcore import Actor, CustomField, plugin_actor
from crmcore.errors import Conflict, Forbidden, Invalid, NotFound
from crmcore.records.tables import History
from crmcore.workspace import Crm

BAD_VALUES: list[tuple[dict[str, Any], str, str]] = [
    ({"first_name": 5}, "/first_name", "wrong_type"),
    ({"first_name": None}, "/first_name", "wrong_type"),
    ({"first_name": "x" * 121}, "/first_name", "too_long"),
    ({"first_name": "a\x00b"}, "/first_name", "unstorable"),
    ({"first_name": "a\ud800b"}, "/first_name", "unstorable"),
    ({"emails": "a@b.example"}, "/emails", "wrong_type"),
    ({"emails": ["not an address"]}, "/emails/0", "not_an_email"),
    ({"phones": ["12"]}, "/phones/0", "not_a_phone"),
    ({"company_id": "nonsense"}, "/company_id", "wrong_form"),
    ({"company_id": str(uuid4())}, "/company_id", "no_such_record"),
    ({"id": str(uuid4())}, "/id", "read_only"),
    ({"version": 7}, "/version", "read_only"),
    ({"last_contact_at": "2026-01-01T00:00:00Z"}, "/last_contact_at", "read_only"),
    ({"search_text": "x"}, "/search_text", "unknown_field"),
    ({"time_zone": "Mars/Base"}, "/time_zone", "unknown_time_zone"),
    ({"time_zone": "../../etc/passwd"}, "/time_zone", "unknown_time_zone"),
    ({"language": "in klingon"}, "/language", "not_a_language"),
    ({"ip_address": "zzz"}, "/ip_address", "not_an_ip_address"),
    ({"avatar": "javascript:alert(1)"}, "/avatar", "not_a_picture"),
    ({"custom": 5}, "/custom", "wrong_type"),
    ({"custom": {"age": -1}}, "/custom/age", "too_small"),
    ({"custom": {"age": "many"}}, "/custom/age", "wrong_type"),
    ({"custom": {"age": 10**30}}, "/custom/age", "too_large"),
    ({"custom": {"tier": "bronze"}}, "/custom/tier", "not_a_choice"),
    ({"custom": {"vip": "perhaps"}}, "/custom/vip", "wrong_type"),
    ({"custom": {"born": "22.13.2026"}}, "/custom/born", "not_a_date"),
    ({"custom": {"born": "2026-02-30"}}, "/custom/born", "not_a_date"),
    ({"custom": {"nick": "longer than ten"}}, "/custom/nick", "too_long"),
    ({"custom": {"colour": "red"}}, "/custom/colour", "unknown_field"),
]


@pytest.mark.parametrize(("bad", "path", "code"), BAD_VALUES)
async def test_a_bad_value_is_refused_alike_on_create_and_on_update(
    fields: Crm, actor: Actor, bad: dict[str, Any], path: str, code: str
) -> None:
    stored = await fields.records.create("contact", {"last_name": "Before"}, actor=actor)
    with pytest.raises(Invalid) as created:
        await fields.records.create("contact", {"last_name": "New", **bad}, actor=actor)
    with pytest.raises(Invalid) as updated:
        await fields.records.update("contact", stored.id, bad, actor=actor)
    for error in (created.value, updated.value):
        assert [(problem.path, problem.code) for problem in error.problems] == [(path, code)]
        english, russian = (error.problems[0].sentence(language) for language in ("en", "ru"))
        assert english != russian
        assert "{" not in english + russian
    after = await fields.records.get("contact", stored.id, actor=actor)
    assert after == stored


async def test_values_are_stored_in_one_form(fields: Crm, actor: Actor) -> None:
    custom = {"age": " 31 ", "tier": "золото", "vip": "да", "born": " 2026-11-22 ", "nick": "  Ann "}
    record = await fields.records.create(
        "contact", {"first_name": " Anna  Maria ", "custom": custom}, actor=actor
    )
    assert record.document["first_name"] == "Anna Maria"
    assert record.document["custom"] == {
        "age": 31,
        "tier": "gold",
        "vip": True,
        "born": "2026-11-22",
        "nick": "Ann",
    }


async def test_every_problem_is_reported_at_once(fields: Crm, actor: Actor) -> None:
    document = {
        "first_nme": 1,
        "last_name": 7,
        "emails": ["x"],
        "custom": {"age": 200, "tier": "x", "born": "y", "nope": 1},
    }
    with pytest.raises(Invalid) as refused:
        await fields.records.create("contact", document, actor=actor)
    assert {problem.path for problem in refused.value.problems} == {
        "/first_nme",
        "/last_name",
        "/emails/0",
        "/custom/age",
        "/custom/tier",
        "/custom/born",
        "/custom/nope",
    }


async def test_an_update_changes_what_it_names_and_nothing_else(fields: Crm, actor: Actor) -> None:
    document = {
        "first_name": "Anna",
        "emails": ["a@x.example"],
        "tags": ["VIP"],
        "custom": {"age": 31, "vip": True},
    }
    record = await fields.records.create("contact", document, actor=actor)
    changed = await fields.records.update("contact", record.id, {"custom": {"age": 32}}, actor=actor)
    assert changed.version == 2
    assert changed.document["custom"] == {"age": 32, "vip": True}
    removed = await fields.records.update(
        "contact", record.id, {"custom": {"age": None}, "tags": []}, actor=actor
    )
    assert removed.document["custom"] == {"vip": True}
    assert removed.document["tags"] == []
    assert removed.document["emails"] == ["a@x.example"]


async def test_a_stale_version_is_refused_with_the_current_values(crm: Crm, actor: Actor) -> None:
    record = await crm.records.create("contact", {"first_name": "Anna"}, actor=actor)
    await crm.records.update("contact", record.id, {"first_name": "Hanna"}, actor=actor, version=1)
    with pytest.raises(Conflict) as refused:
        await crm.records.update("contact", record.id, {"first_name": "Anne"}, actor=actor, version=1)
    assert refused.value.extra["current"]["first_name"] == "Hanna"


async def test_fifty_concurrent_edits_are_all_counted(crm: Crm, actor: Actor) -> None:
    record = await crm.records.create("company", {"name": "Morgenrot"}, actor=actor)
    await asyncio.gather(
        *(crm.records.update("company", record.id, {"notes": f"edit {i}"}, actor=actor) for i in range(50))
    )
    assert (await crm.records.get("company", record.id, actor=actor)).version == 51
    assert len(await crm.records.history("company", record.id, actor=actor, limit=100)) == 51


async def test_of_fifty_edits_of_one_version_one_wins(crm: Crm, actor: Actor) -> None:
    record = await crm.records.create("company", {"name": "Morgenrot"}, actor=actor)

    async def edit(number: int) -> bool:
        try:
            await crm.records.update(
                "company", record.id, {"notes": f"edit {number}"}, actor=actor, version=1
            )
        except Conflict:
            return False
        return True

    assert sum(await asyncio.gather(*(edit(number) for number in range(50)))) == 1


async def test_two_contacts_never_share_a_contact_point(crm: Crm, actor: Actor) -> None:
    await crm.records.create("contact", {"emails": ["Anna@Example.org"]}, actor=actor)
    with pytest.raises(Invalid) as refused:
        await crm.records.create("contact", {"emails": ["anna@example.org"]}, actor=actor)
    assert refused.value.problems[0].code == "taken"
    results = await asyncio.gather(
        *(crm.records.create("contact", {"phones": ["+79990000001"]}, actor=actor) for _ in range(10)),
        return_exceptions=True,
    )
    assert sum(not isinstance(result, BaseException) for result in results) == 1
    assert all(isinstance(result, Invalid) for result in results if isinstance(result, BaseException))


async def test_a_company_is_found_by_its_name_or_made_with_a_history(crm: Crm, actor: Actor) -> None:
    first = await crm.records.create(
        "contact", {"first_name": "A", "company": " Café  Morgenrot "}, actor=actor
    )
    second = await crm.records.create(
        "contact", {"first_name": "B", "company": "café morgenrot"}, actor=actor
    )
    assert first.document["company"] == "Café Morgenrot"
    assert second.document["company_id"] == first.document["company_id"]
    assert await crm.records.history("company", first.document["company_id"], actor=actor)
    gone = await crm.records.update("contact", first.id, {"company": None}, actor=actor)
    assert gone.document["company"] is None


async def test_a_deleted_contact_frees_its_points_and_comes_back(crm: Crm, actor: Actor) -> None:
    record = await crm.records.create(
        "contact", {"first_name": "Anna", "emails": ["a@x.example"]}, actor=actor
    )
    await crm.records.delete("contact", record.id, actor=actor, version=1)
    with pytest.raises(NotFound):
        await crm.records.get("contact", record.id, actor=actor)
    other = await crm.records.create("contact", {"emails": ["a@x.example"]}, actor=actor)
    with pytest.raises(Invalid) as refused:
        await crm.records.restore("contact", record.id, actor=actor)
    assert refused.value.problems[0].code == "taken"
    await crm.records.delete("contact", other.id, actor=actor)
    back = await crm.records.restore("contact", record.id, actor=actor)
    assert back.document["emails"] == ["a@x.example"]


async def test_a_denied_write_changes_nothing(crm: Crm, actor: Actor) -> None:
    record = await crm.records.create("contact", {"first_name": "Anna"}, actor=actor)
    nobody = Actor(kind="user", id="1", permissions=frozenset({"contact.read", "company.*"}))
    for attempt in (
        crm.records.create("contact", {"first_name": "B"}, actor=nobody),
        crm.records.update("contact", record.id, {"first_name": "B"}, actor=nobody),
        crm.records.delete("contact", record.id, actor=nobody),
        crm.records.restore("contact", record.id, actor=nobody),
    ):
        with pytest.raises(Forbidden):
            await attempt
    assert await crm.records.get("contact", record.id, actor=nobody) == record
    assert await History.count() == 1


async def test_history_names_who_what_and_why(fields: Crm) -> None:
    actor = Actor(kind="user", id="u1", label="Lena", permissions=frozenset({"*"}))
    record = await fields.records.create(
        "contact", {"first_name": "Anna", "custom": {"age": 31}}, actor=actor
    )
    await fields.records.update("contact", record.id, {"custom": {"age": 32}}, actor=actor, reason="birthday")
    entry = (await fields.records.history("contact", record.id, actor=actor))[0]
    assert (entry.actor_label, entry.reason, entry.action, entry.version) == ("Lena", "birthday", "update", 2)
    assert entry.changes == {"custom.age": [31, 32]}


async def test_a_required_field_asks_new_records_and_leaves_old_ones_savable(crm: Crm, actor: Actor) -> None:
    old = await crm.records.create("contact", {"first_name": "Old"}, actor=actor)
    await crm.fields.create(
        CustomField(record_type="contact", key="vat", label="VAT", required=True), actor=actor
    )
    with pytest.raises(Invalid) as refused:
        await crm.records.create("contact", {"first_name": "New"}, actor=actor)
    assert [(p.path, p.code) for p in refused.value.problems] == [("/custom/vat", "required")]
    saved = await crm.records.update("contact", old.id, {"first_name": "Older"}, actor=actor)
    assert saved.document["custom"] == {}
    filled = await crm.records.update("contact", old.id, {"custom": {"vat": "DE1"}}, actor=actor)
    with pytest.raises(Invalid):
        await crm.records.update("contact", filled.id, {"custom": {"vat": ""}}, actor=actor)


async def test_a_plugin_writes_as_itself(crm: Crm) -> None:
    actor = plugin_actor("loyalty")
    record = await crm.records.create("contact", {"first_name": "Anna"}, actor=actor)
    entry = (await crm.records.history("contact", record.id, actor=actor))[0]
    assert (entry.actor_kind, entry.actor_id) == ("plugin", "loyalty")


async def test_of_thousands_of_wrong_names_the_first_are_explained(fields: Crm, actor: Actor) -> None:
    document = {f"{'x' * 40}{number}": number for number in range(5000)}
    for wrong in ({**document, "custom": document}, {"first_name": "A", "y" * 5000: 1}):
        with pytest.raises(Invalid) as refused:
            await fields.records.create("contact", wrong, actor=actor)
        assert 1 <= len(refused.value.problems) <= 100
