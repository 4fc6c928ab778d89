"""What the plugin shows of itself to be checked: a phone line at Twilio, an Asterisk, and calls of somebody."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode
from uuid import UUID, uuid4

from crm_telephony.tables import TelephonyCall
from crmcore import system_actor
from crmcore.testing import Delivery, Samples

if TYPE_CHECKING:
    from crmcore.workspace import Crm

ACCOUNT_SID = "AC0123456789abcdef0123456789abcdef"
TOKEN = "fedcba98765432100123456789abcdef"  # noqa: S105 - opens nothing


def sign(url: str, body: bytes) -> Mapping[str, str]:
    """Return the header that Twilio sends along (its page “Validating requests”)."""
    fields = sorted(parse_qsl(body.decode(), keep_blank_values=True))
    text = url + "".join(name + value for name, value in fields)
    digest = hmac.new(TOKEN.encode(), text.encode(), hashlib.sha1).digest()
    return {"X-Twilio-Signature": base64.b64encode(digest).decode()}


def finished(sid: str, status: str) -> Delivery:
    """Return the last callback of a call."""
    fields = {
        "AccountSid": ACCOUNT_SID,
        "CallSid": sid,
        "CallStatus": status,
        "CallDuration": "42",
        "Direction": "inbound",
        "From": "+12125550123",
        "To": "+14155550142",
        "CallerName": "Ann Lee",
        "SequenceNumber": "3",
        "Timestamp": "Sun, 22 Nov 2026 08:00:47 +0000",
    }
    kind = "application/x-www-form-urlencoded; charset=UTF-8"
    return Delivery(body=urlencode(fields).encode(), headers={"Content-Type": kind}, sign=sign)


async def story(crm: "Crm", contact: UUID) -> None:
    """Keep a call of the contact, as when one has ended."""
    record = await crm.records.get("contact", contact, actor=system_actor("samples"))
    phones = record.document["phones"] or ["+12125550199"]
    await TelephonyCall(
        call_sid=f"CA{uuid4().hex}",
        contact=contact,
        number=phones[0],
        line="+14155550142",
        seconds=30,
        ended_at=crm.clock(),
    ).save()


SAMPLES = Samples(
    accounts={
        "twilio_voice": {"account_sid": ACCOUNT_SID, "auth_token": TOKEN},
        "asterisk": {"host": "pbx.example.com", "username": "crmcore", "secret": "a-secret-of-the-samples"},
    },
    deliveries={
        "twilio_voice": (finished("CA" + "1" * 32, "completed"), finished("CA" + "2" * 32, "no-answer"))
    },
    story=story,
    payloads={"fetch_recording": {"call": str(UUID(int=7))}},
)
