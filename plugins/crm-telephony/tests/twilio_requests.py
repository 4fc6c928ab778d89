"""Twilio's callbacks and vectors, and requests as they arrive."""

import base64
import hashlib
import hmac
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

import pytest
from crm_telephony.twilio.config import TwilioVoiceConfig

from crmcore import ChannelAccount, InboundRequest, RawDelivery

REPOSITORY = Path(__file__).parents[3]
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ACCOUNT_SID = "AC0123456789abcdef0123456789abcdef"
CALL_SID = "CA0123456789abcdef0123456789abcdef"
TOKEN = "a-token-of-the-tests"
URL = "https://crm.example.com/hooks/telephony/line"


def oracles() -> Path:
    """Return the folder of official material about Twilio, or skip with a visible reason."""
    folder = Path(os.environ.get("CRMCORE_ORACLES", REPOSITORY / ".." / "shared" / "oracles")) / "twilio"
    if not folder.is_dir():
        pytest.skip(f"no Twilio vectors at {folder}: set CRMCORE_ORACLES")
    return folder


def vectors() -> tuple[str, list[dict[str, Any]]]:
    """Return the token and the cases of the official SDK's tests."""
    document = json.loads((oracles() / "signature-vectors.json").read_text(encoding="utf-8"))
    return document["auth_token"], document["cases"]


def recorded(name: str) -> dict[str, Any]:
    """Return one callback with the observed field set: its URL, headers and body."""
    for line in (oracles() / "voice-status-callbacks.jsonl").read_text(encoding="utf-8").splitlines():
        callback: dict[str, Any] = json.loads(line)
        if callback["name"] == name:
            return callback
    raise LookupError(name)


def phone_line(**changes: Any) -> ChannelAccount:
    """Return a configured phone line."""
    config = {"account_sid": ACCOUNT_SID, "auth_token": TOKEN, **changes}
    return ChannelAccount(
        id=uuid4(),
        name="Line",
        channel="twilio_voice",
        plugin="telephony",
        config=TwilioVoiceConfig(**config),
    )


def sign(url: str, fields: list[tuple[str, str]], token: str = TOKEN) -> str:
    """Return Twilio's signature, written down once more from its documentation."""
    names = sorted({name for name, _ in fields})
    text = url + "".join(
        name + value
        for name in names
        for value in sorted({given for other, given in fields if other == name})
    )
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def request(body: bytes, headers: dict[str, str], url: str = URL, method: str = "POST") -> InboundRequest:
    """Return a request as the core hands it to a channel."""
    lowered = {name.lower(): value for name, value in headers.items()}
    return InboundRequest(method=method, url=url, headers=lowered, body=body, received_at=NOW)


def signed(fields: dict[str, str], token: str = TOKEN, **headers: str) -> InboundRequest:
    """Return a signed callback."""
    kind = "application/x-www-form-urlencoded; charset=UTF-8"
    signature = sign(URL, list(fields.items()), token)
    return request(
        urlencode(fields).encode(), {"Content-Type": kind, "X-Twilio-Signature": signature, **headers}
    )


def delivered(body: bytes, url: str = URL) -> RawDelivery:
    """Return a stored delivery."""
    return RawDelivery(id=uuid4(), delivery_key="k", headers={}, body=body, url=url, received_at=NOW)


def finished(**changes: str) -> dict[str, str]:
    """Return the fields of a call's last callback."""
    return {
        "AccountSid": ACCOUNT_SID,
        "CallSid": CALL_SID,
        "CallStatus": "completed",
        "CallDuration": "42",
        "Direction": "inbound",
        "From": "+12125550123",
        "To": "+14155550142",
        "SequenceNumber": "3",
        "Timestamp": "Sun, 22 Nov 2026 08:00:47 +0000",
        **changes,
    }


def fields_of(body: str) -> list[tuple[str, str]]:
    """Return a form's fields."""
    return parse_qsl(body, keep_blank_values=True)
