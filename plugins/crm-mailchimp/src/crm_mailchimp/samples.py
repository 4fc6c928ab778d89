"""What the plugin shows of itself to be checked: an audience, its webhooks, and what Mailchimp answers."""

import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import UUID

from crm_mailchimp.membership import Membership, keep, member_hash
from crmcore import system_actor
from crmcore.testing import Delivery, RecordedHttp, Samples

if TYPE_CHECKING:
    from crmcore.workspace import Crm

MAKER = system_actor("samples")
SECRET = "a-secret-of-the-samples"  # noqa: S105 - opens nothing
AUDIENCE = {
    "api_key": "0123456789abcdef0123456789abcdef-us3",
    "audience_id": "a36b032126",
    "signing_secret": SECRET,
}


def sign(url: str, body: bytes) -> Mapping[str, str]:
    """Return the header of a signed webhook."""
    now = int(time.time())
    made = hmac.new(SECRET.encode(), b"%d." % now + body, hashlib.sha256).hexdigest()
    return {"X-Mailchimp-Signature": f"t={now},v1={made}"}


def webhook(kind: str, address: str) -> Delivery:
    """Return what Mailchimp tells of one member."""
    fields = {
        "type": kind,
        "fired_at": "2026-11-22 12:00:00",
        "data[email]": address,
        "data[list_id]": AUDIENCE["audience_id"],
    }
    return Delivery(body=urlencode(fields).encode(), sign=sign)


def mailchimp(http: RecordedHttp) -> None:
    """Answer as an audience that nobody has joined yet."""
    root = "https://us3.api.mailchimp.com/3.0"
    there = f"{root}/lists/{AUDIENCE['audience_id']}"
    http.answer(f"{root}/ping", json={"health_status": "Everything's Chimpy!"})
    http.answer(f"{root}/campaigns", json={"campaigns": []})
    http.answer(
        there, json={"name": "Guests", "members": [], "segments": [], "merge_fields": [], "categories": []}
    )
    http.answer(f"{there}/members", json={"members": [], "total_items": 0})
    http.answer(f"{there}/members/", json={"status": "subscribed"})
    http.answer(f"{there}/members/", method="POST", status=204)


async def story(crm: "Crm", contact: UUID) -> None:
    """Let the contact be a subscriber of an audience that is connected."""
    accounts = [one for one in await crm.channel_accounts.list(actor=MAKER) if one["channel"] == "audience"]
    account = (
        UUID(str(accounts[0]["id"]))
        if accounts
        else await crm.channel_accounts.create("audience", "Guests", AUDIENCE, actor=MAKER)
    )
    record = await crm.records.get("contact", contact, actor=MAKER)
    address = record.document["emails"][0]
    member = Membership(account=account, subscriber=member_hash(address), contact=contact, address=address)
    member.status = "subscribed"
    await keep([member])


_PAYLOAD = {
    "account": str(UUID(int=7)),
    "contact": "{contact}",
    "address": "ann@example.com",
    "subscriber": member_hash("ann@example.com"),
}
SAMPLES = Samples(
    accounts={"audience": AUDIENCE},
    deliveries={
        "audience": (webhook("profile", "ann@example.com"), webhook("unsubscribe", "bob@example.com"))
    },
    http=mailchimp,
    story=story,
    payloads={
        "push_member": _PAYLOAD,
        "read_member": _PAYLOAD,
        "read_activity": _PAYLOAD,
        "push_segment": {**_PAYLOAD, "segment": str(UUID(int=8))},
        "sync_audience": _PAYLOAD,
        "read_mailings": _PAYLOAD,
    },
)
