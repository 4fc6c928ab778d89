"""The hub of one process: reads the log once for all who listen, and tells each what he may hear."""

import asyncio
from contextlib import suppress
from contextvars import Context
from time import monotonic
from typing import TYPE_CHECKING

import structlog

from crmcore.errors import CrmError
from crmcore.live.listener import Listener
from crmcore.live.log import EventLog, Reading
from crmcore.live.place import Place
from crmcore.live.sight import Common, Sight
from crmcore.live.wakers import listen_elsewhere

if TYPE_CHECKING:
    from crmcore.workspace import Crm

MAX_AT_ONCE = 200
"""Of more than so many events at once nobody is told one by one: everybody reads again what he shows."""
LOOK_ANYWAY_S = 5.0
"""So often the log is read without a ring: one can be lost with the process that was to send it."""
ACCESS_EVERY_S = 10.0
"""So often it is asked who the listeners are when nothing happens; with every news it is asked anyway."""
ASKED_AT_ONCE = 50
ACCESS_SOON_S = 0.5
"""How soon a change of roles and sessions by this process is noticed."""
LAST_S = 2.0
_TABLES = (
    "api_token",
    "login_session",
    "user_account",
    "role",
    "team",
    "team_member",
    "second_factor",
)


class Hub:
    """Works as long as somebody listens, and costs nothing otherwise."""

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm
        self._log = EventLog(crm.database)
        self._sight = Sight(crm.records)
        self._place: Place | None = None
        self.told: Place | None = None
        self._working: asyncio.Task[None] | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._looked_at = 0.0
        self._asked_at = 0.0
        self._changes = -1
        self.listeners: set[Listener] = set()

    @property
    def read(self) -> str:
        """The place up to which the log was read; empty while nobody listens."""
        return str(self._place) if self._working is not None else ""

    async def add(self, listener: Listener, last: str) -> tuple[bool, str]:
        """Let ``listener`` hear what happens from now on, and what he missed since the place ``last``.

        Return whether that place was found, and the place where his stream begins.
        """
        if self._working is None:
            end = await self._log.end()
            if self._working is None:
                self._begin(end)
        # Without a pause in between: what the hub reads from here on is told to him too.
        began = str(self._place)
        self.listeners.add(listener)
        if not last:
            return False, began
        listener.hold()
        since = await self._log.find(last)
        reading = await self._log.since(since, MAX_AT_ONCE) if since is not None else None
        if reading is None or reading.gap:
            place = str(reading.place) if reading is not None else began
            listener.reset(place)
            return False, place
        missed = await self._sight.of(reading.entries, listener.actor)
        listener.release(missed, str(reading.place))
        return True, last if missed else str(reading.place)

    def remove(self, listener: Listener) -> None:
        """Forget ``listener``; when he was the last, the work ends."""
        self.listeners.discard(listener)
        if not self.listeners and self._working is not None:
            self._crm.bell.hear(None)
            self._working.cancel()
            self._ending.add(self._working)
            self._working.add_done_callback(self._ending.discard)
            self._working = self.told = None

    async def finish(self) -> None:
        """Wait until the work has ended."""
        if self._ending:
            await asyncio.wait(self._ending, timeout=LAST_S)

    def _begin(self, place: Place) -> None:
        self._place = self.told = place
        loop = asyncio.get_running_loop()
        rung = asyncio.Event()
        rung.set()

        def ring() -> None:
            # A thread with an event loop of its own may have committed.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(rung.set)

        self._crm.bell.hear(ring)
        self._asked_at = monotonic()
        # In a context of its own: it outlives the request that was the first to listen.
        self._working = loop.create_task(self._work(rung), name="crmcore.live", context=Context())

    async def _work(self, rung: asyncio.Event) -> None:
        with self._crm.bound():
            elsewhere = asyncio.create_task(
                listen_elsewhere(self._crm.database, self._crm.bell, rung.set), name="crmcore.live.elsewhere"
            )
            try:
                while True:
                    await self._wait(rung)
                    try:
                        await self._turn(rung)
                    except Exception as error:
                        # The database is away, most likely: the place stays, and what happens is read later.
                        known = isinstance(error, CrmError)
                        log = structlog.get_logger("crmcore.live")
                        (log.info if known else log.error)("log_not_read", error=type(error).__name__)
                        await asyncio.sleep(ACCESS_SOON_S)
                        rung.set()
            finally:
                elsewhere.cancel()
                await asyncio.gather(elsewhere, return_exceptions=True)

    async def _turn(self, rung: asyncio.Event) -> None:
        if rung.is_set() or monotonic() - self._looked_at >= LOOK_ANYWAY_S:
            rung.clear()
            await self._round()
            self._looked_at = monotonic()
        if self._access_is_due():
            await self._ask_access()

    @staticmethod
    async def _wait(rung: asyncio.Event) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(ACCESS_SOON_S):
                await rung.wait()

    async def _round(self) -> None:
        before = self._place
        if before is None:
            return
        reading = await self._log.since(before, MAX_AT_ONCE)
        # Who comes while the others are told begins after this.
        self._place = reading.place
        if not reading.entries and not reading.gap:
            self.told = reading.place
            return
        try:
            await self._ask_access()
            await self._tell(reading)
        except BaseException:
            self._place = before
            raise
        self.told = reading.place

    async def _tell(self, reading: Reading) -> None:
        place = str(reading.place)
        if reading.gap:
            for listener in self.listeners:
                listener.reset(place)
            return
        common: dict[tuple[str, str], Common] = {}
        for listener in [*self.listeners]:
            listener.tell(await self._sight.of(reading.entries, listener.actor, common), place)
            await asyncio.sleep(0)  # a thousand listeners keep nobody waiting

    def _access_is_due(self) -> bool:
        changes = self._crm.database.changes.of(*_TABLES)
        return changes != self._changes or monotonic() - self._asked_at >= ACCESS_EVERY_S

    async def _ask_access(self) -> None:
        """Ask who the listeners are now; end the streams of those who are signed out or may do something else."""
        self._changes = self._crm.database.changes.of(*_TABLES)
        self._asked_at = monotonic()
        everybody = [*self.listeners]
        for start in range(0, len(everybody), ASKED_AT_ONCE):
            some = everybody[start : start + ASKED_AT_ONCE]
            sessions, tokens = await self._crm.accounts.actors_now(
                {listener.secret_hash for listener in some if listener.by == "session"},
                {listener.secret_hash for listener in some if listener.by == "token"},
            )
            for listener in some:
                actor = (sessions if listener.by == "session" else tokens).get(listener.secret_hash)
                if actor is None:
                    listener.end("signed_out")
                elif actor.sight != listener.actor.sight:
                    listener.end("access_changed")
                else:
                    listener.actor = actor
            await asyncio.sleep(0)
