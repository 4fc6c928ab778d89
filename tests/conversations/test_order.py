"""The final state does not depend on the order and the repetition of deliveries, nor on who works at once."""

import asyncio
import csv
import random
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from posting import ADMIN, api_account, chat, chat_account, conversations, deliveries, drained, messages, post

from crmcore.contacts.tables import Contact, ContactPoint
from crmcore.conversations.tables import Conversation, InboundDelivery, Message
from crmcore.events.tables import EventRow
from crmcore.records.tables import History
from crmcore.workspace import Crm

DATASETS = Path(__file__).parents[3] / "shared" / "oracles" / "datasets"


def questions(count: int) -> list[str]:
    """Real questions of bank customers, and Russian ones; made-up ones where the datasets are absent."""
    english, russian = DATASETS / "banking77-test.csv", DATASETS / "ru-questions-koziev-3000.txt"
    if not english.exists() or not russian.exists():
        pytest.skip(f"no datasets in {DATASETS}")
    with english.open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)][: count // 2]
    return texts + russian.read_text(encoding="utf-8").split("\n")[: count - len(texts)]


async def state_of_all() -> Any:
    """Return who has which conversations with which messages, without ids and numbers."""
    points: dict[Any, list[str]] = defaultdict(list)
    for row in await ContactPoint.select():
        points[row["contact"]].append(row["normalized"])
    found = {}
    for row in await Conversation.select():
        inbound = await Message.select().where(Message.conversation == row["id"], Message.kind == "inbound")
        key = (tuple(sorted(points[row["contact"]])), row["thread_key"])
        assert key not in found
        assert row["message_count"] == len(inbound)
        found[key] = (
            row["status"],
            row["waiting_since"],
            row["last_inbound_at"],
            sorted((message["external_id"], message["text"], message["created_at"]) for message in inbound),
        )
    return found


async def test_300_shuffled_deliveries_a_third_repeated_give_one_exact_state(crm: Crm) -> None:
    await api_account(crm)
    chance = random.Random(7)
    start = crm.clock()
    posted: list[dict[str, Any]] = []
    for number, text in enumerate(questions(225)):
        sender = f"Customer{number % 40}@Example.com"
        thread = f"order-{number % 40}-{number % 3}" if number % 4 == 0 else ""
        posted.append(
            {
                "delivery_key": f"key-{number}",
                "email": sender.lower() if number % 2 else sender,
                "name": f"Customer {number % 40}",
                "text": text,
                "thread_key": thread,
                "sent_at": start.replace(microsecond=number).isoformat(),
            }
        )
    expected: dict[Any, list[tuple[str, str]]] = defaultdict(list)
    for number, message in enumerate(posted):
        address = f"customer{number % 40}@example.com"
        expected[(address,), message["thread_key"]].append((message["delivery_key"], message["text"]))

    sent = posted + chance.sample(posted, 75)
    chance.shuffle(sent)
    crm.clock.advance(60)  # type: ignore[attr-defined]
    for part in range(0, len(sent), 60):
        await asyncio.gather(*(post(crm, **dict(message)) for message in sent[part : part + 60]))
        await drained(crm)

    state = await state_of_all()
    assert {key: [(id, text) for id, text, _ in value[3]] for key, value in state.items()} == {
        key: sorted(value) for key, value in expected.items()
    }
    assert {row["state"] for row in await deliveries()} == {"done"}
    assert await InboundDelivery.count() == 225
    assert await Contact.count() == 40
    numbers = [row["number"] for row in await conversations()]
    assert numbers == list(range(1, len(expected) + 1))
    for key, (status, waiting_since, last_inbound_at, inbound) in state.items():
        times = [at for _, _, at in inbound]
        assert (status, waiting_since, last_inbound_at) == ("open", min(times), max(times)), key
    events = Counter(row["name"] for row in await EventRow.select(EventRow.name))
    assert events["message_received"] == 225
    assert (events["contact_created"], events["conversation_created"]) == (40, len(expected))

    before = await state_of_all()
    for row in await deliveries():
        await crm.conversations.replay(row["id"], actor=ADMIN)
    await drained(crm)
    assert await state_of_all() == before
    assert await EventRow.count().where(EventRow.name == "message_received") == 225


async def test_one_new_sender_many_at_once_is_one_contact_and_one_conversation(crm: Crm) -> None:
    await api_account(crm)
    for number in range(24):
        await post(
            crm, delivery_key=str(number), email="new@example.com", phone="(415) 555-2671", text=str(number)
        )
    ids = [row["id"] for row in await deliveries()]
    assert set(await asyncio.gather(*(crm.conversations.process(id) for id in ids))) == {"done"}
    assert await Contact.count() == 1
    [conversation] = await conversations()
    assert (conversation["number"], conversation["message_count"]) == (1, 24)
    assert sorted(int(row["text"]) for row in await messages("inbound")) == list(range(24))


async def test_one_delivery_processed_by_many_at_once_is_applied_once(crm: Crm) -> None:
    await api_account(crm)
    await post(crm, email="a@example.com")
    [delivery] = await deliveries()
    states = await asyncio.gather(*(crm.conversations.process(delivery["id"]) for _ in range(10)))
    assert set(states) == {"done"}
    assert len(await messages()) == 1
    [conversation] = await conversations()
    assert (conversation["number"], conversation["message_count"]) == (1, 1)
    assert await EventRow.count().where(EventRow.name == "message_received") == 1


async def test_numbers_have_no_gaps_when_many_begin_at_once_and_some_fail(chat_crm: Crm) -> None:
    await chat_account(chat_crm)
    for number in range(30):
        await chat(chat_crm, {"id": f"m{number}", "text": str(number), "from": f"u{number}"}, key=str(number))
    # The same message in another delivery is found out after its conversation got a number.
    for number in range(10):
        await chat(
            chat_crm,
            {"id": f"m{number}", "text": "again", "from": f"other{number}", "thread_key": f"t{number}"},
            key=f"again{number}",
        )
    ids = [row["id"] for row in await deliveries()]
    random.Random(3).shuffle(ids)
    await asyncio.gather(*(chat_crm.conversations.process(id) for id in ids))
    rows = await conversations()
    assert [row["number"] for row in rows] == list(range(1, 31))
    assert await Contact.count() == 30


async def test_a_failure_in_the_middle_leaves_nothing_behind(
    crm: Crm, monkeypatch: pytest.MonkeyPatch
) -> None:
    await api_account(crm)
    await post(crm, email="a@example.com", subject="s")
    [delivery] = await deliveries()
    noted = await History.count()

    async def broken(*args: object, **kwargs: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(crm.conversations._processor._applier._outbox, "write", broken)
        with pytest.raises(OSError):
            await crm.conversations.process(delivery["id"])
    assert await Contact.count() + await Conversation.count() + await Message.count() == 0
    assert await ContactPoint.count() + await EventRow.count() == 0 and await History.count() == noted
    [delivery] = await deliveries()
    assert (delivery["state"], delivery["attempts"]) == ("received", 1)
    assert "the disk is full" in delivery["error"]
    await drained(crm)
    [conversation] = await conversations()
    assert conversation["number"] == 1
    assert (await deliveries())[0]["state"] == "done"


async def test_deliveries_have_a_statement_budget(crm: Crm) -> None:
    await api_account(crm)
    await post(crm, delivery_key="1", email="a@example.com")
    await drained(crm)
    posted, understood = [], []
    # The least of three: what is looked up from time to time, as the endpoints of webhooks, may fall due in one.
    for key in ("2", "3", "4"):
        before = crm.database.statements
        await post(crm, delivery_key=key, email="a@example.com")
        posted.append(crm.database.statements - before)
        row = (await InboundDelivery.select().where(InboundDelivery.delivery_key == key))[0]
        before = crm.database.statements
        await crm.conversations.process(row["id"])
        understood.append(crm.database.statements - before)
    assert min(posted) <= 3
    # The same sender again, in an open conversation; PostgreSQL takes one more.
    assert min(understood) <= (11 if crm.database.kind == "postgres" else 10)
