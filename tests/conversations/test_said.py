from datetime import timedelta

import msgspec
from posting import ADMIN, api_account, conversations, drained, post

from crmcore.conversations.tables import Message
from crmcore.records.query import ListQuery
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

RUSSIAN = msgspec.structs.replace(ADMIN, language="ru", time_zone="Europe/Moscow")
ENGLISH = msgspec.structs.replace(ADMIN, language="en", time_zone="America/New_York")


async def test_everybody_reads_events_and_reasons_in_their_language_and_zone(
    crm: Crm, clock: TurnableClock
) -> None:
    await api_account(crm)
    await post(crm, email="maria@example.com", name="Maria")
    await drained(crm)
    await post(crm, email="maria@example.com", name="Maria")
    await drained(crm)
    [row] = await conversations()
    until = (clock() + timedelta(days=1)).replace(hour=21, minute=30)
    await crm.conversations.snooze(row["id"], until, actor=ADMIN)
    await crm.conversations.prioritize(row["id"], "high", actor=ADMIN)

    async def read(actor: object) -> tuple[list[str], list[str]]:
        page = await crm.records.list("message", ListQuery(sort="created_at", limit=50), actor=actor)
        documents = [record.document for record in page.items]
        return (
            [one["text"] for one in documents if one["kind"] == "event"],
            [one["thread_reason"] for one in documents if one["kind"] == "inbound"],
        )

    events, reasons = await read(RUSSIAN)
    assert "Приоритет: высокий" in events
    # Nobody snoozes to the second.
    assert any(event.startswith("Отложено до ") and event.endswith("0:30") for event in events)
    assert "Открытое обращение контакта в этом канале." in reasons[-1] and "The" not in reasons[-1]
    events, reasons = await read(ENGLISH)
    assert "Priority: high" in events
    assert any(
        event.startswith("Snoozed until ") and ("4:30" in event or "16:30" in event) for event in events
    )
    assert "The contact’s open conversation in this channel." in reasons[-1]

    # What was stored before has its text alone; what this version does not know stays as it was written.
    await Message.update({Message.said: "{}"}, force=True).where(Message.kind == "event")
    assert (await read(RUSSIAN))[0] == (await read(ENGLISH))[0]
    await Message.update({Message.said: '{"text": {"code": "event.gone"}}'}, force=True).where(
        Message.kind == "event"
    )
    assert "Priority: high" in (await read(RUSSIAN))[0]


async def test_why_a_reply_was_not_sent_is_read_in_ones_language(crm: Crm, clock: TurnableClock) -> None:
    config = {"reply_url": "https://127.0.0.1/replies", "signing_secret": "whsec_" + "QUFB" * 8}
    await api_account(crm, config=config)
    await post(crm, email="maria@example.com")
    await drained(crm)
    [row] = await conversations()
    reply = await crm.conversations.reply(row["id"], "Yes.", actor=ADMIN)
    await drained(crm)
    russian = (await crm.records.get("message", reply.id, actor=RUSSIAN)).document
    english = (await crm.records.get("message", reply.id, actor=ENGLISH)).document
    assert russian["delivery"] == english["delivery"] == "held"
    assert "which is not a public address" in english["delivery_error"]
    assert "он не общедоступный" in russian["delivery_error"]
