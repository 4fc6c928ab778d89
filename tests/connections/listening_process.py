"""A process that works a workspace: ``python listening_process.py DATABASE_URL DATA_DIR LEASE_S``."""

import asyncio
import signal
import sys
from importlib.metadata import EntryPoint

from crmcore.settings import WorkspaceSettings
from crmcore.workspace import Crm


async def main(url: str, data_dir: str, lease_s: float) -> None:
    settings = WorkspaceSettings(data_dir=data_dir, database_url=url, plugins=["connect"])
    crm = Crm.build(settings, entry_points=[EntryPoint("connect", "connect_plugin", "crmcore")])
    crm.leases.lease_s = lease_s
    await crm.start(migrate=False)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await crm.listening.run(stop)
    await crm.stop()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
