"""Listening: in one process of all, begun anew, taken over from the dead, cancelled when its account changes."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from posting import ADMIN, deliveries, drained

from crmcore.cli.doctor import _listening
from crmcore.clock import utc_now
from crmcore.connections.listening import Listening
from crmcore.connections.listening_log import listening_states, with_listening
from crmcore.leases.tables import Lease
from crmcore.workspace import Crm

HERE = Path(__file__).parent
Start = Callable[[], "subprocess.Popen[bytes]"]


async def line(crm: Crm, **config: Any) -> UUID:
    return await crm.channel_accounts.create("line", "Line", config, actor=ADMIN, slug="line")


async def began(crm: Crm) -> int:
    return int(await crm.host.context("connect").store.get("began", 0))


async def until(condition: Callable[[], Any], seconds: float = 20) -> Any:
    ends = time.monotonic() + seconds
    while not (found := await condition()):
        assert time.monotonic() < ends, "it did not happen"
        await asyncio.sleep(0.05)
    return found


@asynccontextmanager
async def listening(crm: Crm) -> AsyncIterator[Listening]:
    """Listen for a while, as a worker does."""
    stop = asyncio.Event()
    listener = Listening(crm, first_pause_s=0.05, look_s=0.1)
    task = asyncio.create_task(listener.run(stop))
    try:
        yield listener
    finally:
        stop.set()
        await task


@pytest.fixture
def start(database_url: str, tmp_path: Path) -> Iterator[Start]:
    """Start a process that listens, with a lease of two seconds."""
    processes: list[subprocess.Popen[bytes]] = []

    def start() -> "subprocess.Popen[bytes]":
        command = [
            sys.executable,
            str(HERE / "listening_process.py"),
            database_url,
            str(tmp_path / "data"),
            "2",
        ]
        environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
        processes.append(subprocess.Popen(command, env=environment))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.wait()


async def test_what_is_heard_is_handled_and_the_account_says_since_when(shop_crm: Crm) -> None:
    id = await line(shop_crm)

    async def listened() -> Any:
        return (await listening_states(shop_crm.clock())).get(id)

    assert (await _listening(shop_crm)).result == "warning"
    async with listening(shop_crm):
        state = await until(listened)
        assert (await _listening(shop_crm)).message == "every account is listened for"
        assert (state["state"], state["error"], state["failures"]) == ("listening", "", 0)
        await until(deliveries)
        await drained(shop_crm)
        assert [row["state"] for row in await deliveries()] == ["done"]
        plugin = shop_crm.host.context("connect")
        await plugin.connections.report(id, "the exchange is being restarted")
        state = await listened()
        assert (state["state"], state["error"]) == ("waiting", "the exchange is being restarted")
        await plugin.connections.report(id)
        assert (await listened())["state"] == "listening"
        # A change of the settings begins anew; a change of the name does not.
        await shop_crm.channel_accounts.update(id, {"name": "Other"}, actor=ADMIN)
        await shop_crm.channel_accounts.update(id, {"config": {"token": "t"}}, actor=ADMIN)

        async def twice() -> bool:
            return await began(shop_crm) == 2

        await until(twice)
        await shop_crm.channel_accounts.pause(id, actor=ADMIN)

        async def stopped() -> bool:
            return bool((await listened())["state"] == "stopped")

        await until(stopped)
        assert await Lease.count() == 0
        await shop_crm.channel_accounts.resume(id, actor=ADMIN)

        async def again() -> bool:
            return await began(shop_crm) == 3

        await until(again)
    assert (await listened())["state"] == "stopped" and await Lease.count() == 0
    [document] = await with_listening(
        [await shop_crm.channel_accounts.document("line", actor=ADMIN)], shop_crm.clock()
    )
    assert document["listening"]["state"] == "stopped"


@pytest.mark.parametrize(
    ("mode", "error"), [("fails", "no line to the exchange"), ("ends", "ended by itself")]
)
async def test_who_fails_is_begun_again_with_growing_pauses(shop_crm: Crm, mode: str, error: str) -> None:
    id = await line(shop_crm, mode=mode)

    async def thrice() -> bool:
        return await began(shop_crm) >= 3

    async with listening(shop_crm) as listener:
        await until(thrice)

        async def waiting() -> Any:
            state = (await listening_states(shop_crm.clock()))[id]
            return state if state["state"] == "waiting" and state["failures"] >= 2 else None

        state = await until(waiting)
        assert error in state["error"] and state["again_at"] > state["error_at"]
        pauses = [[listener._pause_s(n) for n in (1, 2, 3, 50)] for _ in range(20)]
        longest = (0.05, 0.1, 0.2, 60)
        assert all(0.5 * top <= got <= top for row in pauses for got, top in zip(row, longest, strict=True))
        assert len({row[3] for row in pauses}) > 1


async def test_a_process_that_is_killed_is_followed_by_one_other(
    shop_crm: Crm, start: Start, build: Callable[..., Crm]
) -> None:
    # The other processes keep real time.
    shop_crm.clock = utc_now  # type: ignore[assignment]
    id = await line(shop_crm)

    async def first() -> bool:
        return await began(shop_crm) == 1

    async def place() -> Any:
        state = (await listening_states(shop_crm.clock())).get(id)
        return state and state["state"] == "listening" and int(state["place"].rpartition(":")[2])

    processes = {one.pid: one for one in (start(), start())}
    await until(first, 60)
    holder = await until(place)
    await asyncio.sleep(2.5)
    assert await began(shop_crm) == 1, "longer than a lease, and nobody took it over"
    processes[holder].send_signal(signal.SIGKILL)
    processes[holder].wait()

    async def other() -> Any:
        found = await place()
        return found if found != holder else None

    second = await until(other)

    async def twice() -> bool:
        return await began(shop_crm) == 2

    await until(twice)
    assert {holder, second} == set(processes)
    # One that is told to stop gives it back at once.
    processes[second].send_signal(signal.SIGTERM)
    assert processes[second].wait(20) == 0 and await Lease.count() == 0
