# ruff: noqa: ASYNC110 - the conditions are plain lists
"""A plugin that hangs or fails in its handler of events delays nobody."""

import asyncio
import time
from collections.abc import Callable
from statistics import median
from uuid import uuid4

import pytest
from listening import Listener, happen

from crmcore.jobs.tables import JobRow
from crmcore.workspace import Crm

EVENTS = 25


async def waits_of(crm: Crm, healthy: Listener) -> list[float]:
    """Return how long each of some events took from its commit to the healthy plugin, in seconds."""
    stop = asyncio.Event()
    working = asyncio.create_task(crm.worker.run(stop))
    waits = []
    try:
        async with asyncio.timeout(25):
            while await JobRow.exists().where(JobRow.plugin == "news"):
                await asyncio.sleep(0.01)
            healthy.seen.clear()
            for n in range(EVENTS):
                await happen(crm, 1, [uuid4()])
                began = time.monotonic()
                while len(healthy.seen) <= n:
                    await asyncio.sleep(0.002)
                waits.append(time.monotonic() - began)
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    return waits


@pytest.mark.parametrize("how", ["hanging", "failing"])
async def test_the_healthy_one_is_told_as_soon_as_without_it(
    told: Crm,
    listeners: dict[str, Listener],
    how: str,
    record_property: Callable[[str, object], None],
) -> None:
    alone = await waits_of(told, listeners["news"])
    assert len(listeners["shop"].seen) >= EVENTS - 2
    setattr(listeners["shop"], how, True)
    # A backlog that the slow one never gets through.
    await happen(told, 60, [uuid4() for _ in range(20)])
    beside = await waits_of(told, listeners["news"])
    before, after = median(alone) * 1000, median(beside) * 1000
    record_property(
        "counted",
        f"{told.database.kind}: an event waits {before:.0f} ms for a plugin, {after:.0f} ms beside one {how} "
        f"(longest {max(beside) * 1000:.0f} ms)",
    )
    assert median(beside) < 0.5
    counts = await told.jobs.counts()
    assert counts["queued"] >= 60
    assert counts["dead"] == 0
