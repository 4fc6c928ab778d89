"""One workspace of a host: asleep, awake, suspended or failed."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

import structlog
from litestar.types import ASGIApp

from crmcore.clock import Clock
from crmcore.errors import Unavailable
from crmcore.hosting.applications import Applications
from crmcore.hosting.current import asking
from crmcore.hosting.due import listens, next_due
from crmcore.hosting.hosts_file import Hosted
from crmcore.hosting.limits import Turnstile
from crmcore.http.failures import scrubbed
from crmcore.http.lifespan import running

if TYPE_CHECKING:
    from crmcore.jobs.worker import Worker
    from crmcore.workspace import Crm

State = Literal["asleep", "awake", "suspended", "failed", "gone"]
AGAIN_S = 30.0
"""After so long a workspace that failed to wake is tried again."""
CHOICES_S = 2.0
"""So often an awake one looks whether a plugin was switched on or off in it: by its page, or by another process."""
LEAVING_S = 5.0
"""Open requests have so long to end when a workspace is suspended, changed or taken away."""


class NotOpen(Exception):
    """The workspace answers nobody right now; ``after_s`` is when to come again, None: nobody knows."""

    def __init__(self, state: State, after_s: int | None) -> None:
        super().__init__(state)
        self.state = state
        self.after_s = after_s


class Tenant:
    """Wakes its workspace for a request or a due job and lets it sleep again. Nothing of it leaves this object.

    Asleep it has no open file, connection, thread or task; what was built of it stays until :meth:`forget`.
    """

    def __init__(self, hosted: Hosted, applications: Applications, clock: Clock) -> None:
        self.hosted = hosted
        self.state: State = "suspended" if hosted.suspended else "asleep"
        self.reason = ""
        self.wakes = 0
        self.woke_ms = 0.0
        self.in_use = 0
        self.used_at = time.monotonic()
        self.look_at: datetime | None = None
        self.turnstile = Turnstile(hosted.limits)
        self._applications = applications
        self._clock = clock
        self._crm: Crm | None = None
        self._application: ASGIApp | None = None
        self._migrated = False
        self._open = AsyncExitStack()
        self._lock = asyncio.Lock()
        self._failed_at = 0.0
        self._compared_at = 0.0

    @property
    def name(self) -> str:
        """The workspace's name in the file."""
        return self.hosted.name

    @property
    def built(self) -> bool:
        """Whether it wakes without loading its plugins."""
        return self._crm is not None

    @property
    def crm(self) -> "Crm | None":
        """The workspace, when it is built."""
        return self._crm

    @asynccontextmanager
    async def used(self) -> AsyncIterator[tuple["Crm", ASGIApp]]:
        """Give the workspace and its application, awake as long as the block runs. Raises :class:`NotOpen`."""
        if self.state != "awake":
            async with self._lock:
                await self._wake()
        crm, application = self._crm, self._application
        if crm is None or application is None:
            raise NotOpen(self.state, 1)
        self.in_use += 1
        try:
            yield crm, application
        finally:
            self.in_use -= 1
            self.used_at = time.monotonic()

    async def sleep_when_idle(self, idle_s: float, round_s: float) -> None:
        """Fall asleep when nobody has asked for ``idle_s``; note when the next job wants to be run."""
        if self.state != "awake" or self.in_use or time.monotonic() - self.used_at < idle_s:
            return
        async with self._lock:
            # Somebody may have come while the lock was waited for.
            if self.state == "awake" and not self.in_use and not await self._listens():
                await self._sleep(round_s)

    async def look(self, round_s: float) -> None:
        """Run what is due without waking for requests, and note when to look again; wake when an account listens."""
        async with self._lock:
            if self.state != "asleep":
                return
            try:
                with structlog.contextvars.bound_contextvars(workspace=self.name):
                    crm = await self._started()
                    try:
                        with asking(crm), crm.bound():
                            await self._worker(crm).drain(limit=1_000)
                            self.look_at = await self._next_look(crm, round_s)
                            wide_awake = await listens(crm)
                    finally:
                        await crm.stop()
                if wide_awake:
                    await self._wake()
            except NotOpen:
                return
            except Exception as error:
                self._fail(error)

    async def change(self, hosted: Hosted) -> None:
        """Go on with other settings: sleep, forget what was built, and wake with the next request."""
        async with self._lock:
            same = hosted.settings == self.hosted.settings
            self.hosted, self.turnstile = hosted, Turnstile(hosted.limits)
            if not same or hosted.suspended or self.state in ("suspended", "failed"):
                await self._left()
                self.state = "suspended" if hosted.suspended else "asleep"
                self.look_at = self._clock()
                if not same:
                    await self._forget()

    async def follow_choices(self, every_s: float = CHOICES_S) -> None:
        """Build it anew when a plugin was switched on or off in it; looks every ``every_s`` while it is awake."""
        if self.state != "awake" or time.monotonic() - self._compared_at < every_s:
            return
        async with self._lock:
            self._compared_at = time.monotonic()
            crm = self._crm
            if self.state != "awake" or crm is None:
                return
            try:
                same = await _as_chosen(crm)
            except Unavailable:
                return
            if not same:
                await self._left()
                self.state, self.look_at = "asleep", self._clock()
                await self._forget()

    async def leave(self) -> None:
        """Let the open requests end and stop for good."""
        async with self._lock:
            await self._left()
            self.state = "gone"
            await self._forget()

    async def forget(self) -> None:
        """Forget what was built of a sleeping workspace: it takes no memory, and a good third of a second to wake."""
        async with self._lock:
            if self.state != "awake":
                await self._forget()

    async def _wake(self) -> None:
        if self.state == "awake":
            return
        if self.state in ("suspended", "gone"):
            raise NotOpen(self.state, None)
        if self.state == "failed" and time.monotonic() - self._failed_at < AGAIN_S:
            raise NotOpen(self.state, max(1, round(AGAIN_S - time.monotonic() + self._failed_at)))
        began = time.perf_counter()
        try:
            with structlog.contextvars.bound_contextvars(workspace=self.name):
                crm = await self._started()
                self._application = await self._applications.of(crm)
                with asking(crm):
                    await self._open.enter_async_context(running(crm, start=False, worker=self._worker(crm)))
        except Exception as error:
            self._fail(error)
            raise NotOpen(self.state, round(AGAIN_S)) from error
        self.state, self.reason = "awake", ""
        self.used_at = time.monotonic()
        self.wakes += 1
        self.woke_ms = (time.perf_counter() - began) * 1000

    async def _started(self) -> "Crm":
        crm = await self._built()
        await crm.start(migrate=not self._migrated)
        if not await _as_chosen(crm):
            # Somebody switched a plugin while it slept.
            await crm.stop()
            await self._forget()
            crm = await self._built()
            await crm.start()
        self._migrated, self._compared_at = True, time.monotonic()
        return crm

    async def _built(self) -> "Crm":
        if self._crm is None:
            # Loading plugins reads and compiles files: not on the event loop, where others are answered.
            self._crm = await asyncio.to_thread(_build, self.hosted, self._clock)
        return self._crm

    def _worker(self, crm: "Crm") -> "Worker":
        from crmcore.jobs.worker import Worker
        from crmcore.metrics.requests import metrics_of

        worker = crm.own(
            Worker, lambda: Worker(crm.jobs, crm.host, crm.clock, concurrency=self.hosted.limits.jobs_at_once)
        )
        metrics_of(crm).watch(worker)
        return worker

    async def _sleep(self, round_s: float) -> None:
        crm = self._crm
        if crm is None:
            return
        self.state = "asleep"
        # What is put down from here on is seen at the next look.
        with crm.bound():
            self.look_at = await self._next_look(crm, round_s)
        await self._stop(crm)

    async def _listens(self) -> bool:
        if self._crm is None:
            return False
        with self._crm.bound():
            found = await listens(self._crm)
        if found:
            self.used_at = time.monotonic()
        return found

    async def _next_look(self, crm: "Crm", round_s: float) -> datetime:
        latest = self._clock() + timedelta(seconds=round_s)
        due = await next_due(crm, shorter_s=round_s)
        return latest if due is None else min(latest, due)

    async def _left(self) -> None:
        until = time.monotonic() + LEAVING_S
        if self.state == "awake":
            self.state = "gone"  # nobody new comes in
            if self._crm is not None:
                self._crm.live.stop()
            while self.in_use and time.monotonic() < until:  # noqa: ASYNC110 - at most once a reload
                await asyncio.sleep(0.02)
            if self._crm is not None:
                await self._stop(self._crm)

    async def _stop(self, crm: "Crm") -> None:
        with structlog.contextvars.bound_contextvars(workspace=self.name), asking(crm):
            await self._open.aclose()
            await crm.stop()

    async def _forget(self) -> None:
        self._crm = self._application = None
        self._migrated = False

    def _fail(self, error: Exception) -> None:
        self.state, self._failed_at = "failed", time.monotonic()
        self.look_at = self._clock() + timedelta(seconds=AGAIN_S)
        self.reason = scrubbed(f"{type(error).__name__}: {error}")[:500]
        structlog.get_logger("crmcore.hosting").error(
            "workspace_failed", workspace=self.name, reason=self.reason
        )


async def _as_chosen(crm: "Crm") -> bool:
    """Tell whether ``crm`` is built of the plugins that are switched on in it now."""
    with crm.bound():
        return await crm.ledger.disabled() == crm.host.choice.disabled


def _build(hosted: Hosted, clock: Callable[[], datetime]) -> "Crm":
    from crmcore.workspace import Crm

    crm = Crm.build(hosted.settings, clock=clock)
    crm.follows_choices = True
    return crm
