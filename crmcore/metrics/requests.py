"""How many requests and jobs, how long, and how late the event loop is: counted as they happen."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from litestar import Litestar
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from crmcore.jobs.claimed_job import ClaimedJob
from crmcore.jobs.runner import Ended

if TYPE_CHECKING:
    from crmcore.jobs.worker import Worker
    from crmcore.workspace import Crm

# Up to the deadlines: a statement has 2.5 s, an upload takes longer.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
LAG_EVERY_S = 0.5


class ProcessMetrics:
    """The figures of one process, with its id: several may answer on one port."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.process = str(os.getpid())
        labels = ("process", "method", "route")
        self._requests = Counter(
            "crmcore_http_requests",
            "Requests by route template and status.",
            (*labels, "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "crmcore_http_request_seconds",
            "From the request to the end of its answer.",
            labels,
            buckets=BUCKETS,
            registry=self.registry,
        )
        self._running = Gauge(
            "crmcore_http_requests_running",
            "Requests that are being answered.",
            ("process",),
            registry=self.registry,
        ).labels(self.process)
        jobs = ("process", "plugin", "job")
        self._jobs = Counter(
            "crmcore_jobs_run",
            "Jobs that this process ran, by what became of them: done, failed, dead, paused.",
            (*jobs, "outcome"),
            registry=self.registry,
        )
        self._job_seconds = Histogram(
            "crmcore_job_seconds",
            "How long a job ran.",
            jobs,
            buckets=(0.01, 0.05, 0.25, 1.0, 5.0, 15.0, 60.0, 300.0, 3600.0),
            registry=self.registry,
        )
        self._lag = Histogram(
            "crmcore_event_loop_lag_seconds",
            "How much later than asked the event loop wakes a task.",
            ("process",),
            buckets=(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0),
            registry=self.registry,
        ).labels(self.process)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(self.process, method, route, str(status)).inc()
        self._seconds.labels(self.process, method, route).observe(seconds)

    def watch(self, worker: "Worker") -> None:
        """Count the jobs of ``worker``, once."""
        if self.job_ended not in worker.observers:
            worker.observers.append(self.job_ended)

    def request_began(self) -> None:
        """Count a request that is being answered."""
        self._running.inc()

    def request_ended(self) -> None:
        """Count it no longer."""
        self._running.dec()

    def job_ended(self, job: ClaimedJob, ended: Ended, seconds: float) -> None:
        """Count a job that was run."""
        # The name without its owner, as a job of the core in a plugin's queue has it.
        labels = (self.process, job.plugin, job.name.rpartition(".")[2])
        self._jobs.labels(*labels, ended).inc()
        self._job_seconds.labels(*labels).observe(seconds)

    @asynccontextmanager
    async def lifespan(self, app: Litestar) -> AsyncIterator[None]:
        """Measure the event loop as long as the app runs."""
        measuring = asyncio.create_task(self._measure(), name="crmcore.lag")
        try:
            yield
        finally:
            measuring.cancel()
            with suppress(asyncio.CancelledError):
                await measuring

    async def _measure(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_EVERY_S
            await asyncio.sleep(LAG_EVERY_S)
            self._lag.observe(max(0.0, loop.time() - due))


def metrics_of(crm: "Crm") -> ProcessMetrics:
    """Return the figures of ``crm`` in this process."""
    return crm.own(ProcessMetrics, ProcessMetrics)
