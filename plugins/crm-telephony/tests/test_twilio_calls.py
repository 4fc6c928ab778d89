"""From callbacks to messages."""

from datetime import UTC, datetime
from urllib.parse import urlencode

import msgspec
import pytest
from crm_telephony.report import Report
from crm_telephony.twilio.channel import TWILIO_VOICE, parse
from crm_telephony.twilio.config import TwilioVoiceConfig
from twilio_requests import CALL_SID, NOW, delivered, finished, phone_line, recorded

from crmcore import Identity, InboundMessage, TaskRequest

NO_ANSWER = {"CallStatus": "no-answer", "CallDuration": "0"}
FAILED = {"CallStatus": "failed", "CallDuration": "0"}
CANCELLED = {"CallStatus": "canceled", "CallDuration": "0"}
OUT = {"Direction": "outbound-dial"}


def told(language: str = "en", **changes: str) -> InboundMessage:
    """Return the message of a finished call."""
    (message,) = parse(delivered(urlencode(finished(**changes)).encode()), phone_line(language=language))
    return message


@pytest.mark.parametrize("name", ["initiated", "ringing", "in-progress"])
def test_a_call_that_goes_on_is_no_message(name: str) -> None:
    assert parse(delivered(recorded(name)["body"].encode()), phone_line()) == []


def test_a_recorded_call() -> None:
    (message,) = parse(delivered(recorded("completed+recording")["body"].encode()), phone_line())
    assert message.external_id == message.thread_key == CALL_SID
    assert message.identities == (Identity(kind="phone", value="+12125550123"),)
    assert message.sent_at == datetime(2026, 11, 22, 8, 0, 47, tzinfo=UTC)
    assert message.task is None
    assert message.text == "Incoming call, 42 s. Recorded."
    details = msgspec.convert(message.details, Report)
    assert (details.direction, details.outcome, details.talked_s) == ("in", "answered", 42)
    assert details.line == "+14155550142"
    assert details.recording.startswith("RE")


def test_a_missed_call_makes_a_task() -> None:
    (message,) = parse(delivered(recorded("missed: no-answer")["body"].encode()), phone_line())
    assert message.text == "Missed call."
    assert message.subject == "Call: +12125550123"
    assert message.task == TaskRequest(title="Call back +12125550123", due_in_s=3600)


def test_a_busy_line_makes_a_task_too() -> None:
    (message,) = parse(delivered(recorded("busy")["body"].encode()), phone_line())
    assert message.text == "Missed call, the line was busy."
    assert message.task is not None


@pytest.mark.parametrize(
    ("changes", "english", "russian"),
    [
        ({}, "Incoming call, 42 s.", "Входящий звонок, 42 с."),
        ({"CallDuration": "125"}, "Incoming call, 2 min 5 s.", "Входящий звонок, 2 мин 5 с."),
        ({**NO_ANSWER, "CallDuration": "24"}, "Missed call, rang 24 s.", "Пропущенный звонок, звонил 24 с."),
        ({"CallDuration": "0"}, "Missed call.", "Пропущенный звонок."),
        (FAILED, "Missed call, no connection.", "Пропущенный звонок, нет соединения."),
        (CANCELLED, "Missed call, the caller gave up.", "Пропущенный звонок, не дождались."),
        (OUT, "Outgoing call, 42 s.", "Исходящий звонок, 42 с."),
        ({**OUT, **NO_ANSWER}, "Outgoing call, no answer.", "Исходящий звонок, без ответа."),
    ],
)
def test_words_for_every_end(changes: dict[str, str], english: str, russian: str) -> None:
    assert told("en", **changes).text == english
    assert told("ru", **changes).text == russian


def test_an_outgoing_call_is_the_called_persons() -> None:
    message = told(Direction="outbound-api", CallStatus="busy")
    assert message.identities == (Identity(kind="phone", value="+14155550142"),)
    assert message.task is None
    assert message.details["line"] == "+12125550123"


@pytest.mark.parametrize(
    "caller",
    [
        "anonymous",
        "Anonymous",
        "+266696687",
        "266696687",
        "+7378742833",
        "+2562533",
        "+8656696",
        "+86282452253",
        "Restricted",
        "unknown",
        "",
        "sip:anonymous@anonymous.invalid",
    ],
)
def test_hidden_numbers(caller: str) -> None:
    message = told("ru", From=caller, CallStatus="no-answer")
    assert message.identities == ()
    assert (message.name, message.subject) == ("", "Звонок: Скрытый номер")
    assert message.task is None
    assert message.details["number"] == ""


@pytest.mark.parametrize("caller", ["client:jenny", "sip:ann@pbx.example.com"])
def test_callers_without_a_number(caller: str) -> None:
    assert told(From=caller).identities == (Identity(kind="handle", value=caller),)


def test_the_legs_of_one_call_are_one_thread() -> None:
    assert told(CallSid="CAleg", ParentCallSid="CAparent").thread_key == "CAparent"


def test_the_callers_name_is_kept() -> None:
    assert told(CallerName="ANN LEE").name == "ANN LEE"


def test_another_line_of_the_account_is_left_out() -> None:
    body = urlencode(finished()).encode()
    assert parse(delivered(body), phone_line(number="+14155550142"))
    assert parse(delivered(body), phone_line(number="+14155550143")) == []
    assert parse(
        delivered(urlencode(finished(To="sip:desk@pbx")).encode()), phone_line(number="+14155550142")
    )


def test_tasks_are_as_the_line_wants_them() -> None:
    body = urlencode(finished(CallStatus="busy")).encode()
    (soon,) = parse(delivered(body), phone_line(call_back_within_minutes=5))
    assert soon.task is not None
    assert soon.task.due_in_s == 300
    (never,) = parse(delivered(body), phone_line(call_back_within_minutes=0))
    assert never.task is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"CallSid=",
        b"CallSid=CA1",
        b"CallSid=CA1&CallStatus=exploded",
        b"CallSid=CA1&CallStatus=completed",
        b"CallSid=CA1&CallStatus=completed&CallDuration=-5&Timestamp=yesterday",
        b"CallSid=CA1&CallStatus=completed&CallDuration=99999999999999999999",
        b"CallSid=CA1&CallStatus=busy&From=%00%ff%0a<b>&To=" + b"9" * 100_000,
        b"CallSid=%f0%9f%98%80%ed%a0%80&CallStatus=busy&RecordingUrl=javascript:alert(1)&Direction=sideways",
        "CallSid=CA1&CallStatus=completed&CallDuration=٤٢".encode(),
    ],
    ids=lambda body: repr(body[:40]),
)
def test_odd_callbacks_are_a_bounded_message_or_none(body: bytes) -> None:
    for message in parse(delivered(body), phone_line()):
        assert message.sent_at == NOW
        assert "javascript" not in message.text
        assert len(message.text) < 1000
        msgspec.convert(message.details, Report)
        msgspec.json.encode(message)


def test_settings_of_a_line() -> None:
    schema = msgspec.json.schema(TwilioVoiceConfig)
    properties = schema["$defs"]["TwilioVoiceConfig"]["properties"]
    secret = {name for name, setting in properties.items() if setting.get("writeOnly")}
    assert secret == {"auth_token", "auth_token_previous"}
    for setting in properties.values():
        assert set(setting["x-crm"]["label"]) == {"en", "ru"}
    assert not TWILIO_VOICE.capabilities.reply
    assert TWILIO_VOICE.send is None
