"""The n-th call of every operation fails, for every n: nothing half done, and asked again it is done once."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager

import httpx2
import pytest
from fault_footprint import added, footprint
from fault_operations import OPERATIONS, Operation, Upload, Webhook
from fault_tally import FULL, Tally
from fault_trip import Trip, failing_database, failing_disk, failing_requests
from fault_world import World

from crmcore.errors import CrmError

MOST = 1000
# A sample of the calls on PostgreSQL, where each costs several times as much.
STEP = 1 if FULL else 11
# Operations of a hundred calls; the short form takes every third.
LONG = frozenset({"import rows", "erase a person", "merge contacts", "undo a merge"})
# The rows that are there are counted each time; whether they agree is looked up so often.
SOUND_EVERY = 1 if FULL else 5


async def fail_every(
    world: World,
    make: Callable[[], Operation],
    broken: Callable[[Trip], AbstractContextManager[None]],
    *,
    step: int = 1,
    first: int = 1,
) -> int:
    """Let call ``first``, ``first + step`` … of one operation fail until none does; return how many failed."""
    once = await clean(world, make)
    failed = 0
    for n in range(first, MOST, step):
        operation = make()
        await operation.prepare(world)
        before = await footprint(world.crm)
        trip = Trip()
        with broken(trip):
            trip.arm(n)
            answer = await asked(operation, world)
            if answer.is_success:
                await drained(world)
            trip.disarm()
        if not trip.sprung:
            assert answer.is_success, answer.text
            break
        failed += 1
        what = f"{operation.name}, call {n}, {answer.status_code}: {getattr(trip, 'last', '')[:300]}"
        if not answer.is_success:
            assert answer.status_code == 503, (what, answer.status_code, answer.text)
            assert int(answer.headers["Retry-After"]) > 0
        if failed % SOUND_EVERY == 1 or SOUND_EVERY == 1:
            await world.sound(what)
        if not answer.is_success:
            again = await asked(operation, world)
            assert again.is_success or again.status_code in operation.done_before, (what, again.text)
        await world.quiet()
        await operation.check(world)
        effects = added(before, await footprint(world.crm))
        assert effects in (once, allowed(operation, once)), (what, effects, once)
    else:
        raise AssertionError("it never came through")
    await world.sound(f"{make().name}, asked again each time")
    return failed


def allowed(operation: Operation, once: dict[str, int]) -> dict[str, int]:
    """Return what may be there instead: an upload repeated without having been answered, until it is swept."""
    return {**once, "stored_file": 2} if isinstance(operation, Upload) else once


async def clean(world: World, make: Callable[[], Operation]) -> dict[str, int]:
    """Do the operation twice without a fault, and return what the second time added."""
    effects: dict[str, int] = {}
    for _ in range(2):
        operation = make()
        await operation.prepare(world)
        before = await footprint(world.crm)
        answer = await operation.ask(world)
        assert answer.is_success, answer.text
        await world.quiet()
        await operation.check(world)
        effects = added(before, await footprint(world.crm))
    assert effects, "an operation that does nothing"
    return effects


async def asked(operation: Operation, world: World) -> httpx2.Response:
    """Ask as a client does: again when the first request seems to be at work still, until its server has noticed."""
    while True:
        answer = await operation.ask(world)
        if answer.status_code != 409 or answer.json()["code"] != "request_in_flight":
            return answer
        await asyncio.sleep(0.05)


async def drained(world: World) -> None:
    """Work once, as a worker that survives an outage."""
    try:
        await world.crm.worker.drain()
    except CrmError as error:
        assert error.status == 503, error


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("make", OPERATIONS, ids=[each.name for each in OPERATIONS])  # type: ignore[attr-defined]
async def test_every_call_of_the_database_fails(
    world: World, make: Callable[[], Operation], tally: Tally
) -> None:
    kind = world.crm.database.kind
    step = STEP if kind == "postgres" else 3 if make().name in LONG and not FULL else 1
    failed = await fail_every(world, make, lambda trip: failing_database(world.crm, trip), step=step)
    if kind == "postgres":
        failed += await fail_every(
            world,
            make,
            lambda trip: failing_database(world.crm, trip, answered=True),
            step=step,
            first=min(step, 3),
        )
    assert failed
    done(tally, f"database call of “{make().name}”", failed, world)


@pytest.mark.parametrize("answered", [False, True])
async def test_every_request_to_others_fails(world: World, answered: bool, tally: Tally) -> None:
    failed = await fail_every(
        world, Webhook, lambda trip: failing_requests(world.crm, trip, answered=answered)
    )
    assert failed
    done(tally, "outbound call, its answer lost" if answered else "outbound call", failed, world)


async def test_every_write_to_the_disk_fails(world: World, tally: Tally) -> None:
    failed = await fail_every(world, Upload, failing_disk)
    assert failed >= 4
    done(tally, "file write", failed, world)


def done(tally: Tally, what: str, failed: int, world: World) -> None:
    """Tell the summary."""
    tally(what, world.crm.database.kind, failed, examined=world.examined, looked=world.looked)
