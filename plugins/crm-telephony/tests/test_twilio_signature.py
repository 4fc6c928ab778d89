"""The signature against the official SDK's own cases, and against forgers."""

import json
from urllib.parse import urlencode

import pytest
from crm_telephony.twilio.channel import verify
from crm_telephony.twilio.signature import is_signed
from twilio_requests import (
    ACCOUNT_SID,
    CALL_SID,
    TOKEN,
    URL,
    finished,
    phone_line,
    recorded,
    request,
    sign,
    signed,
    vectors,
)

from crmcore import Forged, Verified

FORM = "application/x-www-form-urlencoded"


def test_every_official_vector() -> None:
    token, cases = vectors()
    assert len(cases) == 8
    for case in cases:
        fields = [(name, value) for name, value in case.get("params", ())]
        body = case.get("json_body", urlencode(fields)).encode()
        found = is_signed(case["signature"], case["url"], fields, body, [token], form="json_body" not in case)
        assert found is case["valid"], case.get("note")


def test_every_official_vector_through_the_channel() -> None:
    token, cases = vectors()
    for case in cases:
        form = "json_body" not in case
        body = (urlencode([tuple(pair) for pair in case["params"]]) if form else case["json_body"]).encode()
        kind = FORM if form else "application/json"
        asked = request(body, {"Content-Type": kind, "X-Twilio-Signature": case["signature"]}, case["url"])
        account = phone_line(auth_token=token)
        if case["valid"]:
            assert verify(asked, account).status == 204, case.get("note")
        else:
            with pytest.raises(Forged):
                verify(asked, account)


@pytest.mark.parametrize(
    "name", ["initiated", "ringing", "in-progress", "completed+recording", "missed: no-answer", "busy"]
)
def test_recorded_callbacks_are_signed_by_the_official_sdk(name: str) -> None:
    callback = recorded(name)
    asked = request(callback["body"].encode(), {"Content-Type": FORM, **callback["headers"]}, callback["url"])
    token = "12345"  # what the official SDK's tests use
    verified = verify(asked, phone_line(auth_token=token))
    assert verified.delivery_key == f"{CALL_SID}:{callback['headers']['I-Twilio-Idempotency-Token']}"


def test_both_tokens_are_accepted_while_one_replaces_the_other() -> None:
    account = phone_line(auth_token="new", auth_token_previous="old")
    assert verify(signed(finished(), "new"), account).delivery_key
    assert verify(signed(finished(), "old"), account).delivery_key
    with pytest.raises(Forged):
        verify(signed(finished(), "older"), account)


def test_an_empty_previous_token_signs_nothing() -> None:
    with pytest.raises(Forged):
        verify(signed(finished(), ""), phone_line())


def test_the_key_without_an_idempotency_token() -> None:
    assert verify(signed(finished()), phone_line()) == Verified(
        delivery_key=f"{CALL_SID}:3/completed", status=204
    )
    assert verify(signed(finished(SequenceNumber="", CallStatus="busy")), phone_line()).delivery_key == (
        f"{CALL_SID}:/busy"
    )


def test_a_key_stays_within_its_column() -> None:
    token = {"I-Twilio-Idempotency-Token": "x" * 5000}
    verified = verify(signed(finished(CallSid="C" * 5000), **token), phone_line())
    assert verified.delivery_key is not None
    assert len(verified.delivery_key) <= 255


def test_by_get_the_fields_are_in_the_url() -> None:
    url = f"{URL}?{urlencode(finished())}"
    asked = request(b"", {"X-Twilio-Signature": sign(url, [])}, url, "GET")
    assert verify(asked, phone_line()).delivery_key == f"{CALL_SID}:3/completed"


def test_what_is_no_call_is_acknowledged_and_not_kept() -> None:
    assert verify(signed({"AccountSid": ACCOUNT_SID, "Hello": "world"}), phone_line()).delivery_key is None


def test_text_beyond_ascii() -> None:
    fields = finished(CallerName="Ёлкин 😀 & sons + co")
    assert verify(signed(fields), phone_line()).delivery_key


@pytest.mark.parametrize(
    "changes",
    [
        {"body": urlencode(finished(CallStatus="busy")).encode()},
        {"body": urlencode(finished()).encode() + b"&Extra=1"},
        {"body": b""},
        {"body": b"\xff\xfe=%ff&%00"},
        {"body": b"a=1&" * 2000},
        {"body": json.dumps(finished()).encode()},
        {"url": URL + "?x=1"},
        {"url": "https://other.example.com/hooks/telephony/line"},
        {"url": "https://crm.example.com:99999999/hooks/telephony/line"},
        {"url": "https://[bad"},
        {"signature": ""},
        {"signature": "é" * 100},
        {"signature": sign(URL, list(finished().items()), TOKEN)[:-1]},
        {"kind": "application/json"},
        {"kind": "multipart/form-data; boundary=x"},
    ],
    ids=lambda changes: f"{next(iter(changes))}-{str(next(iter(changes.values())))[:20]}",
)
def test_forgeries(changes: dict[str, object]) -> None:
    body = changes.get("body", urlencode(finished()).encode())
    signature = changes.get("signature", sign(URL, list(finished().items())))
    assert isinstance(body, bytes)
    asked = request(
        body,
        {"Content-Type": str(changes.get("kind", FORM)), "X-Twilio-Signature": str(signature)},
        str(changes.get("url", URL)),
    )
    with pytest.raises(Forged):
        verify(asked, phone_line())


def test_signed_for_another_account() -> None:
    with pytest.raises(Forged):
        verify(signed(finished(AccountSid="AC" + "f" * 32)), phone_line())


def test_a_hash_in_the_url_does_not_replace_the_hash_of_the_body() -> None:
    """Whoever has one signed JSON request must not be able to send another body under its URL."""
    token, cases = vectors()
    case = next(case for case in cases if "json_body" in case)
    headers = {"Content-Type": "application/json", "X-Twilio-Signature": case["signature"]}
    with pytest.raises(Forged):
        verify(request(b'{"property": "other"}', headers, case["url"]), phone_line(auth_token=token))
