"""A worker that is killed in the middle of a delivery: it is made once more, under the same id."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

from pytest_httpserver import HTTPServer
from receiver import Receiver
from subscribers import contact, endpoint, user
from werkzeug import Request, Response

from crmcore.jobs.worker import Worker
from crmcore.settings import WorkspaceSettings
from crmcore.webhooks.tables import WebhookDelivery
from crmcore.workspace import Crm

HERE = Path(__file__).parent


async def test_kill_9_in_the_middle_of_a_delivery_means_once_more(
    database_url: str, tmp_path: Path, httpserver: HTTPServer, receiver: Receiver
) -> None:
    host, data = f"{httpserver.host}:{httpserver.port}", str(tmp_path / "data")
    settings = WorkspaceSettings(data_dir=data, database_url=database_url, outgoing_hosts=[host])
    crm = Crm.build(settings, entry_points=[])
    await crm.start()
    killed = asyncio.Event()

    def answer(request: Request) -> Response:
        ends = time.monotonic() + 15
        while not killed.is_set() and time.monotonic() < ends:
            time.sleep(0.02)
        return Response(status=204)

    receiver.answer = answer
    command = [sys.executable, str(HERE / "worker_process.py"), database_url, data, host]
    try:
        with crm.bound():
            admin = await user(crm, "admin")
            await endpoint(crm, admin, receiver.url, events=["contact_created"])
            await contact(crm, admin)
            with subprocess.Popen(command) as process:  # noqa: ASYNC220 - it is started at once
                async with asyncio.timeout(30):
                    while not receiver.got:  # noqa: ASYNC110 - another process fills it
                        await asyncio.sleep(0.05)
                process.kill()
            killed.set()
            stop = asyncio.Event()
            working = asyncio.create_task(Worker(crm.jobs, crm.host, crm.clock, lease_s=1.0).run(stop))
            async with asyncio.timeout(30):
                while not await WebhookDelivery.exists().where(WebhookDelivery.state == "delivered"):  # noqa: ASYNC110 - as above
                    await asyncio.sleep(0.1)
            stop.set()
            await working
    finally:
        await crm.stop()
    assert len(receiver.got) == 2
    assert len(set(receiver.ids())) == 1
