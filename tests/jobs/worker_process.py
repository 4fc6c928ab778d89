"""A worker as a process of its own: ``python worker_process.py DATABASE_URL FILE SECONDS_PER_JOB``.

Its job ``core.note`` appends a line ``NUMBER PROCESS`` to FILE, when it is done.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from typing import Any

from jobs_host import Host

from crmcore.clock import utc_now
from crmcore.contracts.context import PluginContext
from crmcore.database.database import Database
from crmcore.jobs.queue import JobQueue
from crmcore.jobs.worker import Worker


async def main(url: str, file: str, pause_s: float) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    async def note(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await asyncio.sleep(pause_s)
        os.write(descriptor, f"{payload['n']} {os.getpid()}\n".encode())

    host = Host()
    host.add("core", "note", note)
    database = Database.from_url(url)
    await database.open()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await Worker(JobQueue(database, utc_now), host, utc_now, lease_s=1.5).run(stop)
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
