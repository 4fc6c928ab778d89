"""Calls in the database: kept once, moved by a merge, shown beside their contact."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from crm_telephony import plugin as hooks
from crm_telephony.panel import CALLS_PANEL
from crm_telephony.report import Report
from crm_telephony.settings import TelephonySettings
from crm_telephony.tables import TelephonyCall, telephony_app
from twilio_requests import NOW

from crmcore import (
    Badge,
    Event,
    Items,
    Merge,
    Move,
    Num,
    Phone,
    Stats,
    Subject,
    When,
    system_actor,
)
from crmcore.database.core_app import core_app
from crmcore.database.database import Database
from crmcore.tables import Contact, Conversation


class Context:
    """All that panel and hooks ask of their context."""

    settings = TelephonySettings()

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def now(self) -> datetime:
        return NOW

    async def enqueue(self, job: str, payload: dict[str, Any], *, key: str = "") -> None:
        self.asked.append(payload)


CONTEXT: Any = Context()


async def contact(**values: Any) -> UUID:
    """Make a contact."""
    row = Contact(**values)
    await row.save()
    return UUID(str(row.id))


async def conversation(number: int) -> UUID:
    """Make a conversation."""
    row = Conversation(number=number)
    await row.save()
    return UUID(str(row.id))


def call(sid: str = "CA1", **changes: Any) -> Report:
    """Return a finished call."""
    values: dict[str, Any] = {
        "key": sid,
        "stage": "ended",
        "direction": "in",
        "outcome": "missed",
        "number": "+12125550123",
        "line": "+14155550142",
        "waited_s": 24,
        "started_at": NOW - timedelta(seconds=24),
        "ended_at": NOW,
    }
    return Report(**{**values, **changes})


def event(
    call: Report | None, contact: UUID | None, talk: UUID | None = None, channel: str = "twilio_voice"
) -> Event:
    """Return the event of a received message, as it comes back from the outbox: JSON values only."""
    data: dict[str, Any] = {
        "conversation_id": str(talk) if talk else None,
        "contact_id": str(contact) if contact else None,
        "channel": channel,
        "account_id": str(uuid4()),
    }
    if call is not None:
        data["details"] = msgspec.json.decode(msgspec.json.encode(call))
    return Event(
        id=uuid4(), name="message_received", at=NOW, record_type="message", record_id=uuid4(), data=data
    )


async def rows() -> list[dict[str, Any]]:
    """Return all calls."""
    return await TelephonyCall.select().order_by(TelephonyCall.call_sid)


async def test_migrations_match_the_table_and_run_once(database: Database) -> None:
    assert await database.pending_migrations([core_app(), telephony_app()]) == []
    assert await database.migrate([core_app(), telephony_app()]) == []
    assert await rows() == []


async def test_a_call_is_kept_with_its_contact_and_conversation(database: Database) -> None:
    ann, talk = await contact(first_name="Ann"), await conversation(1)
    await hooks.message_received(event(call(), ann, talk), CONTEXT)
    (row,) = await rows()
    assert (row["contact"], row["conversation"]) == (ann, talk)
    assert (row["direction"], row["outcome"], row["seconds"]) == ("in", "missed", 24)
    assert row["ended_at"] == NOW


async def test_a_repeated_event_adds_nothing(database: Database) -> None:
    ann = await contact(first_name="Ann")
    await hooks.message_received(event(call(), ann), CONTEXT)
    await hooks.message_received(event(call(), ann), CONTEXT)
    await hooks.message_received(event(call(outcome="answered", talked_s=42), ann), CONTEXT)
    (row,) = await rows()
    assert (row["outcome"], row["seconds"]) == ("answered", 42)


async def test_messages_of_other_channels_are_not_calls(database: Database) -> None:
    await hooks.message_received(event(call(), None, channel="api"), CONTEXT)
    await hooks.message_received(event(None, None), CONTEXT)
    assert await rows() == []


async def test_a_call_of_nobody(database: Database) -> None:
    await hooks.message_received(event(call(number=""), None), CONTEXT)
    assert [row["contact"] for row in await rows()] == [None]


async def test_an_event_that_is_older_than_a_merge_finds_the_kept_contact(database: Database) -> None:
    kept = await contact(first_name="Ann")
    merged = await contact(first_name="Anna", merged_into=kept)
    await hooks.message_received(event(call("CA1"), merged), CONTEXT)
    await hooks.message_received(event(call("CA2"), uuid4(), uuid4()), CONTEXT)
    assert [(row["contact"], row["conversation"]) for row in await rows()] == [(kept, None), (None, None)]


async def test_calls_stay_when_their_contact_is_gone(database: Database) -> None:
    ann = await contact(first_name="Ann")
    await hooks.message_received(event(call(), ann), CONTEXT)
    await Contact.delete().where(Contact.id == ann)
    assert [row["contact"] for row in await rows()] == [None]


async def test_a_merge_moves_the_merged_contacts_calls(database: Database) -> None:
    kept, merged = await contact(first_name="Ann"), await contact(first_name="Anna")
    await hooks.message_received(event(call("CA1"), kept), CONTEXT)
    await hooks.message_received(event(call("CA2"), merged), CONTEXT)
    moves = await hooks.merge_contacts(Merge(kept=kept, merged=merged, actor=system_actor()))
    (_, second) = await rows()
    assert moves == [Move(table=TelephonyCall, column="contact", row=second["id"])]


async def test_the_panel_shows_the_latest_calls_first(database: Database) -> None:
    ann, other = await contact(first_name="Ann"), await contact(first_name="Bob")
    for number in range(12):
        ended = NOW - timedelta(hours=12 - number)
        await hooks.message_received(event(call(f"CA{number:02}", ended_at=ended), ann), CONTEXT)
    last = call("CA99", outcome="answered", talked_s=65, recording="RE1")
    await hooks.message_received(event(last, ann), CONTEXT)
    await hooks.message_received(event(call("CAx"), other), CONTEXT)
    content = await load(ann)
    stats, calls = content.blocks
    assert isinstance(stats, Stats)
    assert isinstance(calls, Items)
    assert [stat.value for stat in stats.items] == [Num(13), Num(12)]
    assert len(calls.items) == 10
    assert calls.items[0].title == "Incoming call, 1 min 5 s"
    assert calls.items[0].meta == (When(NOW), Phone("+12125550123"))
    assert calls.items[1].title == "Missed call, rang 24 s"
    assert calls.items[1].meta[-1] == Badge("Missed", "bad")


async def test_the_panel_speaks_russian_and_stands_beside_conversations(database: Database) -> None:
    ann = await contact(first_name="Ann")
    await hooks.message_received(event(call(), ann), CONTEXT)
    subject = Subject(
        record_type="conversation", id=uuid4(), document={}, contact={"id": str(ann)}, language="ru"
    )
    _, calls = (await CALLS_PANEL.load(subject, Context())).blocks  # type: ignore[arg-type]
    assert isinstance(calls, Items)
    assert calls.items[0].title == "Пропущенный звонок, звонил 24 с"


async def test_the_panel_of_somebody_who_never_called(database: Database) -> None:
    content = await load(await contact(first_name="Ann"))
    assert (content.status, content.message) == ("empty", "No calls yet.")
    nobody = Subject(record_type="conversation", id=uuid4(), document={}, contact=None)
    assert (await CALLS_PANEL.load(nobody, Context())).status == "empty"  # type: ignore[arg-type]


async def test_times_survive_both_engines(database: Database) -> None:
    moscow = datetime.fromisoformat("2026-11-22T15:00:00+03:00")
    await hooks.message_received(event(call(ended_at=moscow), None), CONTEXT)
    (row,) = await rows()
    assert row["ended_at"].astimezone(UTC) == NOW


async def test_details_that_are_no_call_are_refused(database: Database) -> None:
    broken = event(call(), None)
    broken.data["details"]["outcome"] = "exploded"
    with pytest.raises(msgspec.ValidationError):
        await hooks.message_received(broken, CONTEXT)


async def load(contact: UUID) -> Any:
    """Return the panel beside a contact."""
    subject = Subject(
        record_type="contact", id=contact, document={}, contact={"id": str(contact), "phones": []}
    )
    return await CALLS_PANEL.load(subject, Context())  # type: ignore[arg-type]
