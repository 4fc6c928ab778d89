"""Begins work in a workspace and is killed in the middle of it. Arguments: URL, FOLDER, WORK, ID."""

import asyncio
import os
import signal
import sys
from typing import Any
from uuid import UUID

from crmcore.privacy import handing_out
from crmcore.privacy.rooms.past import Past
from crmcore.settings import WorkspaceSettings
from crmcore.workspace import Crm


async def killed(*args: Any, **named: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


async def main(url: str, folder: str, work: str, id: str) -> None:
    if work == "erase":
        Past.erase = killed  # type: ignore[method-assign]  # here it ends
    crm = Crm.build(WorkspaceSettings(data_dir=folder, database_url=url))
    await crm.start(migrate=False)
    with crm.bound():
        if work == "erase":
            await crm.privacy.erasures.run(UUID(id))
        else:
            handing_out.write_bundle = killed
            await crm.privacy.exports.run(UUID(id))


asyncio.run(main(*sys.argv[1:]))
