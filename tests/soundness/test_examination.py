"""Each check finds what was broken by hand, names it, and changes nothing."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest
from posting import ADMIN, api_account, drained, post

from crmcore.contacts.tables import Contact
from crmcore.conversations.tables import Conversation, InboundDelivery
from crmcore.database.statement import fetch
from crmcore.files.tables import StoredFile
from crmcore.jobs.tables import JobRow
from crmcore.records.tables import History
from crmcore.soundness.examination import CHECKS, examine
from crmcore.workspace import Crm


async def told(crm: Crm) -> None:
    """Tell a small story."""
    await api_account(crm)
    await post(crm, email="ann@example.com", name="Ann Archer", text="Where is my parcel?")
    await drained(crm)
    kept = (await crm.records.create("contact", {"first_name": "Bo", "tags": ["vip"]}, actor=ADMIN)).id
    merged = (await crm.records.create("contact", {"first_name": "Bob"}, actor=ADMIN)).id
    await crm.contacts.merge(kept, merged, actor=ADMIN)
    await crm.files.keep_bytes("a.txt", b"hello", actor=ADMIN)
    await crm.audit.chain.seal()


async def _row(crm: Crm) -> None:
    """Give a record a company that is not there, past the foreign keys."""
    if crm.database.kind == "sqlite":
        await fetch("PRAGMA foreign_keys = OFF")
        await fetch("UPDATE contact SET company = {} WHERE first_name = 'Bo'", uuid4())
        await fetch("PRAGMA foreign_keys = ON")
        return
    async with crm.database.transaction():
        await fetch("SET LOCAL session_replication_role = replica")
        await fetch("UPDATE contact SET company = {} WHERE first_name = 'Bo'", uuid4())


BREAKS: dict[str, tuple[Callable[[Crm], Awaitable[object]], str]] = {
    "rows": (_row, "table contact"),
    "documents": (
        lambda crm: Conversation.update({Conversation.priority: "odd"}, force=True),
        "conversation ",
    ),
    "histories": (lambda crm: Contact.update({Contact.version: 7}, force=True), "contact "),
    "contact points": (lambda crm: fetch("DELETE FROM contact_point"), "contact "),
    "merges": (lambda crm: fetch("DELETE FROM merge_log"), "contact "),
    "conversations": (
        lambda crm: Conversation.update({Conversation.message_count: 9}, force=True),
        "conversation ",
    ),
    "tags": (lambda crm: fetch("UPDATE tagging SET record_id = {}", uuid4()), "record type contact"),
    "search": (lambda crm: fetch("DELETE FROM search_entry WHERE record_type = 'contact'"), "contact "),
    "work": (
        lambda crm: InboundDelivery.update({InboundDelivery.state: "received"}, force=True),
        "delivery ",
    ),
    "files": (lambda crm: StoredFile.update({StoredFile.sha256: "0" * 64}, force=True), "file "),
    "audit": (lambda crm: History.update({History.reason: "another"}, force=True), "history "),
}


async def test_an_empty_workspace_is_sound(crm: Crm) -> None:
    assert (await examine(crm, pause_s=0)).sound


async def test_what_is_as_it_should_be_is_sound(crm: Crm) -> None:
    await told(crm)
    verdict = await examine(crm, pause_s=0)
    assert verdict.sound, verdict.faults
    assert verdict.looked.keys() == CHECKS.keys() == BREAKS.keys()
    assert all(verdict.looked[name] for name in ("rows", "documents", "search", "files", "audit"))


@pytest.mark.parametrize("check", BREAKS)
async def test_each_check_finds_what_is_broken(crm: Crm, check: str) -> None:
    await told(crm)
    await JobRow.delete(force=True)
    work, subject = BREAKS[check]
    await work(crm)
    verdict = await examine(crm, pause_s=0)
    found = [fault for fault in verdict.faults if fault.check == check]
    assert found, verdict.faults
    assert found[0].subject.startswith(subject)


async def test_what_is_gone_when_it_is_looked_for_again_is_no_fault(
    crm: Crm, monkeypatch: pytest.MonkeyPatch
) -> None:
    await told(crm)
    await Conversation.update({Conversation.message_count: 9}, force=True)

    async def meanwhile(seconds: float) -> None:
        await Conversation.update({Conversation.message_count: 1}, force=True)

    monkeypatch.setattr("crmcore.soundness.examination.asyncio.sleep", meanwhile)
    assert (await examine(crm, pause_s=1)).sound
