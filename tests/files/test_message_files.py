"""Files and HTML of messages: in through channels, shown to whom may see the conversation, out with replies."""

import base64
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from file_making import picture
from test_files_http import PASSWORD, signed_in, upload

from crmcore.files.tables import StoredFile
from crmcore.workspace import Crm

Connect = Callable[..., httpx2.AsyncClient]


@pytest.fixture
async def ada(crm: Crm, connect: Connect) -> httpx2.AsyncClient:
    client = await signed_in(crm, connect, "ada", "admin")
    answer = await client.post(
        "/api/channel-accounts", json={"channel": "api", "name": "Shop", "slug": "shop"}
    )
    assert answer.status_code == 201
    return client


async def post(crm: Crm, client: httpx2.AsyncClient, key: str, **message: Any) -> list[dict[str, Any]]:
    sent = {"delivery_key": key, "from": {"email": "lena@example.com"}, "thread_key": "1", **message}
    answer = await client.post("/api/channels/shop/inbound", json=sent)
    assert answer.status_code == 202, answer.text
    await crm.worker.drain()
    (conversation,) = (await client.get("/api/conversations")).json()["items"]
    messages: list[dict[str, Any]] = (
        await client.get(f"/api/conversations/{conversation['id']}/messages")
    ).json()["items"]
    return messages


async def test_files_of_a_message_are_kept_checked_and_seen_with_it(
    crm: Crm, ada: httpx2.AsyncClient, connect: Connect
) -> None:
    uploaded = await upload(ada, "большой.pdf", b"%PDF-1.7 " + bytes(1_500_000))
    messages = await post(
        crm,
        ada,
        "1",
        text="See the files",
        attachments=[
            {
                "name": "photo.jpg",
                "content": base64.b64encode(picture()).decode(),
                "media_type": "image/jpeg",
            },
            {"file_id": uploaded["id"]},
            {"name": "virus.png", "content": base64.b64encode(b"MZ" + bytes(100)).decode()},
            {"file_id": "00000000-0000-7000-8000-000000000000"},
        ],
    )
    received = next(message for message in messages if message["kind"] == "inbound")
    photo, document = received["attachments"]
    assert (photo["name"], photo["media_type"]) == ("photo.jpg", "image/jpeg") and document == uploaded
    note = next(message for message in messages if message["kind"] == "note")
    assert "virus.png" in note["text"] and "no such file" in note["text"].lower()
    for file in (photo, document):
        assert (await ada.get(file["url"])).status_code == 200
    assert (await ada.get(photo["thumbnail_url"])).status_code == 200
    id = await crm.accounts.create_user("tom@example.com", "Tom", PASSWORD, role="agent")
    only_contacts = connect(
        authorization=f"Bearer {await crm.accounts.create_token(id, 'tests', ['contact.read'])}"
    )
    assert (await only_contacts.get(document["url"])).status_code == 404
    # Delivered twice, processed twice: once there.
    assert len(await post(crm, ada, "1", text="See the files")) == len(messages)
    clock: Any = crm.clock
    clock.advance(60 * 86_400)
    await crm.file_sweep.run()
    assert (await ada.get(document["url"])).status_code == 200


async def test_a_file_of_somebody_else_cannot_be_posted(
    crm: Crm, ada: httpx2.AsyncClient, connect: Connect
) -> None:
    bob = await signed_in(crm, connect, "bob", "agent")
    secret = await upload(bob, "secret.pdf", b"%PDF-1.7 secret")
    messages = await post(crm, ada, "1", text="mine?", attachments=[{"file_id": secret["id"]}])
    assert all(message["attachments"] == [] for message in messages)
    assert await StoredFile.exists().where(StoredFile.record.is_null())


async def test_html_is_cleaned_and_gives_the_text(crm: Crm, ada: httpx2.AsyncClient) -> None:
    messages = await post(
        crm,
        ada,
        "1",
        html='<p onclick="x()">Hello <b>there</b></p><script>canary()</script><p>Second &amp; last</p>'
        '<img src="https://tracker.example/p.gif" onerror="canary()">',
    )
    (message,) = messages
    assert message["text"] == "Hello there\nSecond & last"
    assert "canary" not in message["html"] and "onclick" not in message["html"]
    assert message["html"].startswith("<p>Hello <b>there</b></p>")
    found = await ada.get("/api/search", params={"q": "Second"})
    assert found.status_code == 200
    deep = await post(crm, ada, "2", html="<div>" * 5000 + "deep words" + "</div>" * 5000)
    assert (deep[-1]["html"], deep[-1]["text"]) == ("", "deep words")
    wide = await post(crm, ada, "3", html="<p>x</p>" * 60_000)
    assert wide[-1]["html"] == "" and wide[-1]["text"].startswith("x\nx")
    empty = {"delivery_key": "4", "from": {"email": "lena@example.com"}}
    assert (await ada.post("/api/channels/shop/inbound", json=empty)).status_code == 422


async def test_files_go_out_with_a_reply_and_stay_with_a_note(
    crm: Crm, ada: httpx2.AsyncClient, connect: Connect
) -> None:
    await post(crm, ada, "1", text="Hello")
    (conversation,) = (await ada.get("/api/conversations")).json()["items"]
    path = f"/api/conversations/{conversation['id']}/messages"
    file = await upload(ada, "invoice.pdf", b"%PDF-1.7 invoice")
    reply = await ada.post(path, json={"text": "Here it is", "attachments": [file["id"]]})
    assert reply.status_code == 201 and reply.json()["attachments"] == [file], reply.text
    await crm.worker.drain()
    assert (await ada.get(f"/api/messages/{reply.json()['id']}")).json()["delivery"] == "stored"
    # It hangs on that message now.
    again = await ada.post(path, json={"kind": "note", "text": "Once more", "attachments": [file["id"]]})
    assert (again.status_code, again.json()["errors"][0]["path"]) == (422, "/attachments/0")
    other = await upload(ada, "inside.pdf", b"%PDF-1.7 inside")
    note = await ada.post(path, json={"kind": "note", "text": "For us", "attachments": [other["id"]]})
    assert note.json()["attachments"] == [other]
    bob = await signed_in(crm, connect, "bob", "agent")
    assert (await bob.get(other["url"])).status_code == 200
    assert (
        await crm.host.context("core").files.read(reply.json()["attachments"][0]["id"]) == b"%PDF-1.7 invoice"
    )


async def test_a_channel_without_files_refuses_them(crm: Crm, ada: httpx2.AsyncClient) -> None:
    form = await ada.post("/api/channel-accounts", json={"channel": "form", "name": "Form", "slug": "form"})
    assert form.status_code == 201
    token = (await crm.forms.definition("form")).token
    clock: Any = crm.clock
    clock.advance(30)
    await crm.forms.submit(
        "form",
        {"name": "Lena", "email": "l@example.com", "message": "Hi"},
        token=token,
        url="http://crm.test/f/form",
    )
    await crm.worker.drain()
    (conversation,) = (await ada.get("/api/conversations")).json()["items"]
    file = await upload(ada, "a.pdf", b"%PDF-1.7 a")
    sent = {"text": "Hello", "attachments": [file["id"]]}
    answer = await ada.post(f"/api/conversations/{conversation['id']}/messages", json=sent)
    assert answer.status_code == 422
