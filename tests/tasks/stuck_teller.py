"""Tells of due tasks and woken conversations, and stands still between marking and telling: to be killed there.

``stuck_teller.py DATABASE DATA FILE``: the file is written when it stands.
"""

import asyncio
import sys
from pathlib import Path
from typing import Any

from crmcore.settings import WorkspaceSettings
from crmcore.workspace import Crm


async def work(database: str, data: str, file: str) -> None:
    """Do what the periodic jobs do, as far as the call that would tell the pages."""
    crm = Crm.build(WorkspaceSettings(data_dir=data, database_url=database), entry_points=[])
    await crm.start(migrate=False)

    async def stand(*arguments: Any, **named: Any) -> None:
        await asyncio.to_thread(Path(file).touch)
        await asyncio.sleep(600)

    crm.live.publish = stand  # type: ignore[method-assign]  # that is what the test is about
    with crm.bound():
        await (crm.conversations.wake_due() if "snooze" in file else crm.notifications.due.tell())


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:]))
