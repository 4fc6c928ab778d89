"""The page of messages as the API gives it is, byte for byte, the one that records make."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from posting import ADMIN, api_account, conversations, drained, post

from crmcore.conversations.tables import Conversation, Message
from crmcore.errors import CrmError, NotFound
from crmcore.http.answers import encode
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm


async def talked(crm: Crm, clock: TurnableClock) -> Any:
    """Return a conversation with every kind of message in it, and what columns hold seldom."""
    await api_account(crm)
    await post(crm, email="a@example.com", text='Hello "you" \u2028 Привет 🙂\n\\')
    await drained(crm)
    id = (await conversations())[0]["id"]
    clock.advance(0.000001)
    reply = await crm.conversations.reply(id, "Answered", actor=ADMIN)
    clock.advance(1)
    await crm.conversations.note(id, "note", actor=ADMIN)
    await crm.conversations.snooze(id, clock() + timedelta(hours=2), actor=ADMIN)
    await crm.conversations.close(id, actor=ADMIN)
    files: dict[Any, Any] = {
        Message.attachments: '[{"name": "a.txt", "size": 1.50, "of": null}]',
        Message.sent_at: clock().replace(microsecond=0),
        Message.external_id: "x-1",
    }
    await Message.update(files).where(Message.id == reply.id)
    return id


async def both(crm: Crm, id: Any, **asked: Any) -> tuple[bytes, bytes]:
    records = await crm.conversations.messages(id, **asked)
    whole = {"items": [record.document for record in records.items], "next": records.next}
    return encode(whole), encode(await crm.conversations.message_documents(id, **asked))


async def test_the_page_of_documents_is_that_of_records(crm: Crm, clock: TurnableClock) -> None:
    id = await talked(crm, clock)
    own = crm.registry.row_scopes["own"].item
    agent = msgspec.structs.replace(ADMIN, kind="user", id=str(uuid4()), rows={"*": own})
    with pytest.raises(NotFound):
        await crm.conversations.message_documents(id, actor=agent)
    sees = msgspec.structs.replace(
        ADMIN, rows={"message.*": own, "conversation.*": None}, language="ru", time_zone="Asia/Tokyo"
    )
    shown = {"message": frozenset({"text", "sent_at"})}
    for actor in (ADMIN, sees, msgspec.structs.replace(ADMIN, hidden=shown)):
        before, now = await both(crm, id, actor=actor)
        assert before == now and len(msgspec.json.decode(now)["items"]) >= 5
        assert (b'"text"' in now) is not bool(actor.hidden)
        assert ("Отложено до" in now.decode()) is (actor is sees)
    cursor, texts = "", []
    while cursor is not None:
        before, now = await both(crm, id, actor=ADMIN, cursor=cursor, limit=2)
        assert before == now
        page = msgspec.json.decode(now)
        texts += [item["text"] for item in page["items"]]
        cursor = page["next"]
    assert len(texts) == await Message.count() and texts[1:3] == ["Answered", "note"]


async def test_what_is_not_there_and_what_is_no_cursor(crm: Crm, clock: TurnableClock) -> None:
    id = await talked(crm, clock)
    with pytest.raises(NotFound):
        await crm.conversations.message_documents(uuid4(), actor=ADMIN)
    nobody = msgspec.structs.replace(ADMIN, permissions=frozenset({"conversation.read"}))
    for asked in ({"cursor": "x"}, {"cursor": "WyItY3JlYXRlZF9hdCIsMSwxXQ"}, {"actor": nobody}):
        with pytest.raises(CrmError) as one:
            await crm.conversations.messages(id, **({"actor": ADMIN} | asked))
        with pytest.raises(CrmError) as other:
            await crm.conversations.message_documents(id, **({"actor": ADMIN} | asked))
        assert (one.type, one.value.code) == (other.type, other.value.code)
    await Message.delete(force=True)
    assert (await crm.conversations.message_documents(id, actor=ADMIN)).items == []
    await Conversation.delete(force=True)
