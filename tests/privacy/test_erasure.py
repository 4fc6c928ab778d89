"""The erasure of a person: nothing is left of them anywhere, and nobody else loses anything."""

import logging
from pathlib import Path

import pytest
from canary import AGENT, CANARY, DIGITS, MAIL, bystander, columns_with, files_with, lived
from posting import ADMIN, conversations, drained, messages, post

from crmcore.contacts.tables import Contact, MergeLog
from crmcore.conversations.tables import InboundDelivery
from crmcore.errors import Conflict, Invalid
from crmcore.importing.run import ImportSettings
from crmcore.importing.tables import ImportRow
from crmcore.privacy.tables import Erasure
from crmcore.workspace import Crm

TEXTS = (CANARY, DIGITS)


async def test_nothing_is_left_of_the_person_and_everything_of_others(
    crm: Crm, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    (tmp_path / "in").mkdir()
    bob = await bystander(crm)
    person = await lived(crm, tmp_path / "in")
    seeded = await columns_with(crm.database, *TEXTS)
    assert len(seeded) >= 30, seeded
    history = (await crm.audit.verify(actor=ADMIN)).entries
    preview = await crm.privacy.preview(person, actor=ADMIN)
    told = {held.key: held.count for held in preview.held if held.count}
    assert told.keys() >= {
        "contact",
        "conversations",
        "files",
        "tasks",
        "events",
        "history",
        "imports",
        "jobs",
    }
    assert len(preview.merged) == 2 and not [held for held in preview.held if held.error]
    with pytest.raises(Invalid):
        await crm.privacy.begin_erase(person, "somebody", actor=ADMIN)
    await crm.privacy.begin_erase(person, preview.confirm, actor=ADMIN)
    await drained(crm)
    status = await crm.privacy.status(person, actor=ADMIN)
    assert status["state"] == "done" and status["subject"] == "", [
        (step["key"], step["error"]) for step in status["steps"]
    ]
    assert await columns_with(crm.database, *TEXTS) == []
    await crm.database.close()
    await crm.database.open()
    assert list(files_with(tmp_path, *TEXTS)) == []
    assert CANARY not in caplog.text.lower()
    # Numbers stay: conversations, their messages, who answered.
    first = (await conversations())[-1]
    assert first["status"] == "closed" and first["message_count"] >= 2 and first["contact"] == person
    rows = await Contact.select().where(Contact.id == person)
    assert rows[0]["first_name"] == status["pseudonym"] and rows[0]["deleted_at"] is not None
    verdict = await crm.audit.verify(actor=ADMIN)
    assert verdict.sound and verdict.redacted > 10 and verdict.entries > history
    # Bob is as he was.
    record = await crm.records.get("contact", bob, actor=ADMIN)
    assert record.document["emails"] == ["bob@example.com"]
    assert "What about my kettle?" in [row["text"] for row in await messages("inbound")]
    assert [one.title for one in (await crm.search.find("kettle", actor=ADMIN)).items]
    assert (await crm.search.find(CANARY, actor=ADMIN)).items == []
    assert await InboundDelivery.count() == 1
    # Neither merge can be undone, and nobody is erased twice.
    for row in await MergeLog.select():
        with pytest.raises(Conflict):
            await crm.contacts.undo_merge(row["id"], actor=ADMIN)
    with pytest.raises((Conflict, Invalid)):
        await crm.privacy.begin_erase(person, status["pseudonym"], actor=ADMIN)


async def test_who_was_erased_comes_back_only_by_writing_or_when_it_is_allowed(
    crm: Crm, tmp_path: Path
) -> None:
    record = await crm.records.create("contact", {"first_name": "Ann", "emails": [MAIL]}, actor=AGENT)
    await post(crm, email=MAIL, text="First", delivery_key="d1", thread_key="t")
    await drained(crm)
    await crm.privacy.begin_erase(record.id, "Ann", actor=ADMIN)
    await drained(crm)
    # The vendor delivers the erased message once more.
    await post(crm, email=MAIL, text="First", delivery_key="d1", thread_key="t")
    await drained(crm)
    assert [row["text"] for row in await messages("inbound")] == ["Erased: personal data"]
    file = tmp_path / "back.csv"
    file.write_text(f"First name,E-mail\nAnn,{MAIL}\nZed,zed@example.com\n", encoding="utf-8")
    run = await crm.imports.file("contact", file, ImportSettings(), actor=ADMIN)
    assert (run.created, run.refused) == (1, 1)
    (refused,) = await ImportRow.select().where(ImportRow.run == run.id, ImportRow.outcome == "refused")
    assert '"erased"' in refused["problems"]
    # They write again: a new contact, said in the conversation, in another thread than the erased one.
    await post(crm, email=MAIL, text="Me again", delivery_key="d2", thread_key="t")
    await drained(crm)
    last = (await conversations())[-1]
    assert last["contact"] != record.id
    assert "erased before" in " ".join(row["text"] for row in await messages("event"))
    await crm.records.delete("contact", last["contact"], actor=ADMIN)
    again = tmp_path / "again.csv"
    again.write_text("First name,E-mail\nAnn,other@example.com\n", encoding="utf-8")
    allowed = await crm.imports.file("contact", again, ImportSettings(allow_erased=True), actor=ADMIN)
    assert allowed.created == 1
    assert await Erasure.count().where(Erasure.state == "done") == 1
