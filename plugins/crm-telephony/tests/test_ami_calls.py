"""From recorded events to calls: one call each, whatever the order, the repetitions and the noise."""

import random
from datetime import UTC, datetime

import pytest
from ami_sessions import renamed, session
from crm_telephony.asterisk.framing import LONGEST_LINE, Fields, Framer
from crm_telephony.asterisk.numbers import Numbering, peer_of, phones_of
from crm_telephony.asterisk.tracker import MOST_CALLS, Tracker
from crm_telephony.report import Report

NOW = datetime(2026, 11, 22, 8, 14, tzinfo=UTC)


def tracker(**changes: object) -> Tracker:
    return Tracker(Numbering(), lambda linkedid: linkedid, **changes)  # type: ignore[arg-type]


def events(packets: list[bytes]) -> list[Fields]:
    framer = Framer()
    return [fields for packet in packets for fields in framer.feed(packet)]


def told(packets: list[bytes], calls: Tracker | None = None) -> list[Report]:
    calls = calls or tracker()
    return [report for fields in events(packets) for report in calls.feed(fields, NOW)]


def ended(reports: list[Report]) -> Report:
    (last,) = [report for report in reports if report.stage == "ended"]
    return last


def event(name: str, uniqueid: str = "1.1", linkedid: str = "1.1", **fields: str) -> Fields:
    named = {key.lower(): value for key, value in fields.items()}
    return {"event": name, "uniqueid": uniqueid, "linkedid": linkedid, **named}


def fed(calls: Tracker, *fields: Fields) -> list[Report]:
    return [report for one in fields for report in calls.feed(one, NOW)]


IN = event("Newchannel", channel="PJSIP/trunk-00000001", calleridnum="+79161234567", exten="74951112233")


def test_a_missed_call_is_one_call_with_three_channels_and_three_records() -> None:
    reports = told(session("missed"))
    assert [report.stage for report in reports] == ["ringing", "ringing", "ringing", "ended"]
    assert [(report.rings, report.silent) for report in reports] == [
        ((), ()),
        (("never", "200"), ()),
        ((), ("never", "200")),
        ((), ()),
    ]
    last = ended(reports)
    assert (last.direction, last.outcome, last.number, last.name) == (
        "in",
        "missed",
        "+79161234567",
        "Ivan Petrov",
    )
    assert (last.line, last.phones, last.waited_s, last.talked_s) == ("200", ("never", "200"), 2, 0)
    assert last.started_at == datetime.fromtimestamp(1795335213.020827, UTC)


def test_a_call_that_the_dialplan_answers() -> None:
    last = ended(told(session("answered")))
    assert (last.outcome, last.line, last.agent) == ("answered", "100", "")
    assert last.talked_s >= 2
    recorded = ended(told(session("recorded")))
    assert (recorded.outcome, recorded.recording) == ("answered", "/tmp/rec-1795335230.11.wav")


@pytest.mark.parametrize("name", ["missed", "answered", "recorded"])
@pytest.mark.parametrize("size", [1, 7, 1460])
def test_packets_come_in_any_pieces(name: str, size: int) -> None:
    whole = b"".join(session(name))
    framer, calls, found = Framer(), tracker(), []
    for start in range(0, len(whole), size):
        for fields in framer.feed(whole[start : start + size]):
            found += calls.feed(fields, NOW)
    assert found == told(session(name))


def test_a_session_heard_twice_is_told_once() -> None:
    calls = tracker()
    once = told(session("missed"), calls)
    assert told(session("missed"), calls) == []
    assert len(once) == 4
    doubled = [packet for packet in session("missed") for _ in range(2)]
    assert ended(told(doubled)) == ended(once)


def test_events_out_of_order_make_at_most_one_end() -> None:
    chance = random.Random(7)
    for _ in range(50):
        packets = session("missed")
        chance.shuffle(packets)
        assert sum(report.stage == "ended" for report in told(packets)) <= 1


def test_a_burst_of_calls_keeps_them_apart() -> None:
    streams = [
        renamed(
            session("missed"), **{"1795335213.": f"17953352{n:02}.9", "+79161234567": f"+791612345{n:02}"}
        )
        for n in range(68)
    ]
    mixed = [packet for packets in zip(*streams, strict=True) for packet in packets]
    reports = told(mixed)
    assert len(mixed) > 4000
    over = [report for report in reports if report.stage == "ended"]
    assert len({report.number for report in over}) == len(over) == 68
    assert {report.outcome for report in over} == {"missed"}


def test_a_queue_with_several_phones_ringing() -> None:
    calls = tracker()
    reports = fed(
        calls,
        IN | {"timestamp": "1795335200.0"},
        event("QueueCallerJoin", queue="sales", timestamp="1795335201.0"),
        event("AgentCalled", interface="PJSIP/101", destuniqueid="1.2", timestamp="1795335202.0"),
        event("AgentCalled", interface="PJSIP/102", destuniqueid="1.3", timestamp="1795335202.0"),
        event("AgentRingNoAnswer", interface="PJSIP/101", destuniqueid="1.2", timestamp="1795335205.0"),
        event(
            "AgentConnect", interface="PJSIP/102", destuniqueid="1.3", holdtime="9", timestamp="1795335210.0"
        ),
        event("Hold", timestamp="1795335220.0"),
        event("Unhold", timestamp="1795335225.5"),
        event("BlindTransfer", "", "", transfererlinkedid="1.1", result="Success", extension="105"),
        event("Hangup", timestamp="1795335240.0"),
    )
    assert [report.stage for report in reports] == ["ringing"] * 4 + ["answered", "ended"]
    last = ended(reports)
    assert (last.queue, last.agent, last.waited_s, last.talked_s, last.held_s) == ("sales", "102", 10, 30, 6)
    assert (last.transfers, last.transferred_to, last.phones) == (1, "105", ("101", "102"))


def test_whoever_gives_up_in_the_queue_is_missed_not_answered() -> None:
    up = event("Newstate", channelstate="6")
    join, abandon = event("QueueCallerJoin", queue="sales"), event("QueueCallerAbandon", queue="sales")
    last = ended(fed(tracker(), IN, up, join, abandon, event("Hangup")))
    assert (last.outcome, last.talked_s) == ("cancelled", 0)


def test_a_voice_message_is_a_missed_call_with_a_recording() -> None:
    dial = event("DialBegin", destuniqueid="1.2", destchannel="PJSIP/101-00000002")
    end = event("DialEnd", destuniqueid="1.2", dialstatus="NOANSWER")
    mailbox = event(
        "VarSet", variable="VM_MESSAGEFILE", value="/var/spool/asterisk/voicemail/default/101/INBOX/msg0000"
    )
    last = ended(fed(tracker(), IN, dial, end, event("Newstate", channelstate="6"), mailbox, event("Hangup")))
    assert (last.outcome, last.voicemail) == ("missed", True)
    assert last.recording.endswith("msg0000")


def test_calls_inside_the_house_are_nobodys_business() -> None:
    calls = tracker()
    inside = event("Newchannel", channel="PJSIP/101-00000001", calleridnum="101", exten="102")
    dial = event("DialBegin", destuniqueid="1.2", destchannel="PJSIP/102-00000002")
    assert (
        fed(calls, inside, dial, event("DialEnd", destuniqueid="1.2", dialstatus="ANSWER"), event("Hangup"))
        == []
    )
    assert calls.going_on == 0


def test_a_call_out() -> None:
    out = event("Newchannel", channel="PJSIP/101-00000001", calleridnum="101", exten="+442079460123")
    dial = event("DialBegin", destuniqueid="1.2", destchannel="PJSIP/trunk-00000002", dialstring="x")
    reports = fed(
        tracker(), out, dial, event("DialEnd", destuniqueid="1.2", dialstatus="BUSY"), event("Hangup")
    )
    last = ended(reports)
    assert (last.direction, last.outcome, last.number, last.agent) == ("out", "busy", "+442079460123", "101")


@pytest.mark.parametrize("caller", ["<unknown>", "anonymous", "Anonymous", ""])
def test_hidden_numbers(caller: str) -> None:
    last = ended(fed(tracker(), IN | {"calleridnum": caller, "calleridname": "Somebody"}, event("Hangup")))
    assert (last.direction, last.number, last.name) == ("in", "", "")


def test_a_short_number_from_outside_is_no_extension() -> None:
    short = IN | {"calleridnum": "1001", "context": "from-trunk"}
    assert ended(fed(tracker(), short, event("Hangup"))).number == "1001"
    elsewhere = IN | {"calleridnum": "1001", "channel": "SIP/provider-00000001", "context": "default"}
    assert ended(fed(tracker(trunks=["provider"]), elsewhere, event("Hangup"))).direction == "in"


def test_only_the_lines_that_are_ours() -> None:
    assert fed(tracker(lines=["74950000000"]), IN, event("Hangup")) == []
    assert fed(tracker(lines=["74951112233"]), IN, event("Hangup"))


def test_a_transfer_after_a_word_joins_two_calls() -> None:
    calls = tracker()
    reports = fed(
        calls,
        IN,
        event("DialBegin", destuniqueid="1.2", destchannel="PJSIP/101-00000002"),
        event("Newchannel", "1.2", channel="PJSIP/101-00000002"),
        event("DialEnd", destuniqueid="1.2", dialstatus="ANSWER"),
        event("Newchannel", "2.1", "2.1", channel="PJSIP/101-00000003", calleridnum="101", exten="102"),
        event("Newchannel", "2.2", "2.1", channel="PJSIP/102-00000004"),
        event("AttendedTransfer", "", "", origtransfererlinkedid="1.1", result="Success"),
        event("Hangup", "1.2"),
        event("Hangup", "2.1", "2.1"),
        event("BridgeEnter", "2.2", "1.1", bridgenumchannels="2"),
        event("Hangup", "1.1"),
        event("Hangup", "2.2", "1.1"),
    )
    assert [report.stage for report in reports] == ["ringing", "ringing", "answered", "ended"]
    assert (reports[-1].transfers, reports[-1].agent, calls.going_on) == (1, "101", 0)


def test_the_channels_that_are_left_after_a_break_say_what_went_on() -> None:
    calls = tracker()
    fed(calls, IN, IN | {"uniqueid": "3.1", "linkedid": "3.1", "calleridnum": "+79160000003"})
    here = IN | {
        "event": "CoreShowChannel",
        "uniqueid": "4.1",
        "linkedid": "4.1",
        "calleridnum": "+79160000004",
    }
    still = IN | {"event": "CoreShowChannel", "channelstate": "6", "bridgeid": "b"}
    reports = calls.resume([still, here], NOW)
    assert [(report.stage, report.number) for report in reports] == [
        ("answered", "+79161234567"),
        ("ended", "+79160000003"),
    ]
    assert calls.going_on == 2


def test_a_call_that_somebody_else_began_to_follow() -> None:
    reports = told(session("missed"))
    calls = tracker()
    calls.restore(reports[0], "1795335213.5")
    (last,) = calls.resume([], NOW)
    assert (last.stage, last.outcome, last.key) == ("ended", "missed", "1795335213.5")


def test_hostile_events_change_nothing_and_take_no_memory() -> None:
    calls = tracker()
    for name in (
        "Hangup",
        "DialEnd",
        "AgentConnect",
        "BlindTransfer",
        "VarSet",
        "BridgeEnter",
        "Unknown",
        "",
    ):
        assert calls.feed({"event": name}, NOW) == []
        assert calls.feed(event(name, "x" * 999, "y" * 999, bridgenumchannels="²"), NOW) == []
    assert fed(calls, IN, event("BridgeEnter", bridgenumchannels="9" * 5000), IN | {"timestamp": "nan"})
    for number in range(MOST_CALLS + 500):
        calls.feed(IN | {"uniqueid": f"9.{number}", "linkedid": f"9.{number}", "timestamp": "1e309"}, NOW)
    assert calls.going_on == MOST_CALLS


def test_lines_without_end_are_left_out() -> None:
    framer = Framer()
    assert framer.feed(b"Event: A\r\nHuge: " + b"x" * (3 * LONGEST_LINE)) == []
    assert framer.feed(b"x" * LONGEST_LINE + b"\r\nB: 1\r\n\r\n") == [{"event": "A", "b": "1"}]
    (fields,) = framer.feed(b"Event: C\n" + b"".join(b"K%d: v\n" % n for n in range(5000)) + b"\n")
    assert len(fields) == 200
    assert framer.dropped > 4000


def test_numbers_as_they_are_written() -> None:
    russian = Numbering(country_code="7", trunk_prefix="8")
    assert [
        russian.e164(end) for end in ("89161234567", "79161234567", "9161234567", "+7 916 123-45-67")
    ] == ["+79161234567"] * 4
    assert (russian.e164("00442079460123"), russian.e164("101"), russian.e164("<unknown>")) == (
        "+442079460123",
        "101",
        "",
    )
    assert peer_of("PJSIP/kate-desk-0000001a") == "kate-desk"
    assert phones_of("Local/101@agents-00000002;1", "101", "PJSIP/101") == ("101",)
