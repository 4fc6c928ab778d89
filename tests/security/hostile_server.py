"""The whole application behind real sockets, in a thread of its own, with a watch over its event loop."""

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import uvicorn
from litestar import Litestar

from crmcore.http.app import create_app
from crmcore.http.cookies import session_cookie_name
from crmcore.settings import WorkspaceSettings
from crmcore.workspace import Crm

PASSWORD = "correct horse battery staple"
# reliability.md: the event loop is never blocked for longer. Measured in processor time of the loop's own
# thread as well, so that a busy machine is not taken for a blocked loop.
BLOCKED_S = 0.25
BEAT_S = 0.02


class HostileServer:
    """A served workspace with one record of each kind, an administrator's token and his signed-in browser."""

    def __init__(self, database_url: str, data_dir: Path) -> None:
        self.settings = WorkspaceSettings(data_dir=str(data_dir), database_url=database_url)
        self.port = 0
        self.token = ""
        self.cookie = ""
        self.ids: dict[str, str] = {}
        self.now_sending = ""
        self.blocked: list[tuple[str, float]] = []
        self.faults: list[tuple[str, str]] = []
        self.app: Litestar | None = None
        self._ready = threading.Event()
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._failure: BaseException | None = None

    @contextmanager
    def running(self) -> Iterator["HostileServer"]:
        """Serve until the block ends."""
        thread = threading.Thread(target=self._run, name="hostile-server", daemon=True)
        log = logging.getLogger("uvicorn.error")
        log.addFilter(self.emit_fault)
        thread.start()
        self._ready.wait(60)
        if self._failure is not None:
            raise self._failure
        try:
            yield self
        finally:
            assert self._loop is not None
            assert self._stop is not None
            self._loop.call_soon_threadsafe(self._stop.set)
            thread.join(30)
            log.removeFilter(self.emit_fault)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._failure = error
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        crm = Crm.build(self.settings)
        await crm.start()
        try:
            with crm.bound():
                await self._furnish(crm)
            self.app = create_app(crm, start=False, worker=False)
            listening = socket.create_server(("127.0.0.1", 0), backlog=512)
            self.port = listening.getsockname()[1]
            config = uvicorn.Config(self.app, log_config=None, lifespan="on", timeout_graceful_shutdown=2)
            server = uvicorn.Server(config)
            server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
            serving = asyncio.create_task(server.serve(sockets=[listening]))
            watching = asyncio.create_task(self._watch())
            while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.01)
            self._ready.set()
            await self._stop.wait()
            watching.cancel()
            server.should_exit = True
            await serving
        finally:
            await crm.stop()

    async def _furnish(self, crm: Crm) -> None:
        user = await crm.accounts.create_user("ada@example.com", "Ada Admin", PASSWORD, role="admin")
        self.token = await crm.accounts.create_token(user, "tests", ["all"])
        secret = await crm.accounts.sign_in("ada@example.com", PASSWORD, address="127.0.0.1", user_agent="t")
        self.cookie = f"{session_cookie_name(crm.settings)}={secret}"
        actor = await crm.accounts.actor_for_token(self.token)
        assert actor is not None
        documents: dict[str, dict[str, Any]] = {
            "company": {"name": "Orlova & Sons"},
            "contact": {"first_name": "Лена", "emails": ["lena@example.com"]},
            "task": {"title": "Call"},
            "tag": {"name": "vip"},
            "team": {"name": "Support"},
        }
        for key, document in documents.items():
            made = await crm.records.create(key, document, actor=actor)
            self.ids[crm.records.record_type(key).plural] = str(made.id)
        self.ids["users"] = str(UUID(str(user)))

    def emit_fault(self, record: logging.LogRecord) -> bool:
        """Keep what the server itself calls an error: a handler that failed after its answer had begun."""
        if record.levelno >= logging.ERROR:
            self.faults.append((self.now_sending, record.getMessage()))
        return record.levelno < logging.WARNING

    async def _watch(self) -> None:
        """Note what was being sent whenever the loop was away for longer than it may."""
        while True:
            before, worked = time.monotonic(), time.thread_time()
            await asyncio.sleep(BEAT_S)
            away, busy = time.monotonic() - before - BEAT_S, time.thread_time() - worked
            if away > BLOCKED_S and busy > BLOCKED_S:
                self.blocked.append((self.now_sending, round(busy, 3)))
