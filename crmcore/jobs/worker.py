"""The worker: takes due jobs, runs them side by side, keeps their leases, and stops without losing any."""

import asyncio

from crmcore.clock import Clock
from crmcore.jobs.calls import listener_of
from crmcore.jobs.claims import Claims
from crmcore.jobs.host import JobHost, bounds_of, working_plugins
from crmcore.jobs.in_hand import InHand
from crmcore.jobs.lane import Lane
from crmcore.jobs.queue import JobQueue
from crmcore.jobs.runner import Observer, Runner
from crmcore.jobs.shift import Shift
from crmcore.jobs.turns import Turns
from crmcore.plugins.names import CORE


class Worker:
    """Runs the jobs of one workspace; any number of workers may share its database.

    ``concurrency`` jobs of the core run at once, and up to half as many of each plugin beside them. A job
    whose worker dies is run again by another after ``lease_s``. When told to stop, the worker lets running
    jobs end for ``grace_s``, then cancels them and gives them back.
    """

    def __init__(
        self,
        queue: JobQueue,
        host: JobHost,
        clock: Clock,
        *,
        concurrency: int = 8,
        lease_s: float = 15.0,
        grace_s: float = 10.0,
    ) -> None:
        self._queue = queue
        self._host = host
        self._clock = clock
        self._concurrency = concurrency
        self._lease_s = lease_s
        self._grace_s = grace_s
        self._claims = Claims(queue.database, clock, lease_s)
        self.observers: list[Observer] = []
        self._runner = Runner(host, queue, self._claims, self.observers)
        self._turns = Turns(queue)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set; outlives a database that is away for a while."""
        with self._queue.database.bound():
            in_hand = InHand(self._claims, self._runner, self._lease_s)
            shift = Shift(self._host, self._clock, self._claims, in_hand, self._turns, self._new_lanes())
            deafen = self._queue.listen(shift.hear)
            aside = [asyncio.create_task(in_hand.keep())]
            if listener := listener_of(self._queue.database, shift.hear, shift.hear_all):
                shift.called = lambda: listener.listening
                aside.append(asyncio.create_task(listener.listen(), name="crmcore.jobs.listener"))
            try:
                await shift.work(stop)
                await in_hand.finish(self._grace_s)
            finally:
                deafen()
                await in_hand.finish(0)
                for task in aside:
                    task.cancel()
                await asyncio.gather(*aside, return_exceptions=True)

    async def drain(self, limit: int = 10_000) -> int:
        """Run what is due now, one job after the other, also what these jobs put down; return how many ran.

        Delayed jobs and failed ones that wait for their next attempt stay. Periodic jobs whose turn it is
        run.
        """
        plugins, kinds = working_plugins(self._host), self._host.registry.jobs
        ran = 0
        with self._queue.database.bound():
            await self._turns.seed(kinds)
            await self._claims.release_expired()
            in_hand = InHand(self._claims, self._runner, self._lease_s)
            keeping = asyncio.create_task(in_hand.keep())
            bounds = {
                kind: most for plugin in plugins for kind, most in bounds_of(self._host, plugin).items()
            }
            try:
                while ran < limit and (jobs := await self._claims.claim(plugins, kinds, 1, bounds)):
                    await asyncio.wait({in_hand.start(jobs[0])})
                    ran += 1
            finally:
                await in_hand.finish(0)
                keeping.cancel()
        return ran

    def _new_lanes(self) -> list[Lane]:
        share = max(1, self._concurrency // 2)
        return [
            Lane(plugin, self._concurrency if plugin == CORE else share, bounds_of(self._host, plugin))
            for plugin in working_plugins(self._host)
        ]
