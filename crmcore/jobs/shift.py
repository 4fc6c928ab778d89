"""One stretch of work of a worker, from its start until it is told to stop."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog

from crmcore.clock import Clock
from crmcore.jobs.claimed_job import ClaimedJob
from crmcore.jobs.claims import Claims
from crmcore.jobs.clock_step import ClockStep
from crmcore.jobs.host import JobHost
from crmcore.jobs.in_hand import InHand
from crmcore.jobs.lane import Lane
from crmcore.jobs.turns import Turns

POLL_S = 1.0
"""Jobs that another process put down are seen after this long at the latest."""
CALLED_POLL_S = 4.0
"""The same where other processes call: only a call that was lost waits so long, and jobs of dead workers."""
EXPIRED_S = 2.0
"""How often jobs of dead workers are looked for."""
SEED_S = 60.0
"""How often periodic jobs are looked after."""


class Shift:
    """Fills the lanes with due jobs: at once when one is put down in this process, else by polling."""

    def __init__(
        self, host: JobHost, clock: Clock, claims: Claims, in_hand: InHand, turns: Turns, lanes: list[Lane]
    ) -> None:
        self._kinds = host.registry.jobs
        self._clock = clock
        self._claims = claims
        self._in_hand = in_hand
        self._turns = turns
        self._lanes = {lane.plugin: lane for lane in lanes}
        self._clock_step = ClockStep(clock)
        self._wake = asyncio.Event()
        self.called: Callable[[], bool] = lambda: False
        self._due: datetime | None = None
        self._mended = False
        self._polled = self._seeded = self._released = -SEED_S
        self._log = structlog.get_logger("crmcore.jobs")

    def hear(self, plugin: str, run_at: datetime) -> None:
        """Take notice of a job of ``plugin`` that was committed just now and is due at ``run_at``."""
        if run_at > self._clock():
            self._due = run_at if self._due is None else min(self._due, run_at)
        elif lane := self._lanes.get(plugin):
            lane.hungry = True
        self._wake.set()

    def hear_all(self) -> None:
        """Take notice that jobs of whatever lane may have been put down."""
        self._polled = -SEED_S
        self._wake.set()

    async def work(self, stop: asyncio.Event) -> None:
        """Take and run jobs until ``stop`` is set."""
        stopping = asyncio.create_task(self._wake_at(stop))
        try:
            while not stop.is_set():
                self._wake.clear()
                await self._outlive(self._look_after())
                await self._outlive(self._take())
                await self._sleep(stop)
        finally:
            stopping.cancel()

    async def _take(self) -> None:
        for lane in self._lanes.values():
            if lane.hungry and lane.free > 0:
                # Before the query: what is put down meanwhile makes the lane hungry again.
                lane.hungry = False
                free = lane.free
                jobs = await self._claims.claim([lane.plugin], self._kinds, free, lane.at_once)
                for job in jobs:
                    lane.running += 1
                    self._in_hand.start(job, self._ended)
                lane.hungry = lane.hungry or len(jobs) == free

    def _ended(self, job: ClaimedJob) -> None:
        lane = self._lanes[job.plugin]
        lane.running -= 1
        if job.ordering_key is not None or job.kind in lane.at_once:
            lane.hungry = True
        if lane.hungry:
            self._wake.set()

    async def _look_after(self) -> None:
        now_s = time.monotonic()
        if self._due is not None and self._due <= self._clock():
            self._due = None
            self._polled = now_s - CALLED_POLL_S
        if now_s - self._polled < self._poll_s:
            return
        if self._clock_step.noticed() or not self._mended:
            await self._claims_mended()
        if self._clock_step.went_forward:
            # Every lease seems to be over: those whose workers live are extended meanwhile.
            self._released = now_s + self._claims.lease_s
        if now_s - self._released >= EXPIRED_S:
            await self._claims.release_expired()
            self._released = now_s
        if now_s - self._seeded >= SEED_S:
            await self._turns.seed(self._kinds)
            self._seeded = now_s
        for lane in self._lanes.values():
            lane.hungry = True
        self._due = await self._claims.next_due()
        self._polled = now_s

    async def _claims_mended(self) -> None:
        self._mended = False
        await self._clock_step.mend()
        self._mended = True

    async def _sleep(self, stop: asyncio.Event) -> None:
        left_s = self._poll_s - (time.monotonic() - self._polled)
        if self._due is not None:
            left_s = min(left_s, (self._due - self._clock()).total_seconds())
        if stop.is_set() or left_s <= 0:
            # One turn of the loop, for the jobs that were just started.
            await asyncio.sleep(0)
            return
        try:
            async with asyncio.timeout(left_s):
                await self._wake.wait()
        except TimeoutError:
            pass

    @property
    def _poll_s(self) -> float:
        return CALLED_POLL_S if self.called() else POLL_S

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake.set()

    async def _outlive(self, step: Awaitable[None]) -> None:
        try:
            await step
        except Exception as error:
            # Usually the database is away; the worker stays and looks again.
            self._log.warning("job_worker_waits", error=f"{type(error).__name__}: {error}")
            for lane in self._lanes.values():
                lane.hungry = True
            self._polled = time.monotonic()
            self._due = None
