import asyncio
import base64
import hashlib
import hmac
from contextlib import suppress

import chat_plugin
import msgspec
import pytest
from posting import ADMIN, api_account, chat, chat_account, conversations, drained, messages, post
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from crmcore.contacts.tables import ContactPoint
from crmcore.contracts.actors import Actor
from crmcore.contracts.jobs import Retry
from crmcore.conversations.tables import Message
from crmcore.errors import Conflict, Invalid, NotFound
from crmcore.settings import WorkspaceSettings
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

AGENT = Actor(
    kind="user", id="u1", label="Olga", permissions=frozenset({"conversation.*", "message.*", "contact.read"})
)
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


async def chatting(crm: Crm, **config: str) -> object:
    await chat_account(crm, **config)
    await chat(crm, {"id": "1", "text": "hello", "from": "U1", "thread_key": "room-9"})
    await drained(crm)
    return (await conversations())[0]["id"]


async def last_reply() -> dict[str, object]:
    return (await messages("reply"))[-1]


async def test_a_reply_goes_out_with_its_state(chat_crm: Crm, clock: TurnableClock) -> None:
    id = await chatting(chat_crm)
    clock.advance(60)
    record = await chat_crm.conversations.reply(id, "We are looking.", actor=AGENT)
    assert record.document["delivery"] == "queued"
    assert record.document["author"]["name"] == "Olga"
    [row] = await conversations()
    assert (row["status"], row["waiting_since"], row["preview"]) == ("waiting", None, "We are looking.")
    assert row["first_response_at"] == row["last_outbound_at"] == clock()
    await drained(chat_crm)
    [sent] = chat_plugin.SENT
    assert (sent.id, sent.text, sent.thread_key, sent.author) == (
        record.id,
        "We are looking.",
        "room-9",
        "Olga",
    )
    assert [(identity.kind, identity.value) for identity in sent.to] == [("chat_id", "U1")]
    reply = await last_reply()
    assert (reply["delivery"], reply["sent_at"], reply["external_id"]) == (
        "sent",
        clock(),
        f"out-{record.id}",
    )
    clock.advance(60)
    await chat_crm.conversations.reply(id, "Found it.", actor=AGENT)
    assert (await conversations())[0]["first_response_at"] == row["first_response_at"]
    await drained(chat_crm)
    assert len(chat_plugin.SENT) == 2


async def test_sending_the_same_reply_again_sends_nothing(chat_crm: Crm) -> None:
    id = await chatting(chat_crm)
    record = await chat_crm.conversations.reply(id, "Once.", actor=AGENT)
    await asyncio.gather(*(_send(chat_crm, record.id) for _ in range(6)))
    await drained(chat_crm)
    assert await chat_crm.conversations.send(record.id) == ""
    assert len(chat_plugin.SENT) == 1


async def _send(crm: Crm, id: object) -> None:
    with suppress(Retry):
        await crm.conversations.send(id)  # type: ignore[arg-type]


async def test_an_attempt_that_never_ended_is_made_again_under_the_same_id(
    chat_crm: Crm, clock: TurnableClock
) -> None:
    id = await chatting(chat_crm)
    record = await chat_crm.conversations.reply(id, "Hello", actor=AGENT)
    # The machine stopped between the vendor's answer and our writing it down.
    await Message.update({"delivery_attempts": 1, "updated_at": clock()}, force=True).where(
        Message.id == record.id
    )
    await drained(chat_crm)
    assert chat_plugin.SENT == []
    clock.advance(60)
    await drained(chat_crm)
    assert [sent.id for sent in chat_plugin.SENT] == [record.id]


@pytest.mark.parametrize("mode", ["busy", "crash"])
async def test_failures_are_tried_again_and_end_with_a_person(
    chat_crm: Crm, clock: TurnableClock, mode: str
) -> None:
    id = await chatting(chat_crm, mode=mode)
    record = await chat_crm.conversations.reply(id, "Hello", actor=AGENT)
    await drained(chat_crm)
    reply = await last_reply()
    assert (reply["delivery"], reply["delivery_attempts"]) == ("queued", 1)
    assert reply["delivery_error"]
    for _ in range(40):
        clock.advance(4000)
        await drained(chat_crm)
        if (await last_reply())["delivery"] == "held":
            break
        await asyncio.sleep(0.01)
        _close_breakers(chat_crm)
    reply = await last_reply()
    assert (reply["delivery"], reply["delivery_attempts"]) == ("held", 6)
    assert str(reply["delivery_error"]).startswith("Tried 6 times")

    account = (await chat_crm.channel_accounts.get("chat")).row
    await chat_crm.channel_accounts.update(account["id"], {"config": {"mode": "ok"}}, actor=ADMIN)
    await chat_crm.conversations.retry(record.id, actor=AGENT)
    _close_breakers(chat_crm)
    await drained(chat_crm)
    assert (await last_reply())["delivery"] == "sent"
    assert len(chat_plugin.SENT) == 1
    with pytest.raises(Conflict):
        await chat_crm.conversations.retry(record.id, actor=AGENT)


def _close_breakers(crm: Crm) -> None:
    crm.host.dispatch._supervisor._breakers.clear()


async def test_a_permanent_failure_is_held_at_once(chat_crm: Crm) -> None:
    id = await chatting(chat_crm, mode="permanent")
    await chat_crm.conversations.reply(id, "Hello", actor=AGENT)
    await drained(chat_crm)
    reply = await last_reply()
    assert (reply["delivery"], reply["delivery_error"]) == ("held", "the number does not exist")


async def test_a_receipt_means_delivered(chat_crm: Crm) -> None:
    id = await chatting(chat_crm, mode="receipt")
    await chat_crm.conversations.reply(id, "Hello", actor=AGENT)
    await drained(chat_crm)
    assert (await last_reply())["delivery"] == "delivered"


@pytest.mark.parametrize(
    ("text", "state", "reason"),
    [
        ("hold me", "held", "chat: a person should read this first"),
        ("drop me", "failed", "chat: never"),
        ("filter crashes", "held", "The check of the plugin “chat” failed"),
    ],
)
async def test_filters_hold_and_drop_and_a_failing_one_holds(
    chat_crm: Crm, text: str, state: str, reason: str
) -> None:
    id = await chatting(chat_crm)
    await chat_crm.conversations.reply(id, text, actor=AGENT)
    await drained(chat_crm)
    reply = await last_reply()
    assert reply["delivery"] == state
    assert str(reply["delivery_error"]).startswith(reason)
    assert chat_plugin.SENT == []


async def test_what_a_filter_changed_is_what_is_kept(chat_crm: Crm) -> None:
    id = await chatting(chat_crm)
    await chat_crm.conversations.reply(id, "please sign", actor=AGENT)
    await drained(chat_crm)
    assert (await last_reply())["text"] == chat_plugin.SENT[0].text == "please sign\n-- Shop"


async def test_nobody_is_written_to_who_opted_out(chat_crm: Crm) -> None:
    id = await chatting(chat_crm)
    await ContactPoint.update({"opt_out": True}, force=True)
    record = await chat_crm.conversations.reply(id, "Hello", actor=AGENT)
    await drained(chat_crm)
    reply = await last_reply()
    assert reply["delivery"] == "held" and "does not want" in str(reply["delivery_error"])
    await ContactPoint.update({"opt_out": False}, force=True)
    await chat_crm.conversations.retry(record.id, actor=AGENT)
    await drained(chat_crm)
    assert len(chat_plugin.SENT) == 1


async def test_what_the_channel_cannot_send_is_refused_at_once(chat_crm: Crm, clock: TurnableClock) -> None:
    id = await chatting(chat_crm)
    for text, code in (("x" * 101, "too_long"), ("  ", "empty"), ("a\x00b", "unstorable")):
        with pytest.raises(Invalid) as refused:
            await chat_crm.conversations.reply(id, text, actor=AGENT)
        assert refused.value.problems[0].code == code
    clock.advance(86_401)
    with pytest.raises(Invalid) as refused:
        await chat_crm.conversations.reply(id, "late", actor=AGENT)
    assert refused.value.problems[0].code == "window_closed"
    assert await messages("reply") == []
    assert (await conversations())[0]["status"] == "open"


async def test_a_window_that_closes_before_sending_holds_the_reply(
    chat_crm: Crm, clock: TurnableClock
) -> None:
    id = await chatting(chat_crm)
    await chat_crm.conversations.reply(id, "just in time?", actor=AGENT)
    clock.advance(86_401)
    await drained(chat_crm)
    assert (await last_reply())["delivery"] == "held"


async def test_a_paused_account_keeps_replies_until_it_is_resumed(chat_crm: Crm) -> None:
    id = await chatting(chat_crm)
    account = (await chat_crm.channel_accounts.get("chat")).row["id"]
    await chat_crm.channel_accounts.pause(account, actor=ADMIN)
    await chat_crm.conversations.reply(id, "Hello", actor=AGENT)
    await drained(chat_crm)
    reply = await last_reply()
    assert reply["delivery"] == "queued" and "paused" in str(reply["delivery_error"])
    await chat_crm.channel_accounts.resume(account, actor=ADMIN)
    await drained(chat_crm)
    assert (await last_reply())["delivery"] == "sent"


async def test_replies_and_retries_of_nothing_are_not_found(chat_crm: Crm) -> None:
    from uuid import uuid4

    with pytest.raises(NotFound):
        await chat_crm.conversations.reply(uuid4(), "Hello", actor=AGENT)
    with pytest.raises(NotFound):
        await chat_crm.conversations.retry(uuid4(), actor=AGENT)


async def test_an_api_account_without_an_address_has_its_replies_read(crm: Crm) -> None:
    await api_account(crm)
    await post(crm, email="a@example.com")
    await drained(crm)
    await crm.conversations.reply((await conversations())[0]["id"], "Hello", actor=AGENT)
    await drained(crm)
    assert (await last_reply())["delivery"] == "stored"


async def test_an_api_account_posts_signed_replies(
    database_url: str, tmp_path: object, clock: TurnableClock, httpserver: HTTPServer
) -> None:
    got: list[Request] = []

    def answer(request: Request) -> Response:
        got.append(request)
        return Response(status=503 if len(got) == 1 else 204, headers={"retry-after": "7"})

    httpserver.expect_request("/replies", method="POST").respond_with_handler(answer)
    settings = WorkspaceSettings(
        data_dir=f"{tmp_path}/data", database_url=database_url, outgoing_hosts=[httpserver.host]
    )
    crm = Crm.build(settings, clock=clock, entry_points=[])
    await crm.start()
    try:
        with crm.bound():
            url = httpserver.url_for("/replies")
            await api_account(crm, config={"reply_url": url, "signing_secret": SECRET})
            await post(crm, email="a@example.com", phone="+1 415 555 2671", thread_key="t-1")
            await drained(crm)
            record = await crm.conversations.reply((await conversations())[0]["id"], "Hello", actor=AGENT)
            await drained(crm)
            reply = await last_reply()
            assert (reply["delivery"], reply["delivery_attempts"]) == ("queued", 1)
            assert "503" in str(reply["delivery_error"])
            clock.advance(8)
            await drained(crm)
            assert (await last_reply())["delivery"] == "delivered"
    finally:
        await crm.stop()
    for request in got:
        id, at = request.headers["webhook-id"], request.headers["webhook-timestamp"]
        signed = f"{id}.{at}.".encode() + request.data
        expected = base64.b64encode(hmac.new(b"k" * 32, signed, hashlib.sha256).digest()).decode()
        assert request.headers["webhook-signature"] == f"v1,{expected}"
        assert id == str(record.id)
    body = msgspec.json.decode(got[1].data)
    assert body["data"]["thread_key"] == "t-1"
    assert body["data"]["to"] == [
        {"kind": "email", "value": "a@example.com"},
        {"kind": "phone", "value": "+14155552671"},
    ]
