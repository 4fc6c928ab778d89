"""A call on its whole way: callback, conversation, contact, task, row, panel, merge."""

from collections.abc import AsyncIterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from crm_telephony.tables import TelephonyCall
from twilio_requests import ACCOUNT_SID, NOW, TOKEN, finished, signed

from crmcore import Items, PanelContent, Subject, system_actor
from crmcore.errors import Invalid, NotSignedIn
from crmcore.privacy.subject import subject_of
from crmcore.records.query import ListQuery
from crmcore.settings import WorkspaceSettings
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

ADMIN = system_actor("tests")


@pytest.fixture
async def crm(database_url: str, tmp_path: Path) -> AsyncIterator[Crm]:
    """A workspace with this plugin, on each kind of database, and one phone line."""
    point = EntryPoint("telephony", "crm_telephony.plugin", "crmcore")
    settings = WorkspaceSettings(data_dir=str(tmp_path / "data"), database_url=database_url, strict=True)
    crm = Crm.build(settings, clock=TurnableClock(NOW), entry_points=[point])
    await crm.start()
    try:
        with crm.bound():
            config = {"account_sid": ACCOUNT_SID, "auth_token": TOKEN}
            await crm.channel_accounts.create("twilio_voice", "Line", config, actor=ADMIN, slug="line")
            yield crm
    finally:
        await crm.stop()


async def call(crm: Crm, **changes: str) -> None:
    """Let Twilio report a call, and everything that follows happen."""
    request = msgspec.structs.replace(signed(finished(**changes)), received_at=NOW)
    assert (await crm.conversations.receive("line", request)).status == 204
    await crm.worker.drain()


async def all_of(crm: Crm, record_type: str) -> list[dict[str, Any]]:
    """Return all documents of a type, oldest first."""
    page = await crm.records.list(record_type, ListQuery(sort="created_at"), actor=ADMIN)
    return [record.document for record in page.items]


async def panel(crm: Crm, contact: UUID) -> PanelContent:
    """Load the panel "Calls" as a page does."""
    item = crm.registry.panels["telephony.calls"].item
    subject = Subject(
        record_type="contact", id=contact, document={}, contact={"id": str(contact), "phones": []}
    )
    content = await crm.host.dispatch.run(
        "telephony", "panel.load", item.load, subject, crm.host.context("telephony")
    )
    assert isinstance(content, PanelContent)
    return content


async def test_a_missed_call_of_a_stranger(crm: Crm) -> None:
    await call(crm, CallStatus="no-answer", CallDuration="24", CallerName="Ann Lee")
    (contact,) = await all_of(crm, "contact")
    assert (contact["name"], contact["phones"]) == ("Ann Lee", ["+12125550123"])
    (conversation,) = await all_of(crm, "conversation")
    assert conversation["subject"] == "Call: +12125550123"
    assert conversation["contact"]["id"] == contact["id"]
    (task,) = await all_of(crm, "task")
    assert task["title"] == "Call back +12125550123"
    assert (task["due_at"] - NOW).total_seconds() == 3600
    (row,) = await TelephonyCall.select()
    assert (row["contact"], row["conversation"]) == (contact["id"], conversation["id"])
    (items,) = [block for block in (await panel(crm, contact["id"])).blocks if isinstance(block, Items)]
    assert items.items[0].title == "Missed call, rang 24 s"


async def test_every_stage_and_every_repetition_makes_one_call(crm: Crm) -> None:
    for _ in range(2):
        await call(crm, CallStatus="completed", SequenceNumber="3")
        await call(crm, CallStatus="ringing", SequenceNumber="1")
        await call(crm, CallStatus="initiated", SequenceNumber="0")
    assert await TelephonyCall.count() == 1
    (conversation,) = await all_of(crm, "conversation")
    assert conversation["message_count"] == 1
    states = {row["state"] for row in (await crm.conversations.deliveries(actor=ADMIN)).items}
    assert states == {"done"}


async def test_a_hidden_number_makes_nobody_a_contact(crm: Crm) -> None:
    await call(crm, From="anonymous", CallStatus="no-answer")
    assert await all_of(crm, "contact") == []
    assert await all_of(crm, "task") == []
    (conversation,) = await all_of(crm, "conversation")
    assert conversation["subject"] == "Call: Hidden number"
    (row,) = await TelephonyCall.select()
    assert (row["contact"], row["number"]) == (None, "")


async def test_a_known_caller_is_recognised(crm: Crm) -> None:
    document = {"first_name": "Ann", "phones": ["(212) 555-0123"]}
    ann = await crm.records.create("contact", document, actor=ADMIN)
    await call(crm)
    assert len(await all_of(crm, "contact")) == 1
    assert [row["contact"] for row in await TelephonyCall.select()] == [ann.id]


async def test_a_forged_callback_leaves_nothing(crm: Crm) -> None:
    with pytest.raises(NotSignedIn):
        await crm.conversations.receive("line", signed(finished(), "another token"))
    assert (await crm.conversations.deliveries(actor=ADMIN)).items == []


async def test_a_merge_moves_calls_and_its_undo_moves_them_back(crm: Crm) -> None:
    await call(crm, CallSid="CA1", From="+12125550123")
    await call(crm, CallSid="CA2", From="+14155550199")
    numbers = {document["phones"][0]: document["id"] for document in await all_of(crm, "contact")}
    kept, merged = numbers["+12125550123"], numbers["+14155550199"]
    merge = await crm.contacts.merge(kept, merged, actor=ADMIN)
    assert {row["contact"] for row in await TelephonyCall.select()} == {kept}
    await crm.contacts.undo_merge(merge, actor=ADMIN)
    rows = await TelephonyCall.select().order_by(TelephonyCall.call_sid)
    assert [row["contact"] for row in rows] == [kept, merged]


async def test_a_line_needs_its_token(crm: Crm) -> None:
    for config in ({}, {"account_sid": ACCOUNT_SID}, {"account_sid": "AC1", "auth_token": TOKEN}):
        with pytest.raises(Invalid):
            await crm.channel_accounts.create("twilio_voice", "Other", config, actor=ADMIN)


async def test_two_callers_of_one_number_are_suggested_as_one_person(crm: Crm) -> None:
    await call(crm, CallSid="CA1")
    (first,) = await all_of(crm, "contact")
    await crm.records.update(
        "contact",
        UUID(str(first["id"])),
        {"first_name": "Wendy", "last_name": "Quill", "phones": []},
        actor=ADMIN,
    )
    await call(crm, CallSid="CA2")
    both = await all_of(crm, "contact")
    assert len(both) == 2
    second = next(UUID(str(one["id"])) for one in both if one["id"] != first["id"])
    found = await crm.duplicates.of_contact(second, actor=ADMIN, minimum=50)
    assert [str(likeness.row["id"]) for likeness in found] == [str(first["id"])]
    (reason,) = found[0].comparison.reasons("en")
    assert reason["plugin"] == "telephony" and "Both had calls with the number" in reason["text"]
    await crm.duplicates.scan_now(lambda what, done, total: None)
    assert crm.registry.matchers["telephony.same_caller"].plugin == "telephony"  # by register_matchers


async def test_register_personal_data_gives_calls_out_and_makes_them_nobodys(crm: Crm) -> None:
    await call(crm, CallerName="Ann Lee")
    await call(crm, CallSid="CA" + "2" * 32, From="+12125550188", CallerName="Bob")
    # Both were made in one moment: their order says nothing.
    ann, bob = sorted(await all_of(crm, "contact"), key=lambda one: str(one["phones"]))
    row = (await TelephonyCall.select().where(TelephonyCall.contact == ann["id"]))[0]
    (item,) = await crm.privacy.sources.items(
        crm.registry.personal_data["telephony.calls"], await subject_of(UUID(str(ann["id"])))
    )
    assert item.data["number"] == "+12125550123"
    await crm.privacy.begin_erase(ann["id"], "Ann Lee", actor=ADMIN)
    await crm.worker.drain()
    assert (await crm.privacy.status(ann["id"], actor=ADMIN))["state"] == "done"
    erased = (await TelephonyCall.select().where(TelephonyCall.id == row["id"]))[0]
    assert (erased["number"], erased["recording_url"]) == ("", "") and erased["seconds"] == row["seconds"]
    (other,) = await TelephonyCall.select().where(TelephonyCall.contact == bob["id"])
    assert other["number"] == "+12125550188"
