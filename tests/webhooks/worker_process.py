"""A worker of a workspace in a process of its own: ``worker_process.py DATABASE DATA HOST``."""

import asyncio
import sys

from crmcore.jobs.worker import Worker
from crmcore.settings import WorkspaceSettings
from crmcore.workspace import Crm


async def work(database: str, data: str, host: str) -> None:
    """Work until killed, with leases of a second."""
    settings = WorkspaceSettings(data_dir=data, database_url=database, outgoing_hosts=[host])
    crm = Crm.build(settings, entry_points=[])
    await crm.start(migrate=False)
    await Worker(crm.jobs, crm.host, crm.clock, lease_s=1.0).run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:]))
