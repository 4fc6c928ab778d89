"""The plugin against a live Asterisk, called by telephones that speak SIP; skipped where none is named.

``CRMCORE_LIVE_AMI=127.0.0.1:5038 pytest plugins/crm-telephony/tests/live``; see the README.
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from crm_telephony.actions import ACTIONS
from crm_telephony.asterisk import listen as listening_module
from crm_telephony.lines import lines_of
from crm_telephony.recordings import fetch_recording
from crm_telephony.tables import TelephonyCall
from pbx import SECRET, USER, Tap, address, setting, tidied
from scenes import CALLER, SCENES, Phones, over, phones, picked_up, rung
from test_live_sessions import CAME_TO
from workspace import ADMIN, Pops, all_of, listening, person, until, workspace

from crmcore import ActionCall, Actor, Refusal
from crmcore.workspace import Crm

PBX = address()
pytestmark = pytest.mark.skipif(PBX is None, reason="no live PBX: set CRMCORE_LIVE_AMI to HOST:PORT")
CARD_S = 0.5


@pytest.fixture
async def plugged() -> AsyncIterator[Phones]:
    async with phones() as plugged:
        yield plugged
        await tidied(plugged)


@pytest.fixture
def web_files() -> Iterator[str]:
    """The address of a web server that gives out the PBX's files."""
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=setting("SPOOL") or "/nowhere")
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
async def crm(sqlite_url: str, tmp_path: Path, web_files: str) -> AsyncIterator[Crm]:
    host, port = PBX or ("", 0)
    hosts = (f"{host}:{port}", f"{host}:{setting('TLS') or port}", web_files)
    async with workspace(sqlite_url, tmp_path, *hosts) as crm:
        yield crm


async def exchange(crm: Crm, **changes: Any) -> Any:
    """Set the PBX up and return its account."""
    host, port = PBX or ("", 0)
    config = {"host": host, "port": port, "username": USER, "secret": SECRET, **changes}
    id = await crm.channel_accounts.create("asterisk", "PBX", config, actor=ADMIN)
    return (await crm.channel_accounts.get(str(id))).account


async def connected(crm: Crm, account: Any) -> None:
    """Wait until it is listened to."""

    async def told() -> bool:
        state = await crm.host.context("telephony").store.get(f"connected:{account.id}", None)
        return state is not None and not state["trouble"]

    await until(told)


async def rows(count: int) -> list[dict[str, Any]]:
    """Wait until so many calls are over."""
    call = TelephonyCall

    async def there() -> bool:
        return await call.count().where(call.stage == "ended") >= count

    await until(there)
    return await call.select().order_by(call.started_at)


async def test_every_scene_comes_to_what_it_should(crm: Crm, plugged: Phones, pops: Pops) -> None:
    for name, phone in {"Ann": "101", "Bob": "102", "Cleo": "103"}.items():
        await person(crm, name, phone)
    account = await exchange(crm)
    names = [name for name in SCENES if name != "inside"]
    async with listening(crm, account.id):
        await connected(crm, account)
        await SCENES["inside"](plugged)
        for number, name in enumerate(names):
            await SCENES[name](plugged)
            await tidied(plugged)
            row = (await rows(number + 1))[-1]
            came = CAME_TO[name]
            for field in ("outcome", "agent", "queue", "transferred_to"):
                assert row[field] == came.get(field, ""), (name, field)
            for time_field in ("waited_s", "held_s"):
                assert abs(row[time_field] - came.get(time_field, 0)) <= 1, (name, time_field)
        await crm.worker.drain()
    assert await TelephonyCall.count() == len(names)
    missed = [name for name in names if CAME_TO[name]["outcome"] != "answered" and "line" in CAME_TO[name]]
    # All but the one that hides its number.
    assert len(await all_of(crm, "task")) == len(missed) - 1


async def test_the_card_is_there_within_half_a_second(crm: Crm, plugged: Phones, pops: Pops) -> None:
    ann = await person(crm, "Ann", "101")
    account = await exchange(crm)
    async with listening(crm, account.id):
        await connected(crm, account)
        for number in range(3):
            pops.shown.clear()
            began = time.monotonic()
            call = await plugged.dials(1, f"+7916555000{number}")
            while not any(pop.users == (ann,) and pop.title for pop in pops.shown):
                assert time.monotonic() - began < CARD_S
                await asyncio.sleep(0.005)
            await rung(plugged.ann)
            await call.hang_up()
            await rows(number + 1)


@pytest.mark.skipif(not setting("SPOOL"), reason="set CRMCORE_LIVE_SPOOL to where the PBX's root folder is")
@pytest.mark.parametrize("name", ["recorded", "voicemail", "queue_of_local_channels"])
async def test_recordings_are_fetched(
    crm: Crm, plugged: Phones, pops: Pops, web_files: str, name: str
) -> None:
    account = await exchange(crm, recordings=f"http://{web_files}/{{path}}")
    async with listening(crm, account.id):
        await connected(crm, account)
        await SCENES[name](plugged)
        (row,) = await rows(1)
        await crm.worker.drain()
    context = crm.host.context("telephony")
    await fetch_recording({"call": str(row["id"])}, context)
    (row,) = await rows(1)
    assert row["recording_state"] == "kept"
    sound = await context.files.read(row["recording"])
    # A second of 8 kHz and 16 bits is 16 kB.
    assert sound[:4] == b"RIFF" and len(sound) > 16_000


async def test_a_call_from_here_by_the_chosen_line(crm: Crm, plugged: Phones, pops: Pops) -> None:
    ann = await person(crm, "Ann", "101")
    account = await exchange(crm, numbers_to_call_from=["74951110009", "74951110002"])
    actor, context = (
        Actor(kind="user", id=str(ann), permissions=frozenset({"*"})),
        crm.host.context("telephony"),
    )
    run = {action.key: action.run for action in ACTIONS}
    second = (await lines_of(str(ann), context))[1]
    async with listening(crm, account.id):
        await connected(crm, account)
        await run["call_by"](ActionCall(actor=actor, item=f"+442079460123 {second.key}"), context)
        desk = await picked_up(plugged.ann, 0.2)
        outside = await picked_up(plugged.outside, 0.2)
        assert outside.number == "74951110002"
        await asyncio.sleep(1)
        await outside.hang_up()
        await over(desk)
        (row,) = await rows(1)
    assert (row["direction"], row["outcome"], row["number"], row["line"], row["user"]) == (
        "out",
        "answered",
        "+442079460123",
        "74951110002",
        ann,
    )


async def test_a_user_with_too_few_rights(crm: Crm, plugged: Phones, pops: Pops) -> None:
    ann = await person(crm, "Ann", "101")
    account = await exchange(crm, username="narrow")
    channel, context = crm.registry.channels["asterisk"].item, crm.host.context("telephony")
    assert "Permission denied" in (await channel.check(account, context)).message["en"]
    actor = Actor(kind="user", id=str(ann), permissions=frozenset({"*"}))
    with pytest.raises(Refusal, match="Asterisk refuses"):
        await ACTIONS[0].run(ActionCall(actor=actor, item="+442079460123"), context)
    assert await TelephonyCall.count() == 0
    async with listening(crm, account.id):
        # Calls are followed all the same, from their events alone.
        await connected(crm, account)
        await SCENES["answered"](plugged)
        (row,) = await rows(1)
    assert (row["outcome"], row["agent"]) == ("answered", "101")


@pytest.mark.skipif(
    not setting("TLS"), reason="set CRMCORE_LIVE_TLS to the port and CRMCORE_LIVE_CA to the file"
)
async def test_over_tls(crm: Crm, plugged: Phones, pops: Pops) -> None:
    ca = await asyncio.to_thread(Path(setting("CA")).read_text, "ascii")
    channel, context = crm.registry.channels["asterisk"].item, crm.host.context("telephony")
    changes = {"tls": True, "port": int(setting("TLS"))}
    strange = await exchange(crm, **changes)
    assert "certificate is not valid" in (await channel.check(strange, context)).message["en"]
    await crm.channel_accounts.pause(strange.id, actor=ADMIN)
    account = await exchange(crm, **changes, certificate=ca, check_name=False)
    assert (await channel.check(account, context)).ok
    async with listening(crm, account.id):
        await connected(crm, account)
        await SCENES["attended_transfer"](plugged)
        (row,) = await rows(1)
    assert (row["outcome"], row["agent"], row["transferred_to"]) == ("answered", "101", "102")


async def test_a_restart_of_the_pbx_in_the_middle_of_a_call(
    crm: Crm, plugged: Phones, pops: Pops, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening_module, "LONGEST_PAUSE_S", 1.0)
    await person(crm, "Ann", "101")
    account = await exchange(crm)
    context = crm.host.context("telephony")
    async with listening(crm, account.id):
        await connected(crm, account)
        call = await plugged.dials(1)
        ringing = await rung(plugged.ann)
        async with Tap() as tap:
            await tap.ask("Command", Command="core restart now")

        async def away() -> bool:
            return bool((await context.store.get(f"connected:{account.id}", {}))["trouble"])

        await until(away)
        for talk in (call, ringing):
            talk.ended()
        await connected(crm, account)
        (row,) = await rows(1)
        assert (row["outcome"], row["number"]) == ("missed", CALLER)
        for phone in (plugged.ann, plugged.bob, plugged.cleo):
            await registered(phone)
        await SCENES["answered"](plugged)
        assert [row["outcome"] for row in await rows(2)] == ["missed", "answered"]
        await crm.worker.drain()
    assert len(await all_of(crm, "task")) == 1


async def registered(phone: Any) -> None:
    """Tell the PBX once more where the phone is: it has forgotten."""
    for _ in range(20):
        try:
            await asyncio.wait_for(phone.register(), 1)
            return
        except TimeoutError:
            continue
