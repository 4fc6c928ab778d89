"""What a live Asterisk 22.10.1 told while telephones called through it (``tests/live``), replayed."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from ami_sessions import AmiServer, ami_server, renamed, scene, scene_names
from crm_telephony.asterisk.framing import Framer
from crm_telephony.asterisk.numbers import Numbering
from crm_telephony.asterisk.tracker import Tracker
from crm_telephony.report import Report
from crm_telephony.tables import TelephonyCall
from msgspec.structs import asdict
from workspace import Pops, all_of, asterisk, listening, person, until, workspace

from crmcore.workspace import Crm

NOW = datetime(2026, 11, 23, 1, 5, tzinfo=UTC)
IVAN = "+79161234567"
THREE = ("101", "102", "103")


def incoming(line: int, outcome: str, *phones: str, **more: Any) -> dict[str, Any]:
    """Return what a call from outside is to come to; what is not named is empty."""
    return {"outcome": outcome, "line": f"7495111{line:04}", "phones": phones, **more}


CAME_TO: dict[str, dict[str, Any]] = {
    "answered": incoming(1, "answered", "101", agent="101", waited_s=1, talked_s=2),
    "unanswered": incoming(1, "missed", "101", waited_s=6),
    "given_up": incoming(1, "cancelled", "101", waited_s=2),
    "refused": incoming(1, "busy", "101", waited_s=1),
    "busy": incoming(11, "busy"),
    "group": incoming(2, "answered", *THREE, agent="102", waited_s=1, talked_s=1),
    "group_missed": incoming(2, "missed", *THREE, waited_s=6),
    "one_after_the_other": incoming(9, "answered", "101", "102", agent="102", waited_s=3, talked_s=1),
    "picked_from_afar": incoming(1, "answered", "101", "103", agent="103", waited_s=1, talked_s=1),
    "queue": incoming(3, "answered", "101", "102", agent="102", queue="sales", waited_s=2, talked_s=2),
    "queue_given_up": incoming(3, "cancelled", "101", "102", queue="sales", waited_s=2),
    "queue_unanswered": incoming(3, "missed", "101", "102", queue="sales", waited_s=9),
    "queue_of_local_channels": incoming(
        8, "answered", "101", "102", agent="102", queue="support", waited_s=6, talked_s=2
    ),
    "menu": incoming(7, "answered", "101", "102", agent="101", queue="sales", waited_s=2, talked_s=1),
    "held": incoming(1, "answered", "101", agent="101", waited_s=1, talked_s=4, held_s=2),
    "blind_transfer": incoming(
        1, "answered", "101", "102", agent="101", waited_s=1, talked_s=3, transfers=1, transferred_to="102"
    ),
    "attended_transfer": incoming(
        1,
        "answered",
        "101",
        "102",
        agent="101",
        waited_s=1,
        talked_s=4,
        held_s=2,
        transfers=1,
        transferred_to="102",
    ),
    "transfer_by_keys": incoming(
        1,
        "answered",
        "101",
        "102",
        agent="101",
        waited_s=1,
        talked_s=8,
        held_s=5,
        transfers=1,
        transferred_to="102",
    ),
    "queue_transfer": incoming(
        3,
        "answered",
        *THREE,
        agent="101",
        queue="sales",
        waited_s=1,
        talked_s=3,
        transfers=1,
        transferred_to="103",
    ),
    "voicemail": incoming(5, "missed", "101", waited_s=2, voicemail=True),
    "hidden": incoming(1, "cancelled", "101", waited_s=1, number="", name=""),
    "recorded": incoming(4, "answered", "101", agent="101", waited_s=1, talked_s=3),
    "announcement": incoming(6, "answered", talked_s=2),
    "forwarded": incoming(10, "answered", "79160000099", agent="79160000099", waited_s=1, talked_s=1),
    "out": {"direction": "out", "outcome": "answered", "agent": "101", "waited_s": 1, "talked_s": 1},
    "out_unanswered": {"direction": "out", "outcome": "cancelled", "agent": "101", "waited_s": 2},
}
RECORDED = {
    "queue_of_local_channels": "/var/spool/asterisk/monitor/",
    "recorded": "/var/spool/asterisk/monitor/",
    "voicemail": "/var/spool/asterisk/voicemail/default/101/INBOX/msg",
}
TIMES = ("waited_s", "talked_s", "held_s")


def told(name: str) -> list[Report]:
    tracker, framer = Tracker(Numbering(), lambda linkedid: linkedid), Framer()
    reports = [
        report
        for packet in scene(name)
        for fields in framer.feed(packet)
        for report in tracker.feed(fields, NOW)
    ]
    assert (tracker.going_on, tracker.channels()) == (0, set())
    return reports


@pytest.mark.parametrize("name", sorted(CAME_TO))
def test_each_scene_is_one_call(name: str) -> None:
    (last,) = [report for report in told(name) if report.stage == "ended"]
    outside = {"number": IVAN, "name": "Ivan Petrov"}
    if CAME_TO[name].get("direction") == "out":
        outside = {"number": "+442079460123", "line": "101"}
    empty = {"direction": "in", "queue": "", "agent": "", "transfers": 0, "transferred_to": "", "phones": ()}
    wanted = {**empty, "voicemail": False, **dict.fromkeys(TIMES, 0), **outside, **CAME_TO[name]}
    found = {field: value for field, value in asdict(last).items() if field in wanted}
    # The times are those of the scene, give or take the second that rounding takes.
    assert [abs(found.pop(time) - wanted.pop(time)) <= 1 for time in TIMES] == [True] * 3
    assert found == wanted
    assert last.recording.startswith(RECORDED.get(name, "")) and bool(last.recording) is (name in RECORDED)


def test_everything_that_was_recorded_is_looked_at() -> None:
    assert {*scene_names()} == {*CAME_TO, "inside"}
    assert told("inside") == []
    # Of these, Asterisk wrote up to seven call detail records each, which nobody reads.
    assert sum(b"Event: Cdr\r" in packet for name in CAME_TO for packet in scene(name)) > 40


def test_which_phones_ring_and_fall_silent() -> None:
    """Whose card is shown when: it goes with the ringing, and comes to whom the call is sent on."""

    def rings(name: str) -> list[tuple[tuple[str, ...] | None, tuple[str, ...]]]:
        return [(report.rings, report.silent) for report in told(name)]

    ann, bob = ("101",), ("102",)
    assert rings("group")[:4] == [((), ()), (ann, ()), (bob, ()), (("103",), ())]
    assert sorted(rings("group")[4:6]) == [((), ann), ((), ("103",))]
    assert rings("group")[6:] == [((), ()), ((), ())]
    assert rings("one_after_the_other")[1:] == [(ann, ()), ((), ann), (bob, ()), ((), ()), ((), ())]
    for name in ("blind_transfer", "attended_transfer"):
        assert rings(name) == [((), ()), (ann, ()), ((), ()), (bob, ()), ((), ())]
    # In a queue the first phone stays on the page until the next one rings.
    assert rings("queue_of_local_channels")[2:] == [(ann, ()), (bob, ann), ((), ()), ((), ())]


@pytest.fixture
async def crm(database_url: str, tmp_path: Path, ami: AmiServer) -> AsyncIterator[Crm]:
    async with workspace(database_url, tmp_path, f"127.0.0.1:{ami.port}") as crm:
        yield crm


async def rows(count: int) -> list[dict[str, Any]]:
    """Wait until so many calls are over and have conversations."""
    call = TelephonyCall

    async def there() -> bool:
        return await call.count().where(call.stage == "ended") >= count

    await until(there)
    return await call.select().order_by(call.started_at)


async def test_all_scenes_at_hundredfold_speed(crm: Crm, ami: AmiServer, pops: Pops) -> None:
    ann, bob, cleo = [
        await person(crm, name, phone) for name, phone in zip(("Ann", "Bob", "Cleo"), THREE, strict=True)
    ]
    account = await asterisk(crm, ami)
    async with listening(crm, account):
        await ami.signed_in()
        for name in scene_names():
            await ami.play(scene(name), speed=100)
        kept = await rows(len(CAME_TO))
        await crm.worker.drain()
    assert len(kept) == len(CAME_TO)
    assert {row["user"] for row in kept if row["agent"]} == {ann, bob, cleo, None}
    missed = [name for name, came in CAME_TO.items() if came["outcome"] != "answered" and "line" in came]
    tasks = [task["title"] for task in await all_of(crm, "task")]
    # One for each call that was missed, the message of a voice among them; none for who hides.
    assert len(tasks) == len(missed) - 1
    assert tasks.count(f"Hear the voice message of {IVAN}") == 1
    assert len(await all_of(crm, "conversation")) == len(CAME_TO)
    assert {contact["name"] for contact in await all_of(crm, "contact")} == {"Ivan Petrov", "+442079460123"}


async def test_a_call_that_is_sent_on_pops_up_where_it_goes(crm: Crm, ami: AmiServer, pops: Pops) -> None:
    ann, bob = await person(crm, "Ann", "101"), await person(crm, "Bob", "102")
    account = await asterisk(crm, ami)
    async with listening(crm, account):
        await ami.signed_in()
        for number, name in enumerate(("blind_transfer", "attended_transfer")):
            pops.shown.clear()
            await ami.play(scene(name), speed=100)
            await rows(number + 1)
            seen = await until(lambda: taken_away(pops, ann, bob))
            assert seen.index(((ann,), True)) < seen.index(((bob,), True))


async def taken_away(pops: Pops, *users: UUID) -> list[tuple[tuple[UUID, ...] | None, bool]]:
    """Return what was shown, and taken away, to whom, once it was taken away from ``users`` at last."""
    seen = [(pop.users, bool(pop.title)) for pop in pops.shown]
    return seen if seen and seen[-1] == (users, False) else []


async def test_several_calls_at_once_in_real_time(tmp_path: Path, sqlite_url: str, pops: Pops) -> None:
    names = ("queue", "blind_transfer", "attended_transfer", "queue_of_local_channels")
    async with ami_server() as ami, workspace(sqlite_url, tmp_path, f"127.0.0.1:{ami.port}") as crm:
        account = await asterisk(crm, ami)
        async with listening(crm, account):
            await ami.signed_in()
            calls = [
                renamed(scene(name), **{IVAN: f"+7916123450{number}"}) for number, name in enumerate(names)
            ]
            await asyncio.gather(*(ami.play(packets, speed=1) for packets in calls))
            found = {row["number"][-1]: row for row in await rows(len(names))}
    for number, name in enumerate(names):
        row = found[str(number)]
        for field in ("outcome", "agent", "queue", "transferred_to"):
            assert row[field] == CAME_TO[name].get(field, ""), (name, field)
