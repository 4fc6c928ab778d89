"""The workspace under load: its data, its database, and ``crmcore serve`` as a process of its own."""

import asyncio
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from benchmarks.field_bar.plugins import JAM, WITNESS, install
from benchmarks.field_bar.sent import Order
from crmcore.contracts.actors import system_actor
from crmcore.contracts.fields import CustomField
from crmcore.settings import load_settings
from crmcore.testing.postgres import OwnPostgresServer
from crmcore.workspace import Crm

READY_S = 90.0
END_S = 60.0


class Filled(Struct):
    """A new workspace: a token that may do all, and the orders."""

    token: str
    orders: list[Order]


async def fill(folder: Path, url: str, orders: int) -> Filled:
    """Make a workspace in ``folder`` and at ``url`` with so many orders and a channel account ``bar``."""
    crm = Crm.build(load_settings(environment={}, data_dir=str(folder), database_url=url, no_plugins=["*"]))
    await crm.start()
    try:
        with crm.bound():
            actor = system_actor("load")
            for key, type in (("state", "text"), ("step", "integer")):
                await crm.fields.create(
                    CustomField(record_type="contact", key=key, label=key.title(), type=type), actor=actor
                )
            user = await crm.accounts.create_user("bar@example.com", "Bar", None, role="admin")
            token = await crm.accounts.create_token(user, "bar", ["all"])
            await crm.channel_accounts.create("api", "Bar", {}, actor=actor, slug="bar")
            made = []
            for number in range(orders):
                document = {"first_name": "Order", "last_name": f"order{number}"}
                record = await crm.records.create("contact", document, actor=actor)
                made.append(Order(id=str(record.id), version=record.version))
    finally:
        await crm.stop()
    return Filled(token, made)


class Place:
    """A running workspace that can be restarted, killed, robbed of its database, and jammed."""

    def __init__(
        self, folder: Path, url: str, *, processes: int = 1, postgres: OwnPostgresServer | None = None
    ) -> None:
        self.folder = folder
        self.url = url
        self.processes = processes
        self.postgres = postgres
        self.port = _free_port()
        self.events = folder / "events"
        self._jam = folder / "jam"
        self._process: asyncio.subprocess.Process | None = None
        install(folder / "site", "witness", WITNESS)
        install(folder / "site", "jam", JAM)
        self.events.touch()

    async def start(self) -> None:
        """Start the server and return once it answers."""
        several = ["--workers", str(self.processes)] if self.processes > 1 else []
        with (self.folder / "log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "crmcore.cli", "serve", "--port", str(self.port), *several),
                env=self._environment(),
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )
        await self._until("Address: ", self._said())

    async def renew(self) -> None:
        """Restart it as an operator would: its processes one by one, or the one process."""
        if self.processes > 1:
            before = self._said()
            self._running().send_signal(signal.SIGHUP)
            await self._until("Every web process is new.", before)
        else:
            await self.stop()
            await self.start()

    async def kill(self) -> None:
        """Kill it in the middle of its work, and start it again."""
        self._running().kill()
        await self._running().wait()
        await self.start()

    async def restart_database(self) -> None:
        """Stop PostgreSQL, cutting every connection, and start it again two seconds later."""
        assert self.postgres is not None
        # In this thread: the server lives and dies with the thread that starts it.
        self.postgres.halt()
        await asyncio.sleep(2)
        self.postgres.start()

    def jam(self, *, hangs: bool) -> None:
        """Let the plugin ``jam`` hang in all its hooks, or go on."""
        self._jam.touch() if hangs else self._jam.unlink(missing_ok=True)

    async def stop(self) -> None:
        """End it as a service manager does."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), END_S)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    def log(self) -> str:
        """Return what the server said."""
        with suppress(FileNotFoundError):
            return (self.folder / "log").read_text(encoding="utf-8", errors="replace")
        return ""

    def _running(self) -> asyncio.subprocess.Process:
        assert self._process is not None
        return self._process

    def _said(self) -> int:
        file = self.folder / "log"
        return file.stat().st_size if file.exists() else 0

    async def _until(self, line: str, since: int) -> None:
        end = time.monotonic() + READY_S
        while line not in self.log().encode()[since:].decode(errors="replace"):
            if self._running().returncode is not None or time.monotonic() > end:
                raise RuntimeError(f"the server did not say {line!r}:\n{self.log()[-3000:]}")
            await asyncio.sleep(0.1)

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CRMCORE_")}
        kept.pop("PORT", None)
        path = os.pathsep.join([str(self.folder / "site"), kept.get("PYTHONPATH", "")]).strip(os.pathsep)
        return {
            **kept,
            "PYTHONPATH": path,
            "PYTHONUNBUFFERED": "1",
            "BAR_EVENTS": str(self.events),
            "BAR_JAM": str(self._jam),
            "CRMCORE_DATA": str(self.folder),
            "CRMCORE_DATABASE_URL": self.url,
            "CRMCORE_PLUGINS": "jam,witness",
            "CRMCORE_BASE_URL": f"http://127.0.0.1:{self.port}",
        }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
