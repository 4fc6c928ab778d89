"""A plugin's threads: few, reused, replaced when they hang, refused when too many do."""

import asyncio
import threading
import time

import pytest

from crmcore.plugins.threads import STUCK_LIMIT, THREADS, PluginThreads, Saturated


async def test_a_thread_is_used_again() -> None:
    threads = PluginThreads("reuse")

    names = {(await threads.begin(threading.get_ident).future).value for _ in range(20)}

    assert len(names) <= 2
    threads.close()


async def test_no_more_than_four_run_at_once_and_the_rest_waits() -> None:
    threads, lock = PluginThreads("bounded"), threading.Lock()
    running = most = 0

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1

    await asyncio.gather(*(threads.begin(work).future for _ in range(12)))

    assert most == THREADS
    threads.close()


async def test_threads_that_hang_are_replaced_up_to_a_limit() -> None:
    threads, release = PluginThreads("stuck"), threading.Event()
    try:
        for _ in range(STUCK_LIMIT):
            call = threads.begin(release.wait)
            while not call.started:  # noqa: ASYNC110 - a thread, it sets no event of the loop
                await asyncio.sleep(0.001)
            threads.abandon(call)
        assert threads.stuck == STUCK_LIMIT
        with pytest.raises(Saturated):
            threads.begin(release.wait)
    finally:
        release.set()

    while threads.stuck:  # noqa: ASYNC110 - a thread, it sets no event of the loop
        await asyncio.sleep(0.001)
    outcome = await threads.begin(lambda: "works again").future
    assert outcome.value == "works again"
    threads.close()


async def test_a_call_that_nobody_waits_for_any_more_is_not_begun() -> None:
    threads, release, ran = PluginThreads("queue"), threading.Event(), []
    blocking = [threads.begin(release.wait) for _ in range(THREADS)]
    late = threads.begin(lambda: ran.append("late"))

    threads.abandon(late)
    release.set()
    await asyncio.gather(*(call.future for call in blocking))
    await threads.begin(lambda: None).future

    assert ran == []
    threads.close()
