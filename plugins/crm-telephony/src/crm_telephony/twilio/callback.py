"""A status callback of Twilio, read from its form."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl

from msgspec import Struct

from crm_telephony.report import Direction, Outcome
from crm_telephony.twilio.signature import Fields

MOST_FIELDS = 500  # a callback has about 40

_RECORDING = re.compile(r"RE[0-9a-fA-F]{32}")

OUTCOMES: dict[str, Outcome] = {
    "completed": "answered",
    "no-answer": "missed",
    "busy": "busy",
    "failed": "failed",
    "canceled": "cancelled",
}


class Callback(Struct, frozen=True, kw_only=True):
    """What a callback says about one call; ``outcome`` is None while the call goes on."""

    call_sid: str
    parent_call_sid: str = ""
    account_sid: str = ""
    sequence: str = ""
    status: str = ""
    outcome: Outcome | None = None
    direction: Direction = "in"
    caller: str = ""
    called: str = ""
    caller_name: str = ""
    seconds: int = 0
    recording_url: str = ""
    recording_seconds: int = 0
    recording_sid: str = ""
    recording_status: str = ""
    source: str = ""
    dial_status: str = ""
    dial_seconds: int = 0
    step: str = ""
    asked_number: str = ""
    at: datetime | None = None

    @property
    def is_question(self) -> bool:
        """Whether Twilio asks what to do with a call that comes in."""
        return not self.step and not self.source and self.direction == "in" and self.status == "ringing"

    @property
    def customer(self) -> str:
        """The other end as Twilio writes it: a number, ``client:…``, ``sip:…`` or a word for a hidden number."""
        if self.asked_number:
            return self.asked_number
        return self.caller if self.direction == "in" else self.called

    @property
    def line(self) -> str:
        """Our end."""
        return self.called if self.direction == "in" else self.caller

    @property
    def thread(self) -> str:
        """What all legs of one call have in common."""
        return self.parent_call_sid or self.call_sid


def is_form(headers: Mapping[str, str]) -> bool:
    """Tell whether the body is a form, as Twilio's callbacks are unless an application asked for JSON."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind in ("", "application/x-www-form-urlencoded")


def form_fields(body: bytes) -> Fields:
    """Return the form's fields in their order; raises ValueError when there are too many of them.

    Bytes that are no UTF-8 are kept as lone surrogates, because Twilio signed them too.
    """
    return parse_qsl(
        body.decode("utf-8", "surrogateescape"),
        keep_blank_values=True,
        errors="surrogateescape",
        max_num_fields=MOST_FIELDS,
    )


def read_callback(url: str, body: bytes) -> Callback | None:
    """Return the callback in ``body``, or in the query of ``url`` when it came by GET; None when it is none.

    Unknown fields are ignored: Twilio adds some without notice.
    """
    asked = form_fields(url.partition("?")[2].encode("utf-8", "surrogateescape"))
    fields = form_fields(body) or asked
    ours = dict(reversed(asked))
    values: dict[str, Any] = dict(reversed(fields))
    call_sid = _text(values, "CallSid", 64)
    if not call_sid:
        return None
    status = _text(values, "CallStatus", 20)
    seconds = _number(values, "CallDuration")
    outcome = OUTCOMES.get(status)
    if outcome == "answered" and seconds == 0 and "CallDuration" in values:
        outcome = "missed"  # hung up before anybody could say a word
    return Callback(
        call_sid=call_sid,
        parent_call_sid=_text(values, "ParentCallSid", 64),
        account_sid=_text(values, "AccountSid", 64),
        sequence=_text(values, "SequenceNumber", 20),
        status=status,
        outcome=outcome,
        direction="out" if _text(values, "Direction", 20).startswith("outbound") else "in",
        caller=_text(values, "From", 320),
        called=_text(values, "To", 320),
        caller_name=_text(values, "CallerName", 120),
        seconds=seconds,
        recording_url=_recording(values),
        recording_seconds=_number(values, "RecordingDuration"),
        recording_sid=_recording_sid(values),
        recording_status=_text(values, "RecordingStatus", 20),
        source=_text(values, "CallbackSource", 40),
        dial_status=_text(values, "DialCallStatus", 20),
        dial_seconds=_number(values, "DialCallDuration"),
        step=_text(ours, "step", 20),
        asked_number=_text(ours, "number", 40) if _text(ours, "step", 20) == "out" else "",
        at=_moment(values),
    )


def _text(values: Mapping[str, str], name: str, longest: int) -> str:
    text = values.get(name, "").encode("utf-8", "replace").decode().strip()
    return "".join(char for char in text if char.isprintable())[:longest]


def _number(values: Mapping[str, str], name: str) -> int:
    text = values.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 7 else 0


def _recording(values: Mapping[str, str]) -> str:
    url = _text(values, "RecordingUrl", 500)
    return url if url.startswith("https://api.twilio.com/") else ""


def _recording_sid(values: Mapping[str, str]) -> str:
    sid = _text(values, "RecordingSid", 40) or _text(values, "RecordingUrl", 500).rpartition("/")[2]
    return sid if _RECORDING.fullmatch(sid) else ""


def _moment(values: Mapping[str, str]) -> datetime | None:
    try:
        moment = parsedate_to_datetime(values.get("Timestamp", ""))
    except (ValueError, TypeError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
