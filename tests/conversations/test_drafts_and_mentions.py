"""What is begun and not sent, who was mentioned in which conversation, and what is taken back."""

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec import structs
from posting import ADMIN as SYSTEM
from posting import api_account, conversations, drained, messages, post

from crmcore.bulk.run import Selection, Work
from crmcore.contracts.actors import Actor
from crmcore.errors import Invalid, NotFound
from crmcore.records.query import ListQuery
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

PASSWORD = "correct horse battery"


async def person(crm: Crm, email: str, name: str) -> Actor:
    id = await crm.accounts.create_user(email, name, PASSWORD, role="admin")
    actor = await crm.accounts.actor_for_user(id)
    assert actor is not None
    return actor


async def opened(crm: Crm) -> UUID:
    await api_account(crm)
    await post(crm, email="a@example.com", text="Hello")
    await drained(crm)
    id: UUID = (await conversations())[0]["id"]
    return id


async def test_a_draft_is_its_writers_alone_until_it_is_sent(crm: Crm, clock: TurnableClock) -> None:
    anna, boris = await person(crm, "anna@example.com", "Anna"), await person(crm, "b@example.com", "Boris")
    id, drafts = await opened(crm), crm.conversations.drafts
    await drafts.keep(id, "reply", "Dear", actor=anna)
    await drafts.keep(id, "reply", "Dear Sir,\n", actor=anna)
    await drafts.keep(id, "note", "Ask Lena", actor=anna)
    kept = await drafts.of(id, actor=anna)
    assert {kind: draft.text for kind, draft in kept.items()} == {"reply": "Dear Sir,\n", "note": "Ask Lena"}
    assert await drafts.among([id], actor=anna) == {id}
    assert await drafts.of(id, actor=boris) == {}
    assert await drafts.among([id], actor=boris) == set()
    await crm.conversations.note(id, "Ask Lena", actor=anna)
    assert set(await drafts.of(id, actor=anna)) == {"reply"}
    await drafts.keep(id, "reply", " ", actor=anna)
    assert await drafts.among([id], actor=anna) == set()
    with pytest.raises(Invalid):
        await drafts.keep(id, "reply", "a\0b", actor=anna)
    with pytest.raises(NotFound):
        await drafts.keep(UUID(int=7), "reply", "Dear", actor=anna)
    # What nobody goes on with is forgotten.
    await drafts.keep(id, "note", "old", actor=anna)
    clock.advance(91 * 86_400)
    await drafts.keep(id, "reply", "new", actor=anna)
    assert set(await drafts.of(id, actor=anna)) == {"reply"}


async def test_files_stay_with_a_draft_until_it_is_sent(crm: Crm, clock: TurnableClock) -> None:
    anna, boris = await person(crm, "anna@example.com", "Anna"), await person(crm, "b@example.com", "Boris")
    id, drafts = await opened(crm), crm.conversations.drafts
    file = (await crm.files.keep_bytes("price.txt", b"12 EUR", actor=anna))["id"]
    other = (await crm.files.keep_bytes("other.txt", b"13 EUR", actor=anna))["id"]
    await drafts.keep(id, "note", "", actor=anna, attachments=[file, file])
    assert (await drafts.of(id, actor=anna))["note"].attachments == [file]
    with pytest.raises(Invalid):
        await drafts.keep(id, "note", "", actor=boris, attachments=[file])
    # An upload that nobody used is swept after a day: not one that somebody will send.
    clock.advance(40 * 86_400)
    assert (await crm.file_sweep.run()).files == 1
    assert [row["id"] for row in await crm.files.usable([file, other], actor=anna)] == [file]
    await crm.conversations.note(id, "See", actor=anna, attachments=[file])
    assert await drafts.of(id, actor=anna) == {}
    clock.advance(40 * 86_400)
    assert (await crm.file_sweep.run()).files == 0


async def test_conversations_are_found_by_who_was_mentioned(crm: Crm) -> None:
    anna, boris = await person(crm, "anna@example.com", "Anna"), await person(crm, "b@example.com", "Boris")
    id = await opened(crm)

    async def found(user: str, op: str = "eq") -> list[UUID]:
        query = ListQuery(filter={"field": "mentioned", "op": op, "value": user})
        return [record.id for record in (await crm.records.list("conversation", query, actor=anna)).items]

    assert await found(anna.id) == []
    await crm.conversations.note(id, "@Boris please look, and @boris again", actor=anna)
    await crm.conversations.note(id, "@Boris still", actor=anna)
    await drained(crm)
    assert await found(boris.id) == [id]
    assert await found(boris.id, "ne") == []
    assert await found(anna.id) == []
    with pytest.raises(Invalid):
        await found("nobody")
    counted = await crm.records.counts(
        "conversation",
        {
            "hers": ListQuery(filter={"field": "mentioned", "op": "eq", "value": boris.id}),
            "open": ListQuery(filter={"field": "status", "op": "eq", "value": "open"}),
            "closed": ListQuery(filter={"field": "status", "op": "eq", "value": "closed"}),
        },
        actor=anna,
    )
    assert counted == {"hers": 1, "open": 1, "closed": 0}


async def test_a_change_is_taken_back_by_who_made_it(crm: Crm, clock: TurnableClock) -> None:
    anna, boris = await person(crm, "anna@example.com", "Anna"), await person(crm, "b@example.com", "Boris")
    id, talk = await opened(crm), crm.conversations
    waiting = (await conversations())[0]["waiting_since"]
    assert waiting is not None
    clock.advance(60)
    closed = await talk.close(id, actor=anna)
    with pytest.raises(NotFound):
        await talk.undo(id, closed.version, actor=boris)
    assert await talk.undo(id, closed.version, actor=anna)
    [row] = await conversations()
    assert (row["status"], row["waiting_since"], row["closed_at"]) == ("open", waiting, None)
    snoozed = await talk.snooze(id, clock() + timedelta(hours=1), actor=anna)
    given = await talk.assign(id, UUID(boris.id), actor=anna)
    tagged = await talk.tag(id, ["VIP"], actor=anna)
    for record in (snoozed, given, tagged):
        assert await talk.undo(id, record.version, actor=anna)
    document = (await crm.records.get("conversation", id, actor=SYSTEM)).document
    assert (document["status"], document["snoozed_until"], document["assignee_id"], document["tags"]) == (
        "open",
        None,
        None,
        [],
    )
    # Several at once, and what somebody changed meanwhile stays.
    run = await crm.bulk.begin(
        "conversation",
        Selection(ids=(id,)),
        Work(changes={"status": "closed", "priority": "high"}, add_tags=("Sale",)),
        actor=anna,
    )
    await talk.prioritize(id, "urgent", actor=boris)
    assert (await crm.bulk.undo(run.id, actor=anna)).state == "undone"
    document = (await crm.records.get("conversation", id, actor=SYSTEM)).document
    assert (document["status"], document["priority"], document["tags"]) == ("open", "urgent", [])
    assert document["waiting_since"] == waiting
    assert (await messages("event"))[0]["text"] == "Closed the conversation"


async def test_what_nobody_in_person_did_says_why(crm: Crm) -> None:
    anna = await person(crm, "anna@example.com", "Anna")
    id = await opened(crm)
    await crm.conversations.close(id, actor=anna)
    await post(crm, email="a@example.com", text="One more thing")
    await drained(crm)
    closed, opened_again = await messages("event")
    assert (closed["thread_reason"], opened_again["thread_reason"]) == ("", "The customer wrote.")
    reader = structs.replace(anna, language="ru")
    page = await crm.conversations.messages(id, actor=reader)
    assert [line.document["thread_reason"] for line in page.items if line.document["kind"] == "event"] == [
        "",
        "Клиент написал.",
    ]
