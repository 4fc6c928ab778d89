"""Working the jobs of a workspace until a signal comes."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from crmcore.cli.serving import SAME_SIGNAL_S, leave_at_once_on_signals, on_stop_signal
from crmcore.jobs.worker import Worker

if TYPE_CHECKING:
    from crmcore.workspace import Crm


async def work_jobs(
    crm: Crm,
    *,
    concurrency: int,
    grace_s: float,
    announce: Callable[[], None],
    probe: socket.socket | None = None,
) -> None:
    """Work the jobs of ``crm`` until Ctrl-C or SIGTERM; call ``announce`` once signals are heard.

    Running jobs have ``grace_s`` seconds to end; a second signal, more than a second after the first, ends the
    process on the spot, and other workers take its jobs when their leases end. Metrics and health answer on
    ``probe``.
    """
    stopping = asyncio.Event()
    began_to_stop = 0.0

    def stop() -> None:
        nonlocal began_to_stop
        if not stopping.is_set():
            began_to_stop = time.monotonic()
            stopping.set()
        elif time.monotonic() - began_to_stop > SAME_SIGNAL_S:
            os._exit(0)

    worker = Worker(crm.jobs, crm.host, crm.clock, concurrency=concurrency, grace_s=grace_s)
    with on_stop_signal(stop):
        async with _probed(crm, worker, probe):
            announce()
            listening = asyncio.create_task(crm.listening.run(stopping), name="crmcore.listening")
            try:
                await worker.run(stopping)
            finally:
                stopping.set()
                await asyncio.gather(listening, return_exceptions=True)
    leave_at_once_on_signals()


@asynccontextmanager
async def _probed(crm: Crm, worker: Worker, probe: socket.socket | None) -> AsyncIterator[None]:
    """Answer on ``probe`` as long as the block runs, when there is one."""
    if probe is None:
        yield
        return
    from crmcore.cli.serving import server_of, until_started
    from crmcore.http.app import create_probe_app

    server = server_of(create_probe_app(crm, worker))
    serving = asyncio.create_task(server.serve(sockets=[probe]), name="crmcore.probe")
    try:
        await until_started(server, serving)
        yield
    finally:
        server.should_exit = True
        await serving
