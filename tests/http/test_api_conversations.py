import json
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from crmcore.conversations.tables import InboundDelivery, Message
from crmcore.jobs.tables import JobRow
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

QUESTION = {
    "delivery_key": "order-1042-1",
    "from": {"email": "Lena@Example.com", "name": "Lena Orlova"},
    "subject": "Where is my parcel?",
    "text": "Hello, I ordered on Monday.",
    "thread_key": "order-1042",
}


@pytest.fixture
async def account(client: httpx2.AsyncClient) -> str:
    """The id of an account of the ``api`` channel."""
    made = await client.post("/api/channel-accounts", json={"channel": "api", "name": "Shop", "slug": "shop"})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


@pytest.fixture
async def conversation(client: httpx2.AsyncClient, crm: Crm, account: str) -> dict[str, Any]:
    """A conversation that began with the question."""
    assert (await client.post(f"/api/channels/{account}/inbound", json=QUESTION)).status_code == 202
    await crm.worker.drain()
    (found,) = (await client.get("/api/conversations")).json()["items"]
    return dict(found)


async def test_a_posted_message_becomes_a_contact_and_a_conversation(
    client: httpx2.AsyncClient, crm: Crm, account: str
) -> None:
    accounts = (await client.get("/api/channel-accounts")).json()["items"]
    assert [(item["id"], item["name"], item["channel"]) for item in accounts] == [(account, "Shop", "api")]
    posted = await client.post("/api/channels/shop/inbound", json=QUESTION)
    assert (posted.status_code, posted.json()["state"]) == (202, "accepted")
    again = await client.post(f"/api/channels/{account}/inbound", json=QUESTION | {"text": "Repeated"})
    assert (again.status_code, again.content) == (202, posted.content)
    await crm.worker.drain()
    (conversation,) = (await client.get("/api/conversations?limit=10")).json()["items"]
    assert (conversation["number"], conversation["subject"], conversation["status"]) == (
        1,
        QUESTION["subject"],
        "open",
    )
    assert conversation["contact"]["name"] == "Lena Orlova"
    (contact,) = (await client.get("/api/contacts?q=lena@example.com")).json()["items"]
    assert conversation["contact"]["id"] == contact["id"]
    (message,) = (await client.get(f"/api/conversations/{conversation['id']}/messages")).json()["items"]
    assert (message["kind"], message["text"]) == ("inbound", QUESTION["text"])
    assert message["thread_reason"]
    assert (await client.get(f"/api/messages/{message['id']}")).json() == message


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"from": {}}, "/from"),
        ({"from": {"name": "Lena"}}, "/from"),
        ({"from": {"email": "notmail"}}, "/from/email"),
        ({"from": {"email": "notmail", "handle": "lena"}}, "/from/email"),
        ({"from": {"phone": "call me"}}, "/from/phone"),
        ({"text": ""}, "/text"),
        ({"text": "x" * 100_001}, "/text"),
        ({"delivery_key": ""}, "/delivery_key"),
        ({"delivery_key": 5}, "/delivery_key"),
        ({"nonsense": 1}, "/nonsense"),
    ],
)
async def test_a_message_in_the_wrong_form_is_refused_and_not_stored(
    client: httpx2.AsyncClient, account: str, change: dict[str, Any], path: str
) -> None:
    answer = await client.post(f"/api/channels/{account}/inbound", json=QUESTION | change)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["path"] == path
    assert await InboundDelivery.count() == 0


async def test_a_fault_is_told_in_the_language_of_who_asks(
    client: httpx2.AsyncClient, account: str, conversation: dict[str, Any]
) -> None:
    russian = {"Accept-Language": "ru"}
    address = f"/api/channels/{account}/inbound"
    answer = await client.post(address, json={"delivery_key": "b1"}, headers=russian)
    (error,) = answer.json()["errors"]
    assert (error["path"], error["code"], error["message"]) == ("/from", "required", "Это обязательное поле.")
    answer = await client.post(address, json=QUESTION | {"text": ""}, headers=russian)
    (error,) = answer.json()["errors"]
    assert (error["path"], error["code"]) == ("/text", "too_short")
    shouted = {"kind": "shout", "text": "Hello"}
    answer = await client.post(
        f"/api/conversations/{conversation['id']}/messages", json=shouted, headers=russian
    )
    (error,) = answer.json()["errors"]
    assert (error["path"], error["code"], error["message"]) == (
        "/kind",
        "not_a_choice",
        "Выберите одно из: note, reply.",
    )


async def test_only_who_may_post_posts(
    client: httpx2.AsyncClient, viewer: httpx2.AsyncClient, account: str
) -> None:
    assert (await viewer.post(f"/api/channels/{account}/inbound", json=QUESTION)).status_code == 403
    assert (await client.post(f"/api/channels/{uuid4()}/inbound", json=QUESTION)).status_code == 404
    assert (await client.post("/api/channels/nobody/inbound", json=QUESTION)).status_code == 404
    assert await InboundDelivery.count() == 0


async def test_the_hook_of_a_core_channel_is_closed(anonymous: httpx2.AsyncClient, account: str) -> None:
    for address in (f"/hooks/{account}", "/hooks/shop", "/hooks/nobody", "/hooks/%00"):
        for method in ("POST", "GET"):
            answer = await anonymous.request(method, address, json=QUESTION, headers={":actor": "Mallory"})
            assert answer.status_code == 404, address
    assert await InboundDelivery.count() == 0


async def test_a_reply_is_sent_once_however_often_it_is_posted(
    client: httpx2.AsyncClient, crm: Crm, conversation: dict[str, Any]
) -> None:
    address = f"/api/conversations/{conversation['id']}/messages"
    headers = {"Idempotency-Key": "reply-1"}
    first = await client.post(address, json={"kind": "reply", "text": "It left today."}, headers=headers)
    again = await client.post(address, json={"kind": "reply", "text": "It left today."}, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert first.json()["delivery"] == "queued"
    await crm.worker.drain()
    sent = (await client.get(first.headers["Location"])).json()
    assert sent["delivery"] == "stored"
    assert sent["author"]["name"].startswith("Ada Admin")
    assert await Message.count().where(Message.kind == "reply") == 1
    now = (await client.get(f"/api/conversations/{conversation['id']}")).json()
    assert (now["status"], now["waiting_since"]) == ("waiting", None)


async def test_a_reply_that_was_rolled_back_is_not_sent(
    client: httpx2.AsyncClient, crm: Crm, conversation: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*arguments: Any, **named: Any) -> None:
        raise RuntimeError("boom")

    before = await JobRow.count()
    monkeypatch.setattr("crmcore.http.idempotency._keep", broken)
    answer = await client.post(
        f"/api/conversations/{conversation['id']}/messages",
        json={"text": "x"},
        headers={"Idempotency-Key": "k"},
    )
    assert answer.status_code == 500
    assert await Message.count().where(Message.kind == "reply") == 0
    assert await JobRow.count() == before


async def test_a_note_stays_in_the_house(client: httpx2.AsyncClient, conversation: dict[str, Any]) -> None:
    address = f"/api/conversations/{conversation['id']}/messages"
    note = await client.post(address, json={"kind": "note", "text": "Angry, be quick."})
    assert (note.status_code, note.json()["kind"], note.json()["delivery"]) == (201, "note", "")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "/text"),
        ({"text": ""}, "/text"),
        ({"text": "x" * 100_001}, "/text"),
        ({"text": "x", "kind": "inbound"}, "/kind"),
        ({"text": "x", "author": "Mallory"}, "/author"),
        ({"text": "x", "delivery": "sent"}, "/delivery"),
    ],
)
async def test_a_message_that_makes_no_sense_is_refused(
    client: httpx2.AsyncClient, conversation: dict[str, Any], body: dict[str, Any], path: str
) -> None:
    answer = await client.post(f"/api/conversations/{conversation['id']}/messages", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, path)
    assert await Message.count() == 1


async def test_messages_come_in_pages(
    client: httpx2.AsyncClient, conversation: dict[str, Any], clock: TurnableClock
) -> None:
    address = f"/api/conversations/{conversation['id']}/messages"
    for number in range(4):
        clock.advance(1)
        await client.post(address, json={"kind": "note", "text": str(number)})
    texts: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await client.get(address, params={"limit": "2", "cursor": cursor})).json()
        texts += [item["text"] for item in page["items"] if item["kind"] == "note"]
        cursor = page["next"]
    assert texts == ["0", "1", "2", "3"]
    assert (await client.get(f"/api/conversations/{uuid4()}/messages")).status_code == 404
    assert (await client.get(f"{address}?cursor=x")).status_code == 400


async def test_a_conversation_is_snoozed_tagged_assigned_closed_and_reopened_by_a_message(
    client: httpx2.AsyncClient,
    crm: Crm,
    account: str,
    conversation: dict[str, Any],
    admin_id: UUID,
    clock: TurnableClock,
) -> None:
    address = f"/api/conversations/{conversation['id']}"
    until = clock.advance(0).replace(year=2030).isoformat()
    changes = {"status": "snoozed", "snoozed_until": until, "tags": ["parcel"], "assignee_id": str(admin_id)}
    snoozed = await client.patch(address, json={**changes, "version": conversation["version"]})
    assert snoozed.status_code == 200, snoozed.text
    assert (snoozed.json()["status"], snoozed.json()["assignee"]["name"]) == ("snoozed", "Ada Admin")
    late = await client.patch(address, json={"status": "closed", "version": conversation["version"]})
    assert (late.status_code, late.json()["current"]["status"]) == (409, "snoozed")
    closed = await client.patch(address, json={"status": "closed"})
    assert closed.json()["closed_at"] is not None
    clock.advance(60)
    await client.post(
        f"/api/channels/{account}/inbound", json=QUESTION | {"delivery_key": "2", "text": "Hello?"}
    )
    await crm.worker.drain()
    (only,) = (await client.get("/api/conversations")).json()["items"]
    assert (only["id"], only["status"], only["preview"]) == (conversation["id"], "open", "Hello?")
    assert (await client.patch(address, json={"number": 5})).status_code == 422
    assert (await client.patch(address, json={"status": "eaten"})).status_code == 422


async def test_deliveries_are_listed_read_and_replayed_without_effect(
    client: httpx2.AsyncClient, crm: Crm, conversation: dict[str, Any], account: str
) -> None:
    page = (await client.get(f"/api/inbound?state=done&account={account}&limit=1")).json()
    (delivery,) = page["items"]
    assert (delivery["delivery_key"], delivery["conversation_id"]) == (
        QUESTION["delivery_key"],
        conversation["id"],
    )
    full = (await client.get(f"/api/inbound/{delivery['id']}")).json()
    assert "I ordered on Monday" in full["body"]
    assert "authorization" not in full["headers"]
    again = await client.post(f"/api/inbound/{delivery['id']}/replay")
    assert (again.status_code, again.json()["state"]) == (202, "received")
    await crm.worker.drain()
    assert await Message.count() == 1
    assert (
        await client.post(f"/api/inbound/{delivery['id']}/replay", json={"accept": True})
    ).status_code == 202
    assert (await client.post(f"/api/inbound/{uuid4()}/replay")).status_code == 404
    assert (await client.get("/api/inbound?state=eaten")).status_code == 422
    assert (await client.get("/api/inbound?account=nobody")).status_code == 404
    assert (await client.get("/api/inbound?cursor=x")).status_code == 400


async def test_a_failed_reply_is_sent_again(
    client: httpx2.AsyncClient, crm: Crm, conversation: dict[str, Any]
) -> None:
    address = f"/api/conversations/{conversation['id']}/messages"
    reply = (await client.post(address, json={"text": "Hello"})).json()
    assert (await client.post(f"/api/messages/{uuid4()}/retry")).status_code == 404
    await Message.update({Message.delivery: "failed"}).where(Message.id == UUID(reply["id"]))
    retried = await client.post(f"/api/messages/{reply['id']}/retry")
    assert (retried.status_code, retried.json()["delivery"]) == (202, "queued")
    await crm.worker.drain()
    assert (await client.get(f"/api/messages/{reply['id']}")).json()["delivery"] == "stored"
    assert (await client.post(f"/api/messages/{reply['id']}/retry")).status_code in (409, 422)


async def test_an_account_is_changed_paused_and_resumed(
    client: httpx2.AsyncClient, crm: Crm, account: str
) -> None:
    address = f"/api/channel-accounts/{account}"
    read = await client.get(address)
    assert read.headers["ETag"] == '"1"'
    named = await client.patch(address, json={"name": "Web shop", "version": 1})
    assert (named.json()["name"], named.json()["version"]) == ("Web shop", 2)
    assert (await client.patch(address, json={"name": "Late", "version": 1})).status_code == 409
    paused = await client.patch(address, json={"state": "paused", "state_reason": "holidays"})
    assert (paused.json()["state"], paused.json()["state_reason"]) == ("paused", "holidays")
    assert (await client.post(f"/api/channels/{account}/inbound", json=QUESTION)).status_code == 202
    await crm.worker.drain()
    assert (await client.get("/api/conversations")).json()["items"] == []
    assert (await client.patch(address, json={"state": "active"})).json()["state"] == "active"
    await crm.worker.drain()
    assert len((await client.get("/api/conversations")).json()["items"]) == 1


async def test_only_an_unused_account_is_deleted(
    client: httpx2.AsyncClient, viewer: httpx2.AsyncClient, account: str, conversation: dict[str, Any]
) -> None:
    used = await client.delete(f"/api/channel-accounts/{account}")
    assert (used.status_code, used.json()["code"]) == (409, "account_in_use")
    await client.post("/api/channel-accounts", json={"channel": "api", "name": "Second", "slug": "second"})
    assert (await viewer.delete("/api/channel-accounts/second")).status_code == 403
    assert (await client.delete("/api/channel-accounts/second")).status_code == 204
    assert (await client.delete("/api/channel-accounts/second")).status_code == 404
    assert [item["slug"] for item in (await client.get("/api/channel-accounts")).json()["items"]] == ["shop"]


async def test_an_account_s_secret_is_never_shown(client: httpx2.AsyncClient) -> None:
    secret = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="
    config = {"reply_url": "https://shop.example/replies", "signing_secret": secret}
    made = await client.post(
        "/api/channel-accounts", json={"channel": "api", "name": "Shop", "config": config}
    )
    assert made.status_code == 201, made.text
    for answer in (
        made,
        await client.get(made.headers["Location"]),
        await client.get("/api/channel-accounts"),
    ):
        assert secret not in answer.text
    refused = await client.patch(made.headers["Location"], json={"config": {"reply_url": 5}})
    assert (refused.status_code, secret in refused.text) == (422, False)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"name": "x"}, "/channel"),
        ({"channel": "pigeon", "name": "x"}, "/channel"),
        ({"channel": "api", "name": ""}, "/name"),
        ({"channel": "api", "name": "x", "slug": "A B"}, "/slug"),
        ({"channel": "api", "name": "x", "policy": {"open_case": "x"}}, "/policy/open_case"),
        ({"channel": "api", "name": "x", "plugin": "core"}, "/plugin"),
    ],
)
async def test_an_account_that_makes_no_sense_is_refused(
    client: httpx2.AsyncClient, body: dict[str, Any], path: str
) -> None:
    answer = await client.post("/api/channel-accounts", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, path), answer.text


async def test_channels_are_listed_with_what_they_can(client: httpx2.AsyncClient) -> None:
    items = (await client.get("/api/channels", headers={"Accept-Language": "ru"})).json()["items"]
    assert {"api", "form"} <= {item["key"] for item in items}
    assert all(item["capabilities"]["reply"] is (item["key"] == "api") for item in items)


async def test_contacts_are_merged_and_parted_again(
    client: httpx2.AsyncClient, conversation: dict[str, Any]
) -> None:
    kept = (
        await client.post("/api/contacts", json={"first_name": "Elena", "phones": ["+12025550143"]})
    ).json()
    merged = conversation["contact"]["id"]
    body = {"merged": merged, "choices": {"first_name": "merged"}}
    done = await client.post(f"/api/contacts/{kept['id']}/merge", json=body, headers={"Idempotency-Key": "m"})
    assert done.status_code == 200, done.text
    contact = done.json()["contact"]
    assert (contact["first_name"], contact["emails"], contact["phones"]) == (
        "Lena",
        ["Lena@example.com"],
        ["+12025550143"],
    )
    again = await client.post(
        f"/api/contacts/{kept['id']}/merge", json=body, headers={"Idempotency-Key": "m"}
    )
    assert again.json() == done.json()
    gone = await client.get(f"/api/contacts/{merged}")
    assert (gone.status_code, gone.json()["merged_into"]) == (404, kept["id"])
    moved = (await client.get(f"/api/conversations/{conversation['id']}")).json()
    assert moved["contact"]["id"] == kept["id"]
    undone = await client.post(f"/api/merges/{done.json()['id']}/undo")
    assert undone.json() == {"id": done.json()["id"], "undone": True}
    assert (await client.get(f"/api/contacts/{merged}")).json()["emails"] == ["Lena@example.com"]
    assert (await client.post(f"/api/merges/{done.json()['id']}/undo")).status_code == 409
    assert (await client.post(f"/api/merges/{uuid4()}/undo")).status_code == 404
    assert (await client.post(f"/api/contacts/{merged}/merge", json={"merged": merged})).status_code == 409
    assert (
        await client.post(f"/api/contacts/{merged}/merge", json={"merged": str(uuid4())})
    ).status_code == 404


async def test_drafts_and_undo_by_a_program(client: httpx2.AsyncClient, conversation: dict[str, Any]) -> None:
    here = f"/api/conversations/{conversation['id']}"
    kept = await client.put(f"{here}/drafts", json={"kind": "note", "text": "Ask Boris"})
    assert [(item["kind"], item["text"]) for item in kept.json()["items"]] == [("note", "Ask Boris")]
    assert (await client.get(f"{here}/drafts")).json() == kept.json()
    assert (await client.put(f"{here}/drafts", json={"kind": "mail", "text": "x"})).status_code == 422
    assert (await client.put(f"{here}/drafts", json={"kind": "note", "text": " "})).json()["items"] == []
    assert (await client.get(f"/api/conversations/{uuid4()}/drafts")).status_code == 404

    closed = (await client.patch(here, json={"status": "closed"})).json()
    undone = await client.post(f"{here}/undo", json={"version": closed["version"]})
    assert undone.status_code == 200, undone.text
    assert (undone.json()["undone"], undone.json()["conversation"]["status"]) == (True, "open")
    assert undone.json()["conversation"]["waiting_since"] == conversation["waiting_since"]
    # Once more there is nothing left of it; what somebody else did is not one's own.
    assert (await client.post(f"{here}/undo", json={"version": closed["version"]})).json()["undone"] is False
    assert (await client.post(f"{here}/undo", json={"version": 1})).status_code == 404
    asked = {"field": "account_id", "op": "eq", "value": conversation["account"]["id"]}
    listed = await client.get("/api/conversations", params={"filter": json.dumps(asked)})
    assert [item["id"] for item in listed.json()["items"]] == [conversation["id"]]
