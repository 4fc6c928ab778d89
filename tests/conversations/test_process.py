import msgspec
import pytest
from posting import ADMIN, chat, chat_account, conversations, deliveries, drained, messages

from crmcore.contacts.tables import Contact, ContactPoint
from crmcore.errors import Forbidden, NotSignedIn
from crmcore.tasks.tables import Task
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm


async def test_a_forged_delivery_is_refused_and_not_stored(chat_crm: Crm) -> None:
    await chat_account(chat_crm)
    with pytest.raises(NotSignedIn) as refused:
        await chat(chat_crm, {"id": "1", "text": "x"}, secret="wrong")
    assert refused.value.code == "forged"
    assert await deliveries() == []


async def test_verify_that_stumbles_over_a_body_is_a_forged_delivery_and_pauses_nothing(
    chat_crm: Crm,
) -> None:
    from posting import request

    await chat_account(chat_crm)
    for _ in range(5):
        with pytest.raises(NotSignedIn):
            await chat_crm.conversations.receive(
                "chat", request(chat_crm, b"\xff", **{"x-chat-secret": "s3cret"})
            )
    answer = await chat(chat_crm, {"id": "1", "text": "x", "from": "u1"})
    assert (answer.status, answer.answer) == (200, b"ok")


async def test_a_delivery_that_cannot_be_read_is_quarantined_with_its_body_and_replayed(
    chat_crm: Crm,
) -> None:
    await chat_account(chat_crm)
    for number in range(4):
        await chat(chat_crm, {"id": str(number), "text": "x", "from": "u"}, broken=True)
    await chat(chat_crm, odd=True)
    await chat(chat_crm, {"id": "fine", "text": "after all that", "from": "u"})
    await drained(chat_crm)
    rows = await deliveries()
    assert sorted(row["state"] for row in rows) == ["done", *["quarantined"] * 5]
    assert any("KeyError" in row["error"] for row in rows)
    assert [row["text"] for row in await messages()] == ["after all that"]

    page = await chat_crm.conversations.deliveries(actor=ADMIN, state="quarantined", limit=2)
    assert len(page.items) == 2 and page.next
    more = await chat_crm.conversations.deliveries(actor=ADMIN, state="quarantined", cursor=page.next)
    assert len(more.items) == 3 and more.next is None
    whole = await chat_crm.conversations.delivery(page.items[-1]["id"], actor=ADMIN)
    assert msgspec.json.decode(whole["body"])["id"]
    viewer = msgspec.structs.replace(ADMIN, permissions=frozenset({"inbound.read"}))
    with pytest.raises(Forbidden):
        await chat_crm.conversations.replay(page.items[0]["id"], actor=viewer)

    import chat_plugin

    registered = chat_crm.registry.channels["chat"]
    mended = msgspec.structs.replace(
        registered.item, parse=lambda raw, account: chat_plugin.parse(_mended(raw), account)
    )
    chat_crm.registry.channels["chat"] = msgspec.structs.replace(registered, item=mended)
    chat_crm.channel_accounts._kept.clear()
    for row in rows:
        await chat_crm.conversations.replay(row["id"], actor=ADMIN)
    await drained(chat_crm)
    assert {row["state"] for row in await deliveries()} == {"done"}
    assert (
        len(await messages()) == 5
    )  # four that were broken, one that was fine before; the odd one was empty


def _mended(raw: object) -> object:
    body = msgspec.json.decode(raw.body)  # type: ignore[attr-defined]
    body.pop("broken", None)
    body.pop("odd", None)
    return msgspec.structs.replace(raw, body=msgspec.json.encode(body))  # type: ignore[type-var]


async def test_filters_drop_hold_and_change_and_a_failing_one_is_skipped(chat_crm: Crm) -> None:
    await chat_account(chat_crm)
    await chat(chat_crm, {"id": "1", "text": "casino!", "from": "u1"}, key="1")
    await chat(chat_crm, {"id": "2", "text": "suspicious", "from": "u1"}, key="2")
    await chat(chat_crm, {"id": "3", "text": "filter crashes", "from": "u1"}, key="3")
    await chat(chat_crm, {"id": "4", "text": "shout", "from": "u1"}, key="4")
    await drained(chat_crm)
    by_key = {row["delivery_key"]: row for row in await deliveries()}
    assert (by_key["1"]["state"], by_key["1"]["error"]) == ("dropped", "chat: advertising")
    assert (by_key["2"]["state"], by_key["2"]["error"]) == ("held", "chat: somebody should look at it")
    assert sorted(row["text"] for row in await messages()) == ["SHOUT", "filter crashes"]

    for key in ("1", "2"):
        await chat_crm.conversations.replay(by_key[key]["id"], actor=ADMIN)
    await drained(chat_crm)
    assert len(await messages()) == 2
    for key in ("1", "2"):
        await chat_crm.conversations.replay(by_key[key]["id"], actor=ADMIN, accept=True)
    await drained(chat_crm)
    assert {row["state"] for row in await deliveries()} == {"done"}
    assert len(await messages()) == 4


async def test_a_delivery_whose_job_died_is_replayed_by_a_person(
    chat_crm: Crm, clock: TurnableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await chat_account(chat_crm)
    await chat(chat_crm, {"id": "1", "text": "hello", "from": "u1"})

    async def broken(*args: object, **kwargs: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(chat_crm.conversations._processor._applier._outbox, "write", broken)
        for _ in range(12):
            await drained(chat_crm)
            clock.advance(86_400)
    assert (await chat_crm.jobs.counts())["dead"] == 1
    [delivery] = await deliveries()
    assert delivery["state"] == "received" and "disk is full" in delivery["error"]
    await chat_crm.conversations.replay(delivery["id"], actor=ADMIN)
    await drained(chat_crm)
    assert (await deliveries())[0]["state"] == "done"


async def test_accepting_is_not_lost_behind_a_replay_that_waits(chat_crm: Crm) -> None:
    await chat_account(chat_crm)
    await chat(chat_crm, {"id": "1", "text": "suspicious", "from": "u1"})
    await drained(chat_crm)
    [delivery] = await deliveries()
    await chat_crm.conversations.replay(delivery["id"], actor=ADMIN)
    await chat_crm.conversations.replay(delivery["id"], actor=ADMIN, accept=True)
    await drained(chat_crm)
    assert (await deliveries())[0]["state"] == "done"
    assert len(await messages()) == 1


async def test_several_messages_in_one_delivery_and_one_again_in_another(chat_crm: Crm) -> None:
    await chat_account(chat_crm)
    one, two = {"id": "m1", "text": "one", "from": "U7"}, {"id": "m2", "text": "two", "from": "u7"}
    await chat(chat_crm, one, two, key="first")
    await chat(chat_crm, two, one, key="second")
    await drained(chat_crm)
    assert [row["state"] for row in await deliveries()] == ["done", "done"]
    assert sorted(row["text"] for row in await messages()) == ["one", "two"]
    [conversation] = await conversations()
    assert conversation["message_count"] == 2
    [point] = await ContactPoint.select()
    assert (point["kind"], point["normalized"]) == ("chat_id", "u7")


async def test_a_task_is_made_once_with_its_links(chat_crm: Crm) -> None:
    await chat_account(chat_crm)
    call = {"id": "c1", "text": "Missed call", "from": "u1", "task": "Call back"}
    await chat(chat_crm, call, key="a")
    await chat(chat_crm, call, key="b")
    await drained(chat_crm)
    for row in await deliveries():
        await chat_crm.conversations.replay(row["id"], actor=ADMIN)
    await drained(chat_crm)
    [task] = await Task.select()
    [conversation] = await conversations()
    [message] = await messages("inbound")
    assert task["title"] == "Call back"
    assert (task["due_at"] - chat_crm.clock()).total_seconds() == 3600
    assert task["conversation"] == conversation["id"]
    assert task["contact"] == conversation["contact"]
    assert task["message_id"] == message["id"]


async def test_a_plugin_decides_whose_message_it_is(chat_crm: Crm) -> None:
    await chat_account(chat_crm)
    known = await chat_crm.records.create("contact", {"first_name": "Known"}, actor=ADMIN)
    await chat(chat_crm, {"id": "1", "text": f"I am {known.id}", "from": "u1"})
    await drained(chat_crm)
    [conversation] = await conversations()
    assert conversation["contact"] == known.id
    [message] = await messages()
    assert message["thread_reason"].startswith("The chat knows the account.")


async def test_a_plugins_answer_that_is_nobody_is_passed_over(chat_crm: Crm) -> None:
    await chat_account(chat_crm)
    await chat(chat_crm, {"id": "1", "text": "hello", "from": "u1"})
    await chat(chat_crm, {"id": "2", "text": "I am 019a0000-0000-7000-8000-000000000000", "from": "u1"})
    await chat(chat_crm, {"id": "3", "text": "resolver crashes", "from": "u1"})
    await drained(chat_crm)
    assert await Contact.count() == 1
    [conversation] = await conversations()
    assert conversation["message_count"] == 3


async def test_refused_values_become_a_note_and_the_message_arrives(chat_crm: Crm) -> None:
    await chat_account(chat_crm)
    await chat(
        chat_crm,
        {
            "id": "1",
            "text": "hello",
            "from": "u1",
            "email": "not an address",
            "name": "Anna Petrova",
            "contact": {"job_title": "x" * 300, "language": "ru", "nonsense": 1},
            "contact_custom": {"chat_level": 7, "unknown": "x"},
            "conversation_custom": {"also_unknown": True},
        },
    )
    await drained(chat_crm)
    [message] = await messages("inbound")
    [note] = await messages("note")
    assert note["conversation"] == message["conversation"]
    for part in ("job_title", "nonsense", "custom.unknown", "custom.also_unknown", "not an address"):
        assert part in note["text"]
    assert "at most 200 characters" in note["text"]
    [conversation] = await conversations()
    contact = (await chat_crm.records.get("contact", conversation["contact"], actor=ADMIN)).document
    assert contact["language"] == "ru" and contact["custom"] == {"chat_level": 7}
    assert (contact["first_name"], contact["last_name"]) == ("Anna", "Petrova")


async def test_a_known_contact_gets_what_it_lacks_and_keeps_what_it_has(chat_crm: Crm) -> None:
    await chat_account(chat_crm)
    await chat(chat_crm, {"id": "1", "text": "hello", "from": "u1", "contact": {"job_title": "Cook"}})
    await drained(chat_crm)
    await chat(
        chat_crm,
        {
            "id": "2",
            "text": "again",
            "from": "u1",
            "name": "Anna Petrova",
            "contact": {"job_title": "Pilot"},
            "contact_custom": {"chat_level": 3},
        },
    )
    await drained(chat_crm)
    [conversation] = await conversations()
    contact = (await chat_crm.records.get("contact", conversation["contact"], actor=ADMIN)).document
    assert (contact["name"], contact["job_title"], contact["custom"]) == (
        "Anna Petrova",
        "Cook",
        {"chat_level": 3},
    )
    [note] = await messages("note")
    assert "job_title = Pilot" in note["text"]


async def test_required_fields_do_not_keep_anybody_out(chat_crm: Crm) -> None:
    from crmcore import CustomField

    await chat_crm.fields.create(
        CustomField(record_type="contact", key="passport", label="Passport", required=True), actor=ADMIN
    )
    await chat_account(chat_crm)
    await chat(chat_crm, {"id": "1", "text": "hello", "from": "u1"})
    await drained(chat_crm)
    [conversation] = await conversations()
    assert conversation["contact"] is not None
    assert await messages("note") == []


async def test_a_message_from_nobody_still_arrives(chat_crm: Crm) -> None:
    await chat_account(chat_crm)
    await chat(chat_crm, {"id": "1", "text": "anonymous"})
    await chat(chat_crm, {"id": "2", "text": "anonymous too"})
    await drained(chat_crm)
    assert [row["contact"] for row in await conversations()] == [None, None]
    assert await Contact.count() == 0


async def test_a_paused_account_stores_and_goes_on_when_it_is_resumed(chat_crm: Crm) -> None:
    account = await chat_account(chat_crm)
    await chat_crm.channel_accounts.pause(account, "moving house", actor=ADMIN)
    await chat(chat_crm, {"id": "1", "text": "hello", "from": "u1"})
    await drained(chat_crm)
    [delivery] = await deliveries()
    assert delivery["state"] == "received" and "paused" in delivery["error"]
    assert await conversations() == []
    await chat_crm.channel_accounts.resume(account, actor=ADMIN)
    await drained(chat_crm)
    [delivery] = await deliveries()
    assert (delivery["state"], delivery["error"]) == ("done", "")
    assert len(await conversations()) == 1


async def test_while_the_plugin_is_away_deliveries_wait_unverified(
    chat_crm: Crm, clock: TurnableClock
) -> None:
    await chat_account(chat_crm)
    channels = chat_crm.registry.channels
    chat_channel = channels.pop("chat")
    chat_crm.channel_accounts._kept.clear()
    await chat(chat_crm, {"id": "1", "text": "hello", "from": "u1"}, key="k")
    again = await chat(chat_crm, {"id": "1", "text": "hello", "from": "u1"}, key="k")
    assert again.status == 202
    await chat(chat_crm, {"id": "2", "text": "forged", "from": "u1"}, secret="wrong")
    await drained(chat_crm)
    assert [row["state"] for row in await deliveries()] == ["received", "received"]
    [account] = await chat_crm.channel_accounts.list(actor=ADMIN)
    assert account["state"] == "paused" and account["state_reason"]
    assert account["config"]["secret"] == "••••••"

    channels["chat"] = chat_channel
    chat_crm.channel_accounts._kept.clear()
    await chat(chat_crm, {"id": "1", "text": "hello", "from": "u1"}, key="k")
    assert await chat_crm.channel_accounts.pick_up_all() == 0
    clock.advance(60)
    assert await chat_crm.channel_accounts.pick_up_all() == 3
    await drained(chat_crm)
    assert sorted(row["state"] for row in await deliveries()) == ["done", "dropped", "quarantined"]
    assert [row["text"] for row in await messages()] == ["hello"]
