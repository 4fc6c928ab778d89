"""Measures the first synchronisation of a large audience: ``python tests/measure_first_sync.py 100000``.

Mailchimp's stand-in answers from a process of its own over HTTP; the workspace works in another one, which is killed
(SIGKILL) as often as ``--kill`` says and started again. At the end every contact has to be a subscriber that was
handed over once, and its field has to say so; then a second synchronisation must find nothing to do.
"""

import argparse
import asyncio
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import uvicorn
from crm_mailchimp.standin.server import StandInServer
from crm_mailchimp.standin.service import StandInService

from crmcore import system_actor
from crmcore.settings import WorkspaceSettings
from crmcore.workspace import Crm

KEY, AUDIENCE = "0123456789abcdef0123456789abcdef-us3", "a36b032126"
POINTS = [EntryPoint("mailchimp", "crm_mailchimp.plugin", "crmcore")]
ADMIN = system_actor("measure")


class Counting(StandInService):
    """Counts how often each member was handed over."""

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.puts: Counter[str] = Counter()

    def _put(self, query: Any, body: Any, hash: str) -> Any:
        self.puts[hash] += 1
        return super()._put(query, body, hash)


def serve(port: int) -> None:
    """Answer as Mailchimp until killed; ``/figures`` tells what was counted."""
    service = Counting(key=KEY, audience=AUDIENCE)
    service.batches.address = f"http://127.0.0.1:{port}/results"
    server = StandInServer(service)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != "/figures":
            await server(scope, receive, send)
            return
        figures = {
            "members": len(service.members),
            "handed_over": service.puts.total(),
            "more_than_once": sum(count > 1 for count in service.puts.values()),
            "batches": len(service.batches.batches),
        }
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(figures).encode()})

    uvicorn.run(app, port=port, log_config=None, access_log=False, lifespan="off")


def built(url: str, folder: Path, port: int) -> Crm:
    """Return the workspace."""
    settings = WorkspaceSettings(
        data_dir=str(folder / "data"), database_url=url, outgoing_hosts=[f"127.0.0.1:{port}"]
    )
    return Crm.build(settings, entry_points=POINTS)


async def prepare(url: str, folder: Path, port: int, contacts: int) -> None:
    """Make a base of contacts that opted in, and connect the audience."""
    from crm_mailchimp.tables import mailchimp_app

    from benchmarks.filling import fill
    from crmcore.database.core_app import core_app
    from crmcore.tables import Contact

    crm = built(url, folder, port)
    await crm.database.open()
    await crm.database.migrate([core_app(), mailchimp_app()])
    with crm.database.bound():
        await fill(crm.database, contacts, 0, crm.clock(), lambda _: None)
        await Contact.update({Contact.custom: '{"mailchimp_opt_in":true}'}, force=True)
    await crm.database.close()
    crm = built(url, folder, port)
    await crm.start()
    with crm.bound():
        config = {"api_key": KEY, "audience_id": AUDIENCE, "api_address": f"http://127.0.0.1:{port}/3.0"}
        await crm.channel_accounts.create("audience", "News", config, actor=ADMIN, slug="news")
    await crm.stop()


async def synchronise(url: str, folder: Path, port: int) -> None:
    """Begin a synchronisation, or go on with the one under way, and work until it is done."""
    from crm_mailchimp.sync import start_sync
    from crm_mailchimp.sync_state import state_of_sync

    crm = built(url, folder, port)
    await crm.start()
    phases: Counter[str] = Counter()
    stop = asyncio.Event()
    with crm.bound():
        plugin = crm.host.context("mailchimp")
        (account,) = await plugin.connections.list("audience")
        # One that is under way goes on.
        await start_sync(account.id, plugin, whole=True)
        worker = asyncio.create_task(crm.worker.run(stop))
        began = time.monotonic()
        while (state := await state_of_sync(account.id, plugin)) is not None and state.phase != "done":
            phases[state.phase] += 1
            await asyncio.sleep(0.5)
        taken = time.monotonic() - began
        stop.set()
        await worker
    await crm.stop()
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"worked {taken:.0f} s, half seconds by phase {dict(phases)}, {rss} MB", flush=True)


def asked(port: int) -> dict[str, int]:
    """Return the stand-in's figures."""
    for _ in range(100):
        try:
            with urlopen(f"http://127.0.0.1:{port}/figures", timeout=60) as answer:
                found: dict[str, int] = json.loads(answer.read())
            return found
        except URLError:
            time.sleep(0.2)
    raise TimeoutError("the stand-in does not answer")


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("contacts", type=int, nargs="?", default=100_000)
    parser.add_argument("--kill", type=int, default=2)
    parser.add_argument("--url", default="")
    parser.add_argument("--port", type=int, default=8799)
    parser.add_argument("--do", default="")
    parser.add_argument("--folder", default="")
    given = parser.parse_args()
    folder = Path(given.folder or tempfile.mkdtemp(prefix="mailchimp-"))
    url = given.url or f"sqlite:///{folder}/crm.sqlite"
    if given.do == "serve":
        serve(given.port)
    elif given.do == "synchronise":
        asyncio.run(synchronise(url, folder, given.port))
    else:
        measure(given, folder, url)


def measure(given: argparse.Namespace, folder: Path, url: str) -> None:
    """Prepare, synchronise with kills, look at what came of it, and synchronise once more."""
    base = [sys.executable, __file__, str(given.contacts), "--url", url, "--port", str(given.port)]
    base += ["--folder", str(folder)]
    server = subprocess.Popen([*base, "--do", "serve"])
    try:
        asked(given.port)
        began = time.monotonic()
        asyncio.run(prepare(url, folder, given.port, given.contacts))
        print(f"prepared {given.contacts:,} contacts in {time.monotonic() - began:.0f} s", flush=True)
        began, kills = time.monotonic(), 0
        marks = [given.contacts * (n + 1) // (given.kill + 1) for n in range(given.kill)]
        worker = subprocess.Popen([*base, "--do", "synchronise"])
        while worker.poll() is None:
            time.sleep(0.5)
            figures = asked(given.port)
            if kills < len(marks) and figures["members"] >= marks[kills]:
                os.kill(worker.pid, signal.SIGKILL)
                worker.wait()
                kills += 1
                print(f"killed at {time.monotonic() - began:.0f} s: {figures}", flush=True)
                worker = subprocess.Popen([*base, "--do", "synchronise"])
        print(f"synchronised in {time.monotonic() - began:.0f} s with {kills} kills: {asked(given.port)}")
        if url.startswith("sqlite"):
            with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
                query = (
                    "SELECT json_extract(custom, '$.mailchimp_status') s, count(*) FROM contact GROUP BY s"
                )
                print(f"contacts by status: {connection.execute(query).fetchall()}")
                query = "SELECT status, count(*) FROM mailchimp_member GROUP BY status"
                print(f"members by status: {connection.execute(query).fetchall()}")
        before, began = asked(given.port), time.monotonic()
        subprocess.run([*base, "--do", "synchronise"], check=True)
        after = asked(given.port)
        echoed = after["handed_over"] - before["handed_over"]
        print(f"once more in {time.monotonic() - began:.0f} s: {echoed} handed over again")
    finally:
        server.kill()


if __name__ == "__main__":
    main()
