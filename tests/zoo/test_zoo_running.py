"""Every way a plugin can misbehave when it is called: named, counted, and nobody else's business."""

import asyncio
import threading
import time

import pytest
from animals import unruly
from zoo_keeping import Cage, Monotonic

from crmcore import Change
from crmcore.plugins.dispatch import HookResult
from crmcore.plugins.failures import PluginFailed
from crmcore.plugins.host import PluginHost

FAILED = "The plugin “animal” failed."
EXITED = "The plugin “animal” tried to end the whole program."
LATE = "The plugin “animal” did not answer within 0.3 s."
UNUSABLE = "The plugin “animal” gave an unusable answer. "

SENTENCES = {
    "SyncRaises": FAILED,
    "SyncExits": EXITED,
    "SyncHangs": LATE,
    "SyncRecursion": FAILED,
    "AsyncRaises": FAILED,
    "AsyncExits": EXITED,
    "AsyncHangs": LATE,
    "AsyncCancelsItself": FAILED,
    "AsyncRecursion": FAILED,
    "WrongType": UNUSABLE
    + "What “before_write” returned is str 'no problem', expected list[Problem] | None.",
    "WrongItem": UNUSABLE + "What “before_write” returned [1] is Verdict, expected Problem.",
    "TooMany": UNUSABLE + "“before_write” returned 10000 items; 1000 is the most.",
    "TooLarge": UNUSABLE + "“before_write” returned far too much data.",
}


@pytest.fixture(autouse=True)
def short_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give hooks in transactions 0.3 s, so that those that hang do not hold up the tests."""
    monkeypatch.setattr(
        "crmcore.plugins.specs.DEADLINES_S", {"transaction": 0.3, "event": 0.3, "decision": 0.3}
    )


async def answers(host: PluginHost, change: Change) -> dict[str, HookResult]:
    return {result.plugin: result for result in await host.dispatch.collect("before_write", change=change)}


@pytest.mark.parametrize("animal", SENTENCES)
async def test_a_misbehaving_hook_is_named_and_the_others_answer(
    cage: Cage, change: Change, animal: str
) -> None:
    host = cage(f"unruly:{animal}")
    began = time.monotonic()

    found = await answers(host, change)

    assert time.monotonic() - began < 2
    failure = found["animal"].error
    assert failure is not None
    assert failure.sentence() == SENTENCES[animal]
    assert failure.point == "before_write"
    assert "«animal»" in failure.sentence("ru")
    assert found["core"].error is None
    assert [problem.code for problem in found["healthy"].value] == ["seen"]
    stats = host.dispatch.stats("animal")
    assert (stats.calls, stats.errors) == (1, 1)
    assert stats.last_error_point == "before_write"
    assert stats.last_error
    assert host.dispatch.stats("healthy").errors == 0


async def test_what_an_exception_says_is_for_the_administrator_not_for_the_page(
    cage: Cage, change: Change
) -> None:
    host = cage("unruly:SyncRaises")

    failure = (await answers(host, change))["animal"].error

    assert failure is not None
    assert "hunter2" not in failure.sentence()
    assert failure.detail == "KeyError: 'hunter2-is-secret'"
    assert "unruly.py" in host.dispatch.stats("animal").last_error


async def test_a_known_secret_is_removed_from_tracebacks(cage: Cage, change: Change) -> None:
    host = cage("unruly:SyncRaises")
    host.redactor.learn(["hunter2-is-secret"])

    failure = (await answers(host, change))["animal"].error

    assert failure is not None
    assert failure.detail == "KeyError: '[removed]'"
    assert "hunter2" not in str(failure)
    assert "hunter2" not in host.dispatch.stats("animal").last_error


async def test_the_loop_keeps_turning_while_a_synchronous_hook_hangs(cage: Cage, change: Change) -> None:
    host = cage("unruly:SyncHangs")
    call = asyncio.create_task(answers(host, change))
    longest = 0.0

    while not call.done():
        began = time.monotonic()
        await asyncio.sleep(0.01)
        longest = max(longest, time.monotonic() - began)

    assert longest < 0.2


async def test_a_hook_that_spins_slows_others_but_stops_nobody(
    cage: Cage, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = cage("unruly:SyncSpins")
    try:
        found = await answers(host, change)
    finally:
        monkeypatch.setattr(unruly.SyncSpins, "stop", True)

    assert found["animal"].error is not None
    assert found["animal"].error.sentence() == LATE
    assert found["healthy"].error is None


async def test_a_coroutine_that_will_not_be_cancelled_is_left_behind(
    cage: Cage, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = cage("unruly:AsyncWillNotStop")
    try:
        found = await answers(host, change)
    finally:
        monkeypatch.setattr(unruly.AsyncWillNotStop, "stop", True)

    assert found["animal"].error is not None
    assert found["animal"].error.sentence() == LATE
    assert found["healthy"].error is None


async def test_what_a_plugin_does_to_its_arguments_nobody_else_sees(cage: Cage, change: Change) -> None:
    host = cage("unruly:Mutates")

    found = await answers(host, change)

    assert found["animal"].error is None
    assert change.values == {"first_name": "Anna"}
    assert change.custom == {"tier": "gold"}
    assert change.before == {"first_name": "Ann", "tags": ["vip"]}
    # The neighbour reports how many values it saw.
    assert found["healthy"].value[0].path == "/1"


async def test_a_thread_that_a_plugin_leaves_behind_harms_nobody(cage: Cage, change: Change) -> None:
    host = cage("unruly:LeaksThread")

    found = await answers(host, change)

    assert all(result.error is None for result in found.values())


async def test_after_three_failures_in_a_row_the_plugin_is_paused_and_tried_again_later(
    cage: Cage, change: Change
) -> None:
    seconds = Monotonic()
    host = cage("unruly:AsyncRaises", monotonic=seconds)
    for _ in range(3):
        await answers(host, change)

    refused = (await answers(host, change))["animal"].error

    assert refused is not None
    assert refused.paused
    assert refused.retry_after_s == 30
    assert refused.sentence() == (
        "The plugin “animal” failed several times in a row and is paused for 30 s more."
    )
    assert host.dispatch.stats("animal").calls == 3, "a refused call is no call"
    assert host.dispatch.stats("animal").paused == ("before_write",)
    assert (await answers(host, change))["healthy"].error is None

    seconds.seconds += 31
    tried = (await answers(host, change))["animal"].error
    assert tried is not None
    assert not tried.paused
    again = (await answers(host, change))["animal"].error
    assert again is not None
    assert again.paused, "one failed trial pauses it for another 30 s"


async def test_hung_calls_use_up_the_plugins_own_threads_and_nobody_elses(cage: Cage, change: Change) -> None:
    host = cage("unruly:SyncHangs", name="sleeper")
    hanging = [host.dispatch.run("sleeper", f"point {n}", time.sleep, 5, timeout_s=0.2) for n in range(20)]

    results = await asyncio.gather(*hanging, return_exceptions=True)

    assert all(isinstance(result, PluginFailed) for result in results)
    assert [problem.code for problem in (await answers(host, change))["healthy"].value] == ["seen"]
    threads = [thread for thread in threading.enumerate() if thread.name == "crmcore-plugin-sleeper"]
    assert len(threads) <= 20
