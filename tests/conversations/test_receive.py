import msgspec
import pytest
from posting import (
    ADMIN,
    api_account,
    conversations,
    deliveries,
    drained,
    messages,
    post,
    request,
)

from crmcore.contacts.tables import Contact
from crmcore.errors import Forbidden, Invalid, NotFound, NotSignedIn
from crmcore.workspace import Crm


async def test_a_posted_message_becomes_contact_conversation_and_message(crm: Crm) -> None:
    await api_account(crm)
    answer = await post(
        crm, email="Lena.Orlova@Example.COM", name="Lena Orlova", subject="Parcel", text="Where is it?"
    )
    assert answer.status == 202
    assert msgspec.json.decode(answer.answer)["state"] == "accepted"
    await drained(crm)

    [conversation] = await conversations()
    assert (conversation["number"], conversation["subject"]) == (1, "Parcel")
    assert (conversation["status"], conversation["message_count"]) == ("open", 1)
    assert conversation["preview"] == "Where is it?"
    assert conversation["waiting_since"] == conversation["last_inbound_at"] == crm.clock()
    contact = await crm.records.get("contact", conversation["contact"], actor=ADMIN)
    assert contact.document["name"] == "Lena Orlova"
    assert contact.document["emails"] == ["Lena.Orlova@example.com"]
    assert contact.document["last_contact_at"] == crm.clock()
    assert contact.document["last_contact_channel"] == "api"
    [message] = await messages()
    assert (message["kind"], message["text"], message["author_name"]) == (
        "inbound",
        "Where is it?",
        "Lena Orlova",
    )
    assert "no open conversation" in message["thread_reason"]
    [delivery] = await deliveries()
    assert (delivery["state"], delivery["conversation_id"]) == ("done", conversation["id"])


async def test_the_same_key_gets_the_same_answer_and_is_applied_once(crm: Crm) -> None:
    await api_account(crm)
    first = await post(crm, delivery_key="k1", email="a@example.com", text="one")
    second = await post(crm, delivery_key="k1", email="b@example.com", text="two")
    assert first == second
    await drained(crm)
    third = await post(crm, delivery_key="k1", email="a@example.com", text="one")
    await drained(crm)
    assert first == third
    assert [row["text"] for row in await messages()] == ["one"]
    assert len(await deliveries()) == 1


async def test_one_key_in_two_accounts_is_two_deliveries(crm: Crm) -> None:
    await api_account(crm)
    await api_account(crm, slug="other")
    await post(crm, delivery_key="k1", email="a@example.com")
    await post(crm, account="other", delivery_key="k1", email="a@example.com")
    await drained(crm)
    assert len(await conversations()) == 2
    assert await Contact.count() == 1


async def test_without_a_token_nothing_is_stored(crm: Crm) -> None:
    await api_account(crm)
    with pytest.raises(NotSignedIn) as refused:
        await post(crm, email="a@example.com", actor=None)
    assert refused.value.code == "forged"
    with pytest.raises(NotSignedIn):
        body = b'{"delivery_key": "1", "text": "x", "from": {"email": "a@example.com"}}'
        await crm.conversations.receive("shop", request(crm, body, **{":actor": "somebody"}))
    assert await deliveries() == []


async def test_a_token_without_the_permission_is_refused(crm: Crm) -> None:
    await api_account(crm)
    viewer = msgspec.structs.replace(ADMIN, permissions=frozenset({"contact.read"}))
    with pytest.raises(Forbidden):
        await post(crm, email="a@example.com", actor=viewer)
    assert await deliveries() == []


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b"", ""),
        (b"not json", ""),
        (b"\xff\xfe{}", ""),
        (b"[1]", ""),
        (b"[" * 100_000, ""),
        (b'{"delivery_key": "1", "text": "x", "from": {"email": "a@b.c"}, "extra": 1}', "/extra"),
        (b'{"delivery_key": "b1"}', "/from"),
        (b'{"delivery_key": "1", "text": "x", "from": {"name": "Anna"}}', "/from"),
        (b'{"delivery_key": "1", "text": "x", "from": {"email": 5}}', "/from/email"),
        (b'{"delivery_key": "", "text": "x", "from": {"email": "a@b.c"}}', "/delivery_key"),
        (b'{"delivery_key": "1", "from": {"email": "a@b.c"}}', "/text"),
    ],
)
async def test_a_body_in_the_wrong_form_is_refused_with_its_path(crm: Crm, body: bytes, path: str) -> None:
    await api_account(crm)
    with pytest.raises(Invalid) as refused:
        await crm.conversations.receive("shop", request(crm, body), actor=ADMIN)
    [problem] = refused.value.problems
    assert problem.path == path
    assert problem.sentence("ru") != problem.sentence("en")
    assert await deliveries() == []


async def test_an_unknown_account_is_not_found(crm: Crm) -> None:
    with pytest.raises(NotFound):
        await post(crm, account="nowhere", email="a@example.com")
    with pytest.raises(NotFound):
        await post(crm, account="no\x00where", email="a@example.com")


async def test_credentials_are_not_stored_with_the_delivery(crm: Crm) -> None:
    await api_account(crm)
    body = b'{"delivery_key": "1", "text": "x", "from": {"email": "a@example.com"}}'
    inbound = request(crm, body, authorization="Bearer crm_secret", cookie="session=1", **{"x-shop": "7"})
    await crm.conversations.receive("shop", inbound, actor=ADMIN)
    [delivery] = await deliveries()
    headers = msgspec.json.decode(delivery["headers"])
    assert headers["x-shop"] == "7"
    assert "crm_secret" not in delivery["headers"] and "session" not in delivery["headers"]
    assert bytes(delivery["body"]).startswith(b"enc:v1:")
    shown = await crm.conversations.delivery(delivery["id"], actor=ADMIN)
    assert shown["body"].encode() == body


async def test_a_storm_of_characters_is_stored_and_read_back(crm: Crm) -> None:
    await api_account(crm)
    await post(crm, email="a@example.com", name="A\x00\u202eB", text="x\x00y \U0001f600", subject="s" * 300)
    await drained(crm)
    [message] = await messages("inbound")
    assert message["text"] == "x\ufffdy \U0001f600"
