"""Killed with -9 between marking and telling, restarted, two workers: everybody is told exactly once."""

import asyncio
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from crmcore.contracts.actors import system_actor
from crmcore.jobs.worker import Worker
from crmcore.notifications.tables import Notification
from crmcore.settings import WorkspaceSettings
from crmcore.workspace import Crm

HERE = Path(__file__).parent
SYSTEM = system_actor()


@pytest.mark.parametrize("what", ["reminder", "snooze"])
async def test_nobody_is_told_twice_and_nobody_not_at_all(
    database_url: str, tmp_path: Path, what: str
) -> None:
    data, standing = str(tmp_path / "data"), tmp_path / what
    settings = WorkspaceSettings(data_dir=data, database_url=database_url)
    crm = Crm.build(settings, entry_points=[])
    await crm.start()
    try:
        with crm.bound():
            anna = await crm.accounts.create_user("anna@example.com", "Anna", None)
            soon = crm.clock() + timedelta(seconds=0.5)
            if what == "reminder":
                document = {"title": "Call", "assignee_id": str(anna), "remind_at": soon.isoformat()}
                await crm.records.create("task", document, actor=SYSTEM)
            else:
                document = {"subject": "Later", "assignee_id": str(anna)}
                made = await crm.records.create("conversation", document, actor=SYSTEM, internal={})
                await crm.conversations.snooze(made.id, soon, actor=SYSTEM)
            await Notification.delete(force=True)
            await asyncio.sleep(0.6)
            command = [sys.executable, str(HERE / "stuck_teller.py"), database_url, data, str(standing)]
            with subprocess.Popen(command) as process:  # noqa: ASYNC220 - it is started at once
                async with asyncio.timeout(30):
                    while not standing.exists():  # noqa: ASYNC110 - another process writes it
                        await asyncio.sleep(0.05)
                process.kill()
            assert not await Notification.exists()
            stop = asyncio.Event()
            workers = [Worker(crm.jobs, crm.host, crm.clock, lease_s=1.0) for _ in range(2)]
            working = [asyncio.create_task(worker.run(stop)) for worker in workers]
            async with asyncio.timeout(30):
                while not await Notification.exists():  # noqa: ASYNC110 - the workers write it
                    await asyncio.sleep(0.1)
            await crm.notifications.due.tell()
            await crm.conversations.wake_due()
            stop.set()
            await asyncio.gather(*working)
            assert await Notification.count() == 1
    finally:
        await crm.stop()
