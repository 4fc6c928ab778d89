"""Listening: a plugin's long-lived task for each active account, in one process of all, begun anew when it ends."""

import asyncio
import os
import random
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from crmcore.connections.listening_log import LEASE, ListeningLog
from crmcore.contracts.channels import ChannelAccount
from crmcore.contracts.context import PluginContext
from crmcore.contracts.jobs import Retry
from crmcore.contracts.labels import text_of
from crmcore.conversations.found import Found
from crmcore.conversations.tables import ChannelAccountRow
from crmcore.errors import CrmError
from crmcore.plugins.failures import PluginFailed

if TYPE_CHECKING:
    from crmcore.workspace import Crm

LOOK_S = 2.0
"""So often accounts are looked at for changes that other processes made; this process's own are seen at once."""
STEP_S = 0.2
STEADY_S = 60.0
"""Who has listened so long did well: the next failure counts as the first."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
END_S = 5.0

Listen = Callable[[ChannelAccount, PluginContext], Awaitable[None]]


class Listening:
    """Keeps the tasks of one process that listen; any number of processes may share the database.

    A process that cannot reach the database stops listening before another may begin.
    """

    def __init__(self, crm: "Crm", *, first_pause_s: float = FIRST_PAUSE_S, look_s: float = LOOK_S) -> None:
        self._crm = crm
        self._leases = crm.leases
        self._holder = crm.leases.new_holder()
        self._place = f"{socket.gethostname()[:100]}:{os.getpid()}"
        self._first_pause_s = first_pause_s
        self._look_s = look_s
        self._tasks: dict[UUID, tuple[str, asyncio.Task[None]]] = {}
        self._kept_at: dict[UUID, float] = {}
        self._notes = ListeningLog(crm.database, crm.clock, self._place)
        self._log = structlog.get_logger("crmcore.connections")

    async def run(self, stop: asyncio.Event) -> None:
        """Listen until ``stop`` is set; at once when nothing that is loaded listens."""
        if not self.somebody_listens():
            return
        looked_at, changes = -self._look_s, -1
        beat_s = self._leases.lease_s / 6
        beaten_at = time.monotonic()
        with self._crm.database.bound():
            try:
                while not stop.is_set():
                    now, seen = time.monotonic(), self._crm.database.changes.of("channel_account")
                    try:
                        if now - beaten_at >= beat_s:
                            beaten_at = now
                            await self._beat()
                        if now - looked_at >= self._look_s or seen != changes:
                            looked_at, changes = now, seen
                            await self._look()
                    except Exception as error:
                        # The database is away, most likely: who is alive may have to prove it.
                        known = isinstance(error, CrmError)
                        say = self._log.info if known else self._log.error
                        say("accounts_not_read", error=type(error).__name__)
                        await self._let_go_of_overdue()
                    with suppress(TimeoutError):
                        await asyncio.wait_for(stop.wait(), STEP_S)
            finally:
                await self._end([*self._tasks])

    def somebody_listens(self) -> bool:
        """Tell whether any loaded channel or connection listens."""
        registry = self._crm.registry
        owned: list[Any] = [*registry.channels.values(), *registry.connections.values()]
        return any(one.item.listen is not None for one in owned)

    async def _look(self) -> None:
        wanted: dict[UUID, tuple[str, Found, Listen]] = {}
        for row in await ChannelAccountRow.select(
            ChannelAccountRow.id, ChannelAccountRow.version, ChannelAccountRow.channel
        ).where(ChannelAccountRow.state == "active"):
            found = await self._crm.channel_accounts.known(row["id"], row["version"])
            listen = found.service.listen if found.service is not None else None
            if listen is not None and not found.trouble:
                wanted[row["id"]] = (found.row["config"], found, listen)
        ended = [
            id
            for id, (config, task) in self._tasks.items()
            if id not in wanted or wanted[id][0] != config or task.done()
        ]
        await self._end(ended)
        for id, (config, found, listen) in wanted.items():
            if id not in self._tasks and await self._leases.take(_name(id), self._holder):
                self._kept_at[id] = time.monotonic()
                task = asyncio.create_task(self._keep_listening(found, listen), name=f"listen {id}")
                self._tasks[id] = (config, task)

    async def _beat(self) -> None:
        if not self._tasks:
            return
        began = time.monotonic()
        held = await self._leases.beat(self._holder)
        self._kept_at.update({id: began for id in self._tasks if _name(id) in held})
        lost = [id for id in self._tasks if _name(id) not in held]
        if lost:
            self._log.warning("listening_taken_over", accounts=[str(id) for id in lost])
            await self._end(lost)

    async def _let_go_of_overdue(self) -> None:
        """End what another process may begin soon, because nothing shows it that this one is alive."""
        before = time.monotonic() - self._leases.lease_s * 2 / 3
        await self._end([id for id in self._tasks if self._kept_at.get(id, 0.0) < before])

    async def _end(self, ids: list[UUID]) -> None:
        tasks = [self._tasks.pop(id)[1] for id in ids]
        for task in tasks:
            task.cancel()
        if not tasks:
            return
        await asyncio.wait(tasks, timeout=END_S)
        for id in ids:
            self._kept_at.pop(id, None)
        with suppress(CrmError):
            await self._leases.release([_name(id) for id in ids], self._holder)
            await self._notes.stopped(ids)

    async def _keep_listening(self, found: Found, listen: Listen) -> None:
        """Run ``listen`` again and again, with growing pauses while it ends soon."""
        plugin, id = found.account.plugin, found.row["id"]
        failures = 0
        while True:
            began = time.monotonic()
            after_s: float | None = None
            await self._noted(self._notes.began(id, failures))
            try:
                await self._crm.host.dispatch.stay(
                    plugin,
                    f"{found.row['kind']}.listen",
                    listen,
                    found.account,
                    self._crm.host.context(plugin),
                )
                error = text_of(_ENDED, "en")
            except Retry as retry:
                error, after_s = str(retry), retry.after_s
            except PluginFailed as failed:
                error = failed.detail or failed.sentence()
            except Exception as raised:
                error = str(raised) or type(raised).__name__
            failures = 1 if time.monotonic() - began >= STEADY_S else failures + 1
            pause_s = self._pause_s(failures) if after_s is None else max(self._first_pause_s, after_s)
            # A line that is down all night is told three times, not five hundred.
            say = self._log.warning if failures <= 3 else self._log.info
            say("listening_ended", account=str(id), plugin=plugin, again_in_s=round(pause_s, 1))
            await self._noted(self._notes.ended(id, error, failures, pause_s))
            await asyncio.sleep(pause_s)

    def _pause_s(self, failures: int) -> float:
        """Return a pause between half of the longest and all of it, so that many do not come back together."""
        longest_s = min(LONGEST_PAUSE_S, self._first_pause_s * 2.0 ** min(failures - 1, 20))
        return longest_s * (0.5 + random.random() / 2)  # noqa: S311 - spreads, guards nothing

    async def _noted(self, writing: Awaitable[None]) -> None:
        try:
            await writing
        except CrmError as error:
            # Listening goes on without its state being known.
            self._log.info("listening_not_noted", error=error.code)


_ENDED = {"en": "It ended by itself.", "ru": "Задача завершилась сама."}


def _name(id: UUID) -> str:
    return f"{LEASE}{id}"
