"""The workspaces of one process, and what looks after them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import structlog

from crmcore.clock import Clock, utc_now
from crmcore.hosting.applications import Applications, composition_of
from crmcore.hosting.hosts_file import Hosts, read_hosts
from crmcore.hosting.tenant import Tenant
from crmcore.settings import SettingsError

EVERY_S = 1.0
AT_ONCE = 4
"""So many sleeping workspaces are looked after side by side."""


class Host:
    """Holds the workspaces of a hosts file; :meth:`reload` follows the file without touching who did not change."""

    def __init__(self, file: Path, clock: Clock = utc_now) -> None:
        self._file = file
        self._clock = clock
        self._applications = Applications()
        self._read: Hosts = read_hosts(file)
        self._written_at = _written_at(file)
        self.tenants = {name: self._tenant(name) for name in self._read.workspaces}
        self._by_host = self._hosts()
        self._looking = asyncio.Semaphore(AT_ONCE)

    @property
    def settings(self) -> Any:
        """The part of the file that all workspaces share."""
        return self._read.host

    def tenant_of(self, host: str) -> Tenant | None:
        """Return who answers to ``host``, a name as browsers send it, or None."""
        return self._by_host.get(host.rpartition(":")[0] if _has_port(host) else host.rstrip("."))

    async def reload(self) -> list[str]:
        """Read the file again and return a line for each workspace that was added, changed, suspended or taken away.

        A file that cannot be used changes nothing; raises :class:`~crmcore.settings.SettingsError`.
        """
        read = read_hosts(self._file)
        before, self._read = self._read, read
        lines = []
        leaving = [self.tenants.pop(name) for name in set(self.tenants) - set(read.workspaces)]
        for name, hosted in read.workspaces.items():
            tenant = self.tenants.get(name)
            if tenant is None:
                self.tenants[name] = self._tenant(name)
                lines.append(f"added {name}")
            elif hosted != before.workspaces[name]:
                lines.append(f"{'suspended' if hosted.suspended else 'changed'} {name}")
        self._by_host = self._hosts()
        changed = [
            self.tenants[name].change(hosted)
            for name, hosted in read.workspaces.items()
            if name in before.workspaces and hosted != before.workspaces[name] and name in self.tenants
        ]
        await asyncio.gather(*changed, *(tenant.leave() for tenant in leaving))
        lines += [f"took away {tenant.name}" for tenant in leaving]
        self._applications.keep_only({composition_of(one.crm) for one in self.tenants.values() if one.crm})
        for line in lines:
            structlog.get_logger("crmcore.hosting").info("hosts_file", change=line)
        return sorted(lines)

    def forget_time(self) -> None:
        """Read the file with the next turn, written or not."""
        self._written_at = -1

    def end_streams(self) -> None:
        """End the open streams of live updates: each is a request that would never end by itself."""
        for tenant in self.tenants.values():
            if tenant.state == "awake" and tenant.crm:
                tenant.crm.live.stop()

    async def reload_when_written(self) -> None:
        """Read the file again when it was written since; a mistake in it is logged, and nothing changes."""
        written_at = _written_at(self._file)
        if written_at == self._written_at:
            return
        self._written_at = written_at
        try:
            await self.reload()
        except SettingsError as error:
            structlog.get_logger("crmcore.hosting").error("hosts_file_refused", reason=str(error))

    @asynccontextmanager
    async def looking_after(self) -> AsyncIterator[None]:
        """Let idle workspaces sleep and run what is due in sleeping ones, as long as the block runs."""
        task = asyncio.create_task(self._look_after(), name="crmcore.hosting")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await asyncio.gather(*(tenant.leave() for tenant in self.tenants.values()))

    async def _look_after(self) -> None:
        while True:
            try:
                await self.reload_when_written()
                await self._turn()
            except Exception as error:
                structlog.get_logger("crmcore.hosting").error("hosting_turn_failed", error=repr(error)[:500])
            await asyncio.sleep(EVERY_S)

    async def _turn(self) -> None:
        host = self._read.host
        tenants = list(self.tenants.values())
        await asyncio.gather(*(one.sleep_when_idle(host.idle_s, host.round_s) for one in tenants))
        await asyncio.gather(*(one.follow_choices() for one in tenants))
        now = self._clock()
        due = [
            one for one in tenants if one.state == "asleep" and (one.look_at is None or one.look_at <= now)
        ]
        await asyncio.gather(*(self._look(one, host.round_s) for one in due))
        asleep = sorted(
            (one for one in tenants if one.built and one.state == "asleep"), key=lambda one: one.used_at
        )
        for tenant in asleep[: max(0, len(asleep) - host.built)]:
            await tenant.forget()

    async def _look(self, tenant: Tenant, round_s: float) -> None:
        async with self._looking:
            await tenant.look(round_s)

    def _tenant(self, name: str) -> Tenant:
        return Tenant(self._read.workspaces[name], self._applications, self._clock)

    def _hosts(self) -> dict[str, Tenant]:
        return {host: tenant for tenant in self.tenants.values() for host in tenant.hosted.hosts}


def _has_port(host: str) -> bool:
    name, colon, port = host.rpartition(":")
    return bool(colon) and port.isdigit() and not name.endswith(":")


def _written_at(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0
