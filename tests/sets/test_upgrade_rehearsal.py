"""An upgrade and the way back, as docs/operations.md says, from a version that is named: CRMCORE_REHEARSAL=v0.1.0."""

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from environment import ROOT, Environment, wheel_of

OLD = os.environ.get("CRMCORE_REHEARSAL", "")
PATIENCE_S = 90

pytestmark = [
    pytest.mark.skipif(not OLD, reason="name the older version in git: CRMCORE_REHEARSAL=v0.1.0"),
    pytest.mark.timeout(900),
]


def environment_of(folder: Path, source: Path) -> Environment:
    """Return a new environment with the wheels of a checkout's core and validators."""
    made = Environment(folder / "env")
    wheels = [wheel_of(place, folder / "wheels") for place in (source, source / "plugins" / "crm-validators")]
    made.install(*wheels)
    return made


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Environment, Environment]:
    """The older version, and this one."""
    old = tmp_path_factory.mktemp("old")
    (old / "source").mkdir()
    archive = old / "source.tar"
    subprocess.run(["git", "-C", str(ROOT), "archive", "-o", str(archive), OLD], check=True, timeout=60)
    shutil.unpack_archive(archive, old / "source")
    return environment_of(old, old / "source"), environment_of(tmp_path_factory.mktemp("new"), ROOT)


class House:
    """The processes of one workspace, each of the version that is in force when it starts."""

    def __init__(self, folder: Path, url: str, ports: list[int]) -> None:
        self.folder = folder
        self.ports = ports
        self.variables = {
            "PATH": "/usr/bin:/bin",
            "CRMCORE_DATA": str(folder / "data"),
            "CRMCORE_DATABASE_URL": url,
            "CRMCORE_PLUGINS": "validators",
            "CRMCORE_BASE_URL": "http://127.0.0.1:8000",
        }
        self.token = ""
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def call(self, version: Environment, *arguments: str, typed: str = "", code: int = 0) -> str:
        """Run a command to its end and return what it said."""
        done = subprocess.run(
            [str(version.python), "-m", "crmcore.cli", *arguments],
            env=self.variables,
            cwd=self.folder,
            input=typed,
            text=True,
            capture_output=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return str(done.stdout)

    def start(self, version: Environment, name: str, *arguments: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            command = [str(version.python), "-m", "crmcore.cli", *arguments]
            self._running[name] = subprocess.Popen(
                command, env=self.variables, cwd=self.folder, stdout=log, stderr=log
            )

    def end(self, name: str) -> None:
        process = self._running.pop(name)
        process.terminate()
        assert process.wait(60) == 0, (self.folder / f"{name}.log").read_text()[-2000:]

    def begin(self, version: Environment) -> None:
        """Start every process, and wait until the pages answer."""
        for number, port in enumerate(self.ports):
            self.renew(version, number)
            self.until_ready(port)

    def renew(self, version: Environment, number: int) -> None:
        """Replace one web process; where there are several, a worker too."""
        port = self.ports[number]
        parts = {f"web{port}": ("serve", "--port", str(port))}
        if len(self.ports) > 1:
            parts = {f"web{port}": (*parts[f"web{port}"], "--no-worker"), f"worker{number}": ("worker",)}
        for name, arguments in parts.items():
            if name in self._running:
                self.end(name)
            self.start(version, name, *arguments)
        self.until_ready(port)

    def until_ready(self, port: int) -> None:
        until = time.monotonic() + PATIENCE_S
        while self.asked("GET", "/health/ready", ports=[port])[0] != 200:
            assert time.monotonic() < until
            time.sleep(0.1)

    def stop(self) -> None:
        for name in list(self._running):
            self.end(name)

    def kill(self) -> None:
        for process in self._running.values():
            process.kill()
            process.wait(10)

    def asked(
        self, method: str, path: str, document: Any = None, key: str = "", ports: list[int] | None = None
    ) -> tuple[int, Any]:
        """Ask one process after the other, as a proxy does; 0 when none answers."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        headers |= {"Idempotency-Key": key} if key else {}
        for port in ports or self.ports:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            try:
                connection.request(method, path, json.dumps(document) if document else None, headers)
                answer = connection.getresponse()
                return answer.status, json.loads(answer.read())
            except (OSError, http.client.HTTPException):
                continue
            finally:
                connection.close()
        return 0, None


@pytest.fixture
def house(tmp_path: Path, fresh_database: Callable[[], str]) -> Iterator[House]:
    """A workspace with one web process on SQLite, two and two workers on PostgreSQL; its database is as new."""
    url = fresh_database()
    if url.startswith("sqlite"):
        url = f"sqlite:///{tmp_path / 'rehearsed.sqlite'}"
    else:
        _emptied(url)
    made = House(tmp_path, url, [_free_port() for _ in range(1 if url.startswith("sqlite") else 2)])
    yield made
    made.kill()


def test_nothing_is_lost_on_the_way_up_and_all_of_the_backup_is_there_on_the_way_back(
    versions: tuple[Environment, Environment], house: House
) -> None:
    old, new = versions
    house.begin(old)
    account = (
        "user",
        "add",
        "ada@example.com",
        "--role",
        "admin",
        "--password",
        "correct horse battery staple",
    )
    house.call(old, *account)
    given = house.call(old, "token", "add", "--user", "ada@example.com", "--scope", "all", "--json")
    house.token = json.loads(given)["token"]
    before = house.asked("POST", "/api/contacts", {"first_name": "Before"})[1]["id"]
    house.call(old, "backup", "--to", "before.tar.gz")

    made: list[str] = []
    failed: list[int] = []
    over = threading.Event()

    def create() -> None:
        while not over.is_set():
            key, until = f"key-{len(made)}-{time.monotonic()}", time.monotonic() + PATIENCE_S
            status, document = house.asked("POST", "/api/contacts", {"first_name": "Later"}, key)
            while status in (0, 409, 503) and time.monotonic() < until:
                time.sleep(0.2)
                status, document = house.asked("POST", "/api/contacts", {"first_name": "Later"}, key)
            if status == 201:
                made.append(document["id"])
            else:
                failed.append(status)
            time.sleep(0.1)

    creating = threading.Thread(target=create)
    creating.start()
    try:
        house.call(new, "plugins", "plan")
        house.call(new, "migrate")
        for number in range(len(house.ports)):
            house.renew(new, number)
        time.sleep(1)
    finally:
        over.set()
        creating.join()
    assert len(made) > 10 and not failed
    assert {house.asked("GET", f"/api/contacts/{id}")[0] for id in (before, *made)} == {200}
    assert house.asked("GET", "/api/plugins")[0] == 200
    house.call(new, "doctor", "--stored")

    house.stop()
    asks = house.call(old, "restore", "before.tar.gz", "--verify", "--replace", typed="no\n", code=1)
    [name] = re.findall(r"Type (\S+) to go on", asks)
    house.call(old, "restore", "before.tar.gz", "--verify", "--replace", typed=f"{name}\n")
    house.begin(old)
    assert house.asked("GET", f"/api/contacts/{before}")[1]["first_name"] == "Before"
    assert house.asked("GET", f"/api/contacts/{made[-1]}")[0] == 404
    assert house.asked("POST", "/api/contacts", {"first_name": "Again"})[0] == 201


def _emptied(url: str) -> None:
    import asyncio

    import asyncpg

    async def empty() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        await connection.close()

    asyncio.run(empty())


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])
