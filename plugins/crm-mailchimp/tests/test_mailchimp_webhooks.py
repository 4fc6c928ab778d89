"""Webhooks, old and new: proof, repetition, lies, and what they bring about."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from crm_mailchimp.connection import AUDIENCE as CONNECTION
from crm_mailchimp.signature import HEADER, is_signed
from mailchimp_api import Mailchimp, oracles
from mailchimp_workspace import HOOK_KEY, Workspace, delivery

from crmcore import ChannelAccount, Forged, HttpAnswer, InboundRequest, InvalidValue
from crmcore.errors import NotSignedIn

ANN = "ann@example.com"


def vectors() -> dict[str, Any]:
    """Return the signature vectors."""
    found: dict[str, Any] = json.loads((oracles() / "signature-vectors.json").read_text(encoding="utf-8"))
    return found


def test_signature_vectors() -> None:
    known = vectors()
    for case in known["cases"]:
        now = datetime.fromtimestamp(case["now"], UTC)
        body = case["raw_body"].encode()
        assert is_signed(case["header"] or "", body, [known["signing_secret"]], now) is case["valid"], case
        assert not is_signed(case["header"] or "", body, ["another", ""], now)
        assert is_signed(case["header"] or "", body, ["new", known["signing_secret"]], now) is case["valid"]
    for header in ("", "t=,v1=", "t=١٢٣,v1=00", "v1=00", "t=1795335466", "t=9" * 600):
        assert not is_signed(header, b"", ["secret"], datetime.fromtimestamp(1795335466, UTC))


def proved(
    method: str, url: str, *, body: bytes = b"", now: int = 1795335500, header: str = "", **config: str
) -> Any:
    """Return what ``verify`` says to a request."""
    from crm_mailchimp.config import AudienceConfig

    account = ChannelAccount(
        id=__import__("uuid").UUID(int=1),
        name="News",
        channel="audience",
        plugin="mailchimp",
        config=AudienceConfig(api_key="key-us1", audience_id="a", **config),  # type: ignore[arg-type]
    )
    request = InboundRequest(
        method=method,
        url=f"https://crm.example.com/hooks/1{url}",
        headers={HEADER: header} if header else {},
        body=body,
        received_at=datetime.fromtimestamp(now, UTC),
    )
    assert CONNECTION.verify is not None
    return CONNECTION.verify(request, account)


def test_who_may_deliver() -> None:
    known = vectors()
    case = known["cases"][0]
    signed = {"body": case["raw_body"].encode(), "header": case["header"]}
    secret, key = known["signing_secret"], f"?key={HOOK_KEY}"
    assert proved("GET", key, webhook_key=HOOK_KEY).delivery_key is None
    ours = proved("POST", key, webhook_key=HOOK_KEY, signing_secret=secret, **signed)
    assert ours.delivery_key == "subscribe|2009-03-26 21:35:57|8a25ff1d98|api@mailchimp.com"
    assert proved("POST", "", signing_secret="new", signing_secret_before=secret, **signed).status == 200
    assert proved("POST", key, webhook_key=HOOK_KEY, body=signed["body"]).delivery_key == ours.delivery_key
    refused = [
        ("GET", "", {"webhook_key": HOOK_KEY}),
        ("GET", "", {}),
        ("POST", "", {"body": signed["body"]}),
        ("POST", "?key=", {"body": signed["body"]}),
        ("POST", "?key=wrong", {"webhook_key": HOOK_KEY, "body": signed["body"]}),
        # With a signing secret, an unsigned delivery is forged although it knows the key.
        ("POST", key, {"webhook_key": HOOK_KEY, "signing_secret": secret, "body": signed["body"]}),
        ("POST", "", {"webhook_key": HOOK_KEY, "signing_secret": secret, **signed}),
        ("POST", key, {"webhook_key": HOOK_KEY, "signing_secret": secret, "now": 1795336000, **signed}),
    ]
    for method, url, more in refused:
        with pytest.raises(Forged):
            proved(method, url, **more)
    for body in (b"", b"type=other", b"\xff\xfe", b"type=subscribe&" + b"a=1&" * 600):
        with pytest.raises(InvalidValue):
            proved("POST", key, webhook_key=HOOK_KEY, body=body)


async def test_deliveries_bring_contacts_in_step(workspace: Workspace, mailchimp: Mailchimp) -> None:
    ann = await workspace.add(ANN, first_name="Ann")
    await workspace.work()
    workspace.clock.advance(60)
    member = workspace.member(ANN)
    member.merge_fields["FNAME"], member.changed_at = "Anna", workspace.clock()
    asked = len(mailchimp.asked)
    for _ in range(3):
        assert await workspace.post(delivery("profile", ANN)) == 200
    await workspace.work()
    assert (await workspace.document(ann))["first_name"] == "Anna"
    # Three deliveries, one handled; nothing goes back.
    assert mailchimp.methods()[asked:] == ["GET /members/*"]

    # Leaving counts although Mailchimp is away.
    mailchimp.instead["GET"] = HttpAnswer(status=503, headers={}, body=b"")
    await workspace.post(delivery("unsubscribe", ANN, at="2026-11-22 12:05:00"))
    await workspace.work()
    assert await workspace.status(ann) == "unsubscribed"
    assert (await workspace.point(ANN)).opt_out
    assert (await workspace.document(ann))["custom"]["mailchimp_opt_in"] is False
    # It was a lie: Mailchimp says that they are subscribed still, and is believed.
    mailchimp.instead.clear()
    workspace.clock.advance(600)
    await workspace.work()
    assert await workspace.status(ann) == "subscribed"
    assert not (await workspace.point(ANN)).opt_out

    # Who subscribes by a form there is new here, also when somebody only claims it and Mailchimp knows nobody.
    mailchimp.service.add("new@example.com", FNAME="Nora")
    await workspace.post(delivery("subscribe", "new@example.com"))
    await workspace.post(delivery("subscribe", "invented@example.com"))
    await workspace.post(delivery("cleaned", ANN, at="2026-11-22 12:09:00"))
    await workspace.post(delivery("campaign", ANN))
    await workspace.post(delivery("subscribe", "other@example.com", **{"data[list_id]": "another"}))
    workspace.member(ANN).status = "cleaned"
    await workspace.work()
    assert await workspace.named("invented@example.com") is None
    nora = await workspace.named("new@example.com")
    assert nora is not None and nora["first_name"] == "Nora"
    assert (await workspace.point(ANN)).bounced
    with pytest.raises(NotSignedIn):
        await workspace.post(delivery("unsubscribe", ANN), url="?key=wrong")


async def test_a_changed_address_there_is_followed(here: Workspace, mailchimp: Mailchimp) -> None:
    await here.add(ANN)
    await here.work()
    old = mailchimp.service.members.pop(here.member(ANN).hash)
    mailchimp.service.add("anna@example.com", **old.merge_fields)
    fields = {
        "type": "upemail",
        "fired_at": "2026-11-22 12:00:00",
        "data[list_id]": "a36b032126",
        "data[new_id]": "1",
        "data[new_email]": "anna@example.com",
        "data[old_email]": ANN,
    }
    await here.post(fields)
    await here.work()
    anna = await here.named("anna@example.com")
    assert anna is not None and anna["custom"]["mailchimp_opt_in"] is True
