"""Recorded calls through a real TCP server: card, contact, conversation, task, row; breaks, floods, lies."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from ami_sessions import AmiServer, renamed, session
from crm_telephony.asterisk import listen as listening_module
from crm_telephony.tables import TelephonyCall
from workspace import ADMIN, Pops, all_of, asterisk, listening, person, until, workspace

from crmcore.workspace import Crm


@pytest.fixture
async def crm(database_url: str, tmp_path: Path, ami: AmiServer) -> AsyncIterator[Crm]:
    async with workspace(database_url, tmp_path, f"127.0.0.1:{ami.port}") as crm:
        yield crm


async def ended() -> list[dict[str, Any]]:
    return (
        await TelephonyCall.select().where(TelephonyCall.stage == "ended").order_by(TelephonyCall.started_at)
    )


async def delivered(crm: Crm, count: int = 1) -> None:
    """Wait until this many calls are over and have been delivered, and let what follows happen."""

    async def there() -> bool:
        return len((await crm.conversations.deliveries(actor=ADMIN)).items) >= min(count, 50)

    await until(lambda: _enough(count))
    await until(there)
    await crm.worker.drain()


async def _enough(count: int) -> bool:
    return len(await ended()) >= count


async def test_a_missed_call_pops_up_and_becomes_one_task(crm: Crm, ami: AmiServer, pops: Pops) -> None:
    """At the speed it was recorded in."""
    ann, _ = await person(crm, "Ann", "200"), await person(crm, "Bob", "300")
    account = await asterisk(crm, ami)
    async with listening(crm, account):
        await ami.signed_in()
        playing = asyncio.create_task(ami.play(session("missed"), speed=1))
        began = time.monotonic()
        await until(lambda: _some(pops.shown))
        # The budget is half a second; a machine under test that others use gets more of it.
        assert time.monotonic() - began < 2
        await playing
        await delivered(crm)
        (contact,) = await all_of(crm, "contact")
        assert (contact["name"], contact["phones"]) == ("Ivan Petrov", ["+79161234567"])
        card = pops.shown[1]
        assert card.users == (ann,)
        assert card.title == {
            "en": "Incoming call: Ivan Petrov",
            "ru": "Входящий звонок: Ivan Petrov",
        }
        assert card.open == f"/contacts/{contact['id']}"
        assert (pops.shown[0].record, card.record) == (None, ("contact", contact["id"]))
        gone = pops.shown[-1]
        assert (gone.title, gone.users, gone.key) == ("", (ann,), card.key)
        (task,) = await all_of(crm, "task")
        assert task["title"] == "Call back +79161234567"
        assert task["due_at"] is not None
        (conversation,) = await all_of(crm, "conversation")
        assert task["conversation"]["id"] == conversation["id"]
        (row,) = await ended()
        assert (row["outcome"], row["contact"], row["conversation"]) == (
            "missed",
            contact["id"],
            conversation["id"],
        )
        # Heard once more, as after a break of somebody else's connection, it adds nothing.
        await ami.play(session("missed"))
        await asyncio.sleep(0.1)
        await crm.worker.drain()
        assert len(await all_of(crm, "task")) == 1


async def _some(found: list[Any]) -> bool:
    return bool(found)


async def test_all_recordings_at_hundredfold_speed(crm: Crm, ami: AmiServer, pops: Pops) -> None:
    account = await asterisk(crm, ami, login="plain")
    async with listening(crm, account):
        await ami.signed_in()
        for name in ("answered", "missed", "recorded"):
            await ami.play(session(name), speed=100)
        await delivered(crm, 3)
    rows = await ended()
    assert [row["outcome"] for row in rows] == ["answered", "missed", "answered"]
    assert rows[2]["recording_ref"] == "/tmp/rec-1795335230.11.wav"
    assert len(await all_of(crm, "contact")) == 1
    assert len(await all_of(crm, "task")) == 1


async def test_a_break_in_the_middle_of_a_call(
    crm: Crm, ami: AmiServer, pops: Pops, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening_module, "FIRST_PAUSE_S", 0.05)
    packets = session("missed")
    middle = next(place for place, packet in enumerate(packets) if b"Event: DialBegin" in packet) + 1
    account = await asterisk(crm, ami)
    async with listening(crm, account):
        await ami.signed_in()
        await ami.play(packets[:middle])
        await until(lambda: _rows(1))
        ami.hang_up()
        # The caller gave up meanwhile: nobody told us, the list of channels does.
        await ami.signed_in()
        await delivered(crm)
    (row,) = await ended()
    assert (row["outcome"], row["number"]) == ("missed", "+79161234567")
    assert ami.logins == 2
    assert len(await all_of(crm, "task")) == 1


async def _rows(count: int) -> bool:
    return await TelephonyCall.count() >= count


async def test_another_process_takes_over_in_the_middle(crm: Crm, ami: AmiServer, pops: Pops) -> None:
    packets = session("missed")
    middle = next(place for place, packet in enumerate(packets) if b"Event: DialEnd" in packet)
    account = await asterisk(crm, ami)
    async with listening(crm, account):
        await ami.signed_in()
        await ami.play(packets[:middle])
        await until(lambda: _rows(1))
    ids = {"Linkedid": "1795335213.5", "Channel": "PJSIP/trunk-00000001", "ChannelState": "4"}
    ami.channels = [{"Uniqueid": f"1795335213.{number}", **ids} for number in (5, 6, 7)]
    ami.hang_up()
    async with listening(crm, account):
        await ami.signed_in()
        await until(lambda: _asked(ami, 2))
        await ami.play(packets[middle:])
        await delivered(crm)
    (row,) = await ended()
    assert (row["outcome"], row["waited_s"]) == ("missed", 2)
    assert len(await all_of(crm, "task")) == 1


async def _asked(ami: AmiServer, times: int) -> bool:
    return sum(action["Action"] == "CoreShowChannels" for action in ami.actions) >= times


async def test_a_stop_while_a_call_is_written_down_loses_nothing(
    crm: Crm, ami: AmiServer, pops: Pops, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is slow, everything has been heard and almost nothing is written when the process stops."""
    account = await asterisk(crm, ami)
    follow, written = listening_module.follow, asyncio.Event()

    async def slow(*args: Any) -> Any:
        await asyncio.sleep(0.3)
        written.set()
        return await follow(*args)

    monkeypatch.setattr(listening_module, "follow", slow)
    async with listening(crm, account):
        await ami.signed_in()
        await ami.play(session("missed"))
        await written.wait()
    (row,) = await ended()
    assert row["outcome"] == "missed"
    await crm.worker.drain()
    assert len(await all_of(crm, "task")) == 1


async def test_a_burst_loses_nothing(crm: Crm, ami: AmiServer, pops: Pops) -> None:
    streams = [
        renamed(
            session("missed"), **{"1795335213.": f"17953352{n:02}.9", "+79161234567": f"+791612345{n:02}"}
        )
        for n in range(68)
    ]
    account = await asterisk(crm, ami)
    async with listening(crm, account):
        await ami.signed_in()
        await ami.play([packet for packets in zip(*streams, strict=True) for packet in packets])
        await delivered(crm, 68)
    rows = await ended()
    assert {row["outcome"] for row in rows} == {"missed"}
    assert len({row["contact"] for row in rows}) == 68
    assert len(await all_of(crm, "task")) == 68


async def test_click_to_call(crm: Crm, ami: AmiServer) -> None:
    ann = await person(crm, "Ann", "101")
    await asterisk(crm, ami)
    actor = (await crm.accounts.actor_of(ann)) if hasattr(crm.accounts, "actor_of") else None
    from crm_telephony.actions import ACTIONS

    from crmcore import ActionCall, Actor

    actor = actor or Actor(kind="user", id=str(ann), permissions=frozenset({"*"}))
    call = ActionCall(actor=actor, item="+442079460123")
    context = crm.host.context("telephony")
    result = await crm.host.dispatch.run(
        "telephony", "action.run", ACTIONS[0].run, call, context, timeout_s=20
    )
    assert "rings" in str(result.message)
    (originate,) = [action for action in ami.actions if action["Action"] == "Originate"]
    assert (originate["Channel"], originate["Exten"]) == ("PJSIP/101", "442079460123")
    (row,) = await TelephonyCall.select()
    assert row["call_sid"] == originate["ChannelId"]
    assert (row["direction"], row["number"], row["user"]) == ("out", "+442079460123", ann)


async def test_servers_that_hang_lie_or_refuse(
    crm: Crm, ami: AmiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm_telephony.asterisk.connection.ANSWER_S", 0.3)
    channel = crm.registry.channels["asterisk"].item
    context = crm.host.context("telephony")
    id = await asterisk(crm, ami)
    account = (await crm.channel_accounts.get(str(id))).account
    assert (await channel.check(account, context)).ok
    ami.mute = True
    assert not (await channel.check(account, context)).ok
    ami.mute = False
    await crm.channel_accounts.update(id, {"config": {"secret": "wrong"}}, actor=ADMIN)
    wrong = (await crm.channel_accounts.get(str(id))).account
    answer = await channel.check(wrong, context)
    assert "Authentication failed" in answer.message["en"]
    await crm.channel_accounts.update(id, {"config": {"host": "127.0.0.2"}}, actor=ADMIN)
    elsewhere = (await crm.channel_accounts.get(str(id))).account
    assert "outgoing_hosts" in (await channel.check(elsewhere, context)).message["en"]
