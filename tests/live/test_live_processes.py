"""Several processes: what one writes is heard in all, and open streams do not keep a server that is to end."""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import httpx2
import pytest
from crmcore_shell import Shell

from crmcore.contracts.actors import system_actor
from crmcore.settings import WorkspaceSettings
from crmcore.workspace import Crm

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter on Windows")

SYSTEM = system_actor("tests")


@pytest.fixture
def shell(tmp_path: Path, database_url: str) -> Iterator[Shell]:
    made = Shell(tmp_path)
    made.variables |= {"CRMCORE_DATABASE_URL": database_url, "CRMCORE_SECRET_KEY": ""}
    yield made
    made.end_all()


class Stream(threading.Thread):
    """A program that listens; ``heard`` are the changed records' ids with the time each was heard."""

    def __init__(self, address: str, token: str) -> None:
        super().__init__(daemon=True)
        self._address, self._token = address, token
        self.heard: dict[str, float] = {}
        self.ready, self.bye = threading.Event(), ""

    def run(self) -> None:
        headers = {"Authorization": f"Bearer {self._token}", "Connection": "close"}
        kind = ""
        with (
            httpx2.Client(timeout=60, headers=headers) as client,
            client.stream("GET", f"{self._address}/api/live") as answer,
        ):
            for line in answer.iter_lines():
                if line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    body = json.loads(line.removeprefix("data: "))
                    if kind == "hello":
                        self.ready.set()
                    elif kind == "change":
                        self.heard[body["record_id"]] = time.time()
                    elif kind == "bye":
                        self.bye = body["reason"]


async def test_what_one_process_writes_is_heard_in_all_of_them(
    shell: Shell, database_url: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    settings = WorkspaceSettings(data_dir=str(tmp_path / "data"), database_url=database_url)
    crm = Crm.build(settings, entry_points=[])
    await crm.start()
    try:
        with crm.bound():
            user = await crm.accounts.create_user("ada@example.com", "Ada", None, role="admin")
            token = await crm.accounts.create_token(user, "tests", ["read"])
            several = [] if database_url.startswith("sqlite") else ["--workers", "2"]
            server = shell.start("serve", "--port", "0", "--no-worker", *several)
            address = server.line("Address:")
            streams = [Stream(address, token) for _ in range(6)]
            for stream in streams:
                stream.start()
            assert all(stream.ready.wait(10) for stream in streams)
            took = []
            for number in range(10):
                record = await crm.records.create("contact", {"first_name": f"N{number}"}, actor=SYSTEM)
                began = time.time()
                while not all(str(record.id) in stream.heard for stream in streams):
                    assert time.time() - began < 5, "not everybody has heard it"
                    time.sleep(0.002)  # noqa: ASYNC251 - the streams are other threads
                    # What was committed is told to other processes from this loop.
                    await crm.bell.finish()
                took.append((max(stream.heard[str(record.id)] for stream in streams) - began) * 1000)
        record_property(
            "counted",
            f"from one process's commit to six streams of another's ({crm.database.kind}): "
            f"median {median(took):.0f} ms, at most {max(took):.0f} ms",
        )
        began = time.monotonic()
        assert server.end() == 0
        ended = time.monotonic() - began
        record_property("counted", f"serve with six open streams ended after {ended:.1f} s")
        assert ended < 15
        for stream in streams:
            stream.join(5)
        # Who is cut off hears no reason.
        assert {stream.bye for stream in streams} == {"stopping"}
    finally:
        await crm.stop()
