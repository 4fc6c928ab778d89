"""Working the jobs of a workspace until a signal comes."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from crmcore.cli.serving import SAME_SIGNAL_S, leave_at_once_on_signals, on_stop_signal
from crmcore.jobs.worker import Worker

if TYPE_CHECKING:
    from crmcore.workspace import Crm


async def work_jobs(crm: Crm, *, concurrency: int, grace_s: float, announce: Callable[[], None]) -> None:
    """Work the jobs of ``crm`` until Ctrl-C or SIGTERM; call ``announce`` once signals are heard.

    Running jobs have ``grace_s`` seconds to end; a second signal, more than a second after the first, ends the
    process on the spot, and other workers take its jobs when their leases end.
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
        announce()
        await worker.run(stopping)
    leave_at_once_on_signals()
