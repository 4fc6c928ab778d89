"""A line at Twilio that our own TwiML leads: ringing, answering, voice messages, recordings, calling from here."""

import xml.etree.ElementTree as ElementTree
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
import pytest
from crm_telephony.sweep import sweep
from crm_telephony.tables import TelephonyCall
from twilio_api import CALL, TwilioApi, twilio_api
from twilio_requests import ACCOUNT_SID, CALL_SID, NOW, TOKEN, URL, finished, request, sign
from workspace import ADMIN, Pops, all_of, person, workspace

from crmcore import ActionCall, Actor, DataSubject, Identity, Media, Verified
from crmcore.jobs.tables import JobRow
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

RECORDING = "RE" + "a" * 32
# An MP3 begins so: MPEG 1 layer III, 32 kbit/s.
SOUND = b"ID3\x03\x00\x00\x00\x00\x00\x00" + (b"\xff\xfb\x10\xc4" + b"\x00" * 100) * 20_000


@pytest.fixture
def api() -> Iterator[TwilioApi]:
    with twilio_api() as api:
        yield api


@pytest.fixture
async def crm(database_url: str, tmp_path: Path, api: TwilioApi) -> AsyncIterator[Crm]:
    async with workspace(database_url, tmp_path, f"127.0.0.1:{api.port}") as crm:
        config = {
            "account_sid": ACCOUNT_SID,
            "auth_token": TOKEN,
            "number": "+14155550142",
            "api": api.address,
            "ring": ["+14155550101", "client:bob"],
            "record": True,
            "voicemail": "Please leave a <message> & your name",
        }
        await crm.channel_accounts.create("twilio_voice", "Line", config, actor=ADMIN, slug="line")
        yield crm


async def say(crm: Crm, step: str = "", query: dict[str, str] | None = None, **fields: str) -> Verified:
    """Let Twilio call the line's address, at a step of the call."""
    asked = {"step": step, **(query or {})} if step else {}
    url = f"{URL}?{urlencode(asked)}" if asked else URL
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    signature = {"X-Twilio-Signature": sign(url, list(fields.items()))}
    found = request(urlencode(fields).encode(), {**kind, **signature}, url)
    answer = await crm.conversations.receive("line", msgspec.structs.replace(found, received_at=NOW))
    await crm.worker.drain()
    return answer


def incoming(**changes: str) -> dict[str, str]:
    """Return the fields with which Twilio asks what to do with a call."""
    fields = finished(CallStatus="ringing", Timestamp="", **changes)
    for name in ("CallDuration", "SequenceNumber", "Timestamp"):
        fields.pop(name)
    return fields


LEG = {
    "CallSid": "CA" + "1" * 32,
    "ParentCallSid": CALL_SID,
    "Direction": "outbound-dial",
    "From": "+12125550123",
    "To": "+14155550101",
    "CallbackSource": "call-progress-events",
}


async def test_a_call_that_is_answered_and_recorded(crm: Crm, api: TwilioApi, pops: Pops) -> None:
    ann = await person(crm, "Ann", "+14155550101")
    bob = await person(crm, "Bob", "client:bob")
    answer = await say(crm, **incoming(CallerName="Wendy Quill"))
    assert answer.content_type.startswith("text/xml")
    dial = ElementTree.fromstring(answer.answer).find("Dial")
    assert dial is not None
    assert (dial.get("timeout"), dial.get("record")) == ("25", "record-from-answer-dual")
    assert [(end.tag, end.text) for end in dial] == [("Number", "+14155550101"), ("Client", "bob")]
    assert (dial.get("action") or "").startswith(f"{URL}?step=dialled")
    assert set(pops.shown[-1].users or ()) == {ann, bob}
    assert pops.shown[-1].record is not None
    leg = finished(
        **LEG, CallStatus="in-progress", SequenceNumber="2", Timestamp="Sun, 22 Nov 2026 08:00:05 +0000"
    )
    await say(crm, "leg", **leg)
    assert (pops.shown[-1].title, pops.shown[-1].users) == ("", (bob,))
    over = await say(crm, "dialled", **incoming(DialCallStatus="completed", DialCallDuration="37"))
    assert b"<Hangup" in over.answer
    await say(crm, **finished(CallbackSource="call-progress-events"))
    recording = {
        "AccountSid": ACCOUNT_SID,
        "CallSid": CALL_SID,
        "RecordingSid": RECORDING,
        "RecordingStatus": "completed",
        "RecordingUrl": f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT_SID}/Recordings/{RECORDING}",
    }
    api.sound = SOUND
    for _ in range(2):
        await say(crm, "recording", **recording)
    (row,) = await TelephonyCall.select()
    assert (row["outcome"], row["agent"], row["user"], row["seconds"]) == (
        "answered",
        "+14155550101",
        ann,
        42,
    )
    assert row["recording_state"] == "kept"
    assert await crm.host.context("telephony").files.read(row["recording"]) == SOUND
    assert await all_of(crm, "task") == []
    (contact,) = await all_of(crm, "contact")
    assert contact["name"] == "Wendy Quill"
    assert api.problems == []
    assert len([path for _, path, _ in api.asked if path.endswith(".mp3")]) == 1
    await _erased_with_its_recording(crm, contact["id"], row)


async def _erased_with_its_recording(crm: Crm, contact: UUID, row: dict[str, Any]) -> None:
    """The recording is played for whom may hear it; with the person it goes."""
    from crm_telephony.shown import media_of

    listener = Actor(kind="user", permissions=frozenset({"contact.read", "telephony.listen"}))
    assert isinstance(media_of(row, listener, "en"), Media)
    assert media_of(row, Actor(kind="user", permissions=frozenset({"contact.*"})), "en") is None
    calls = crm.registry.personal_data["telephony.calls"].item
    context = crm.host.context("telephony")
    subject = DataSubject(contacts=(contact,), points=(Identity(kind="phone", value="+12125550123"),))
    (item,) = [item async for item in calls.export(subject, context)]
    assert item.files == (row["recording"],)
    assert await calls.erase(subject, context) == 1
    (row,) = await TelephonyCall.select()
    assert (row["recording"], row["number"], row["recording_state"]) == (None, "", "deleted")


async def test_nobody_answers_and_a_voice_message_is_left(crm: Crm, api: TwilioApi, pops: Pops) -> None:
    await say(crm, **incoming())
    answer = await say(crm, "dialled", **incoming(DialCallStatus="no-answer"))
    response = ElementTree.fromstring(answer.answer)
    assert response.findtext("Say") == "Please leave a <message> & your name"
    record = response.find("Record")
    assert record is not None
    # The recording may be ready before the call's own end is told.
    recording = {
        "AccountSid": ACCOUNT_SID,
        "CallSid": CALL_SID,
        "RecordingSid": RECORDING,
        "RecordingStatus": "completed",
    }
    api.sound = SOUND
    await say(crm, "voicemail", **recording)
    assert b"<Hangup" in (await say(crm, "left", **incoming(RecordingSid=RECORDING))).answer
    await say(crm, **finished(CallbackSource="call-progress-events", CallDuration="50"))
    (row,) = await TelephonyCall.select()
    assert (row["outcome"], row["voicemail"], row["recording_state"]) == ("missed", True, "kept")
    (task,) = await all_of(crm, "task")
    assert task["title"] == "Hear the voice message of +12125550123"


async def test_calling_from_here(crm: Crm, api: TwilioApi) -> None:
    await crm.plugin_settings.save("telephony", {"close_answered": True})
    ann = await person(crm, "Ann", "+14155550101")
    wendy = await crm.records.create("contact", {"phones": ["+12125550123"]}, actor=ADMIN)
    actor = Actor(kind="user", id=str(ann), permissions=frozenset({"*"}))
    action = crm.registry.actions["telephony.call"].item
    call = ActionCall(actor=actor, item="+12125550123")
    await crm.host.dispatch.run("telephony", "action.run", action.run, call, crm.host.context("telephony"))
    ((_, _, sent),) = api.asked
    assert (sent["To"], sent["From"]) == (["+14155550101"], ["+14155550142"])
    assert sent["StatusCallbackEvent"] == ["initiated", "ringing", "answered", "completed"]
    dial = ElementTree.fromstring(sent["Twiml"][0]).find("Dial")
    assert dial is not None and dial.findtext("Number") == "+12125550123"
    assert api.problems == []
    out = {
        "CallSid": CALL,
        "Direction": "outbound-api",
        "From": "+14155550142",
        "To": "+14155550101",
        "DialCallStatus": "completed",
        "DialCallDuration": "61",
    }
    query = {"number": "+12125550123"}
    await say(crm, "out", query, **finished(**{**out, "CallStatus": "in-progress"}))
    await say(
        crm, "out", query, **finished(**{**out, "DialCallStatus": ""}, CallbackSource="call-progress-events")
    )
    (row,) = await TelephonyCall.select()
    assert (row["direction"], row["outcome"], row["seconds"]) == ("out", "answered", 61)
    assert (row["contact"], row["user"], row["number"]) == (wendy.id, ann, "+12125550123")
    (conversation,) = await all_of(crm, "conversation")
    assert (conversation["message_count"], conversation["contact"]["id"]) == (1, wendy.id)
    assert (conversation["status"], conversation["assignee"]["id"]) == ("closed", ann)
    api.status = 429
    with pytest.raises(Exception, match="Twilio refuses the call: Authenticate"):
        await crm.host.dispatch.run(
            "telephony", "action.run", action.run, call, crm.host.context("telephony")
        )
    assert await TelephonyCall.count() == 1


async def test_the_connection_test_and_a_recording_that_is_not_there_yet(crm: Crm, api: TwilioApi) -> None:
    channel = crm.registry.channels["twilio_voice"].item
    account = (await crm.channel_accounts.get("line")).account
    context = crm.host.context("telephony")
    found = await channel.check(account, context)
    assert found.ok and "Shop" in found.message["en"]
    health = crm.registry.health["telephony.twilio"].item
    assert (await health.run(context)).ok
    await say(crm, **incoming())
    await say(crm, **finished(CallbackSource="call-progress-events"))
    late = {
        "AccountSid": ACCOUNT_SID,
        "CallSid": CALL_SID,
        "RecordingSid": RECORDING,
        "RecordingStatus": "completed",
    }
    await say(crm, "recording", **late)
    (row,) = await TelephonyCall.select()
    assert row["recording_state"] == "waiting"
    (job,) = await JobRow.select(JobRow.state, JobRow.attempts).where(JobRow.name.like("%fetch_recording"))
    assert job["attempts"] == 1
    await _an_end_that_was_lost(crm, api)
    api.status = 401
    assert not (await channel.check(account, context)).ok
    assert not (await health.run(context)).ok


async def _an_end_that_was_lost(crm: Crm, api: TwilioApi) -> None:
    """Twilio is asked for it later: a missed call is a task then too."""
    await say(crm, **incoming(CallSid="CA" + "5" * 32, From="+12125550155"))
    clock = crm.clock
    assert isinstance(clock, TurnableClock)
    clock.advance(11 * 60)
    await crm.host.dispatch.run("telephony", "job", sweep, {}, crm.host.context("telephony"))
    await crm.worker.drain()
    (row,) = await TelephonyCall.select().where(TelephonyCall.number == "+12125550155")
    assert (row["stage"], row["outcome"], row["seconds"]) == ("ended", "missed", 31)
    assert "Call back +12125550155" in {task["title"] for task in await all_of(crm, "task")}
    assert api.problems == []
