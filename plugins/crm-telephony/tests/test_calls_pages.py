"""The page of calls, notes, scripts, sight and retention, through the workspace's own ways."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from crm_telephony.actions import CallNote
from crm_telephony.call import keep_call
from crm_telephony.lines import lines_of
from crm_telephony.recordings import delete_old
from crm_telephony.report import Report
from crm_telephony.scripts import script_for
from crm_telephony.tables import TelephonyCall
from twilio_requests import NOW
from workspace import ADMIN, all_of, person, workspace

from crmcore import (
    ActionCall,
    Actor,
    Chart,
    Items,
    KeyValues,
    Link,
    Note,
    Num,
    PageContent,
    PageRequest,
    Phone,
    Refusal,
    Stats,
    Subject,
)
from crmcore.workspace import Crm

EVERYTHING = Actor(kind="user", id=str(uuid4()), permissions=frozenset({"*"}))


@pytest.fixture
async def crm(database_url: str, tmp_path: Path) -> AsyncIterator[Crm]:
    async with workspace(database_url, tmp_path) as crm:
        yield crm


async def call(hours: int, contact: UUID | None = None, **changes: Any) -> dict[str, Any]:
    """Keep a call of ``hours`` ago."""
    at = NOW - timedelta(hours=hours)
    values: dict[str, Any] = {
        "key": f"call-{hours}",
        "stage": "ended",
        "direction": "in",
        "outcome": "answered",
        "number": f"+120255501{hours:02}",
        "line": "100",
        "waited_s": 8,
        "talked_s": 60,
        "started_at": at,
        "ended_at": at,
        **changes,
    }
    return await keep_call(Report(**values), contact)


async def page(crm: Crm, actor: Actor = EVERYTHING, path: str = "", **query: str) -> PageContent:
    """Load the page as it is opened."""
    load = crm.registry.pages["telephony.calls"].item.load
    request = PageRequest(actor=actor, path=path, query=query)
    return await load(request, crm.host.context("telephony"))


def shown(content: PageContent) -> list[Any]:
    (items,) = [block for block in content.blocks if isinstance(block, Items)]
    return list(items.items)


async def test_filters_figures_and_older_calls(crm: Crm) -> None:
    for number in range(40):
        await call(number, outcome="missed" if number % 4 == 0 else "answered", agent=f"10{number % 2}")
    await call(41, direction="out", number="+442079460123")
    first = await page(crm)
    assert len(shown(first)) == 30
    (stats,) = [block for block in first.blocks if isinstance(block, Stats)]
    assert [stat.value for stat in stats.items] == [Num(41), Num(10), Num(8, "s"), Num(60, "s")]
    (chart,) = [block for block in first.blocks if isinstance(block, Chart)]
    assert [sum(series.values) for series in chart.series] == [31, 10]
    assert isinstance(first.more, Link)
    older = await page(crm, **dict([part.split("=", 1) for part in _query(first.more.href)]))
    assert len(shown(older)) == 11
    assert len(shown(await page(crm, direction="out"))) == 1
    assert len(shown(await page(crm, outcome="missed"))) == 10
    assert len(shown(await page(crm, days="1", agent="101"))) == 12
    assert len(shown(await page(crm, number="20 7946"))) == 1
    assert len(shown(await page(crm, number="%' OR 1=1", days="0", direction="sideways", before="x"))) == 10


def _query(href: str) -> list[str]:
    from urllib.parse import unquote_plus

    return [unquote_plus(part) for part in href.partition("?")[2].split("&")]


async def test_who_sees_which_calls(crm: Crm) -> None:
    ann = await person(crm, "Ann", "101")
    wendy = await crm.records.create("contact", {"first_name": "Wendy"}, actor=ADMIN)
    hers = await call(1, agent="101")
    others = await call(2, wendy.id, agent="102")
    agent = Actor(kind="user", id=str(ann), permissions=frozenset({"conversation.read"}))
    assert len(shown(await page(crm, agent))) == 1
    assert any(isinstance(block, KeyValues) for block in (await page(crm, agent, str(hers["id"]))).blocks)
    for path in (str(others["id"]), str(uuid4()), "../secret"):
        (refused,) = (await page(crm, agent, path)).blocks
        assert isinstance(refused, Note)
    assert shown(await page(crm))[1].title == "Wendy"
    hidden = Actor(
        kind="user",
        id=str(ann),
        permissions=frozenset({"*"}),
        hidden={"contact": frozenset({"phones"})},
    )
    content = await page(crm, hidden, number="202555")
    assert not any(isinstance(value, Phone) for item in shown(content) for value in item.meta)
    note = crm.registry.actions["telephony.note"].item
    context = crm.host.context("telephony")
    with pytest.raises(Refusal):
        await note.run(ActionCall(actor=agent, item=str(others["id"]), data=CallNote()), context)
    told = CallNote(result="call_again", notes="Wants the blue one")
    await note.run(ActionCall(actor=agent, item=str(hers["id"]), data=told), context)
    assert note.prepare is not None
    assert await note.prepare(ActionCall(actor=agent, item=str(hers["id"])), context) == told
    # What came of it stays when the same call is told once more.
    await call(1, agent="101")
    assert shown(await page(crm, agent))[0].subtitle == "Wants the blue one"


async def test_nobody_calls_without_a_phone_or_a_line(crm: Crm) -> None:
    run = crm.registry.actions["telephony.call"].item.run
    context = crm.host.context("telephony")
    with pytest.raises(Refusal, match="no phone here"):
        await run(ActionCall(actor=EVERYTHING, item="+12025550101"), context)
    ann = Actor(kind="user", id=str(await person(crm, "Ann", "101")), permissions=frozenset({"*"}))
    with pytest.raises(Refusal, match="No phone system"):
        await run(ActionCall(actor=ann, item="+12025550101"), context)
    assert await TelephonyCall.count() == 0


async def test_the_script_of_a_call_that_goes_on(crm: Crm) -> None:
    for name, limits in {"Any": {}, "Sales": {"queue": "sales"}, "Out": {"direction": "out"}}.items():
        document = {"name": name, "text": f"1. Say {name}.\n\n2. Listen.", **limits}
        await crm.records.create("telephony_script", document, actor=ADMIN)
    contact = await crm.records.create("contact", {"first_name": "Wendy"}, actor=ADMIN)
    row = await call(1, contact.id, stage="answered", queue="sales", ended_at=None)
    found = await script_for(row)
    assert found is not None and found["name"] == "Sales"
    assert (await script_for({**row, "queue": "", "direction": "in"}) or {})["name"] == "Any"
    panel = crm.registry.panels["telephony.calls"].item
    subject = Subject(
        record_type="contact", id=contact.id, document={}, contact={"id": contact.id, "phones": []}
    )
    content = await panel.load(subject, crm.host.context("telephony"))
    note, steps = content.blocks[:2]
    assert isinstance(note, Note) and note.text == "Script: Sales"
    assert isinstance(steps, Items)
    assert [item.title for item in steps.items] == ["1. Say Sales.", "2. Listen."]


async def test_old_recordings_are_deleted(crm: Crm) -> None:
    context = crm.host.context("telephony")
    kept = {}
    for number in (1, 2):
        row = await call(number)
        file = await context.files.keep("a.wav", "audio/wav", b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(40))
        age = {TelephonyCall.ended_at: NOW - timedelta(days=179 if number == 1 else 181)}
        await TelephonyCall.update({TelephonyCall.recording: file, **age}, force=True).where(
            TelephonyCall.id == row["id"]
        )
        kept[number] = file
    await delete_old({}, context)
    rows = await TelephonyCall.select().order_by(TelephonyCall.call_sid)
    assert [(row["recording"], row["recording_state"]) for row in rows] == [
        (kept[1], "none"),
        (None, "deleted"),
    ]
    with pytest.raises(Exception, match="no such record"):
        await context.files.read(kept[2])


async def test_an_earlier_stage_never_comes_after_a_later_one(crm: Crm) -> None:
    await call(1, stage="answered", ended_at=None)
    await call(1, outcome="answered")
    row = await call(1, stage="ringing", outcome="missed", ended_at=None, talked_s=0)
    assert (row["stage"], row["outcome"], row["seconds"]) == ("ended", "answered", 60)


async def test_whoever_has_several_lines_chooses_one(crm: Crm) -> None:
    await crm.channel_accounts.create(
        "asterisk",
        "Office",
        {
            "host": "127.0.0.1",
            "username": "u",
            "secret": "s",
            "numbers_to_call_from": ["74951110001", "74951110002"],
        },
        actor=ADMIN,
    )
    await crm.channel_accounts.create(
        "twilio_voice",
        "Shop line",
        {"account_sid": "AC" + "0" * 32, "auth_token": "a-token-of-lines", "number": "+14155550142"},
        actor=ADMIN,
    )
    context = crm.host.context("telephony")
    ann = await person(crm, "Ann", "101", "client:ann")
    actor = Actor(kind="user", id=str(ann), permissions=frozenset({"*"}))
    actions = crm.registry.actions
    asked = ActionCall(actor=actor, item="+12025550101")
    result = await actions["telephony.call"].item.run(asked, context)
    assert (result.open, await TelephonyCall.count()) == ("/x/telephony/dial/+12025550101", 0)
    choose = crm.registry.pages["telephony.dial"].item.load
    content = await choose(PageRequest(actor=actor, path="+12025550101"), context)
    assert [(item.title, item.subtitle) for item in shown(content)] == [
        ("74951110001", "Office, phone 101"),
        ("74951110002", "Office, phone 101"),
        ("+14155550142", "Shop line, phone client:ann"),
        ("74951110001", "Office, phone client:ann"),
        ("74951110002", "Office, phone client:ann"),
    ]
    assert isinstance((await choose(PageRequest(actor=actor, path="../x"), context)).blocks[0], Note)
    for item in ("+12025550101 0123456789abcdef", "+1<script> " + shown(content)[0].actions[0].item[13:]):
        with pytest.raises(Refusal, match="no such line"):
            await actions["telephony.call_by"].item.run(ActionCall(actor=actor, item=item), context)
    # Somebody else's phone is not rung with a key that was seen over the shoulder.
    bob = Actor(kind="user", id=str(await person(crm, "Bob", "102")), permissions=frozenset({"*"}))
    with pytest.raises(Refusal, match="no such line"):
        seen = shown(content)[0].actions[0].item
        await actions["telephony.call_by"].item.run(ActionCall(actor=bob, item=seen), context)
    # A phone may say once and for all by which line it calls.
    lines = await lines_of(str(ann), context)
    assert len(lines) == 5
    for phone in await all_of(crm, "telephony_phone"):
        line = {"101": "74951110002", "client:ann": "Shop line"}.get(phone["phone"], "")
        await crm.records.update("telephony_phone", UUID(str(phone["id"])), {"line": line}, actor=ADMIN)
    assert [(line.name, line.phone) for line in await lines_of(str(ann), context)] == [
        ("74951110002", "101"),
        ("+14155550142", "client:ann"),
    ]
