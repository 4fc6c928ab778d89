"""Several processes of one workspace: nothing is done twice, nothing is lost, whoever ends."""

import asyncio
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from crmcore_shell import Server, Shell
from test_cli_plugins import install
from test_cli_serve import asked

from crmcore.clock import utc_now
from crmcore.database.database import Database
from crmcore.jobs.new_job import NewJob
from crmcore.jobs.queue import JobQueue
from crmcore.jobs.tables import JobRow

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter on Windows")

MARKS = """
import asyncio, os
from crmcore import Job, hookimpl

def mark(line):
    with open(os.environ["MARKS"], "a") as file:
        file.write(line + "\\n")

async def step(payload, plugin):
    mark(f"begun {payload['number']} {os.getpid()}")
    await asyncio.sleep(payload["seconds"])
    mark(f"done {payload['number']} {os.getpid()}")

@hookimpl
def register_jobs():
    return [Job(key="step", run=step)]
"""


class Marks:
    """What the jobs of a workspace have written down, and a way to give them more."""

    def __init__(self, shell: Shell, url: str) -> None:
        self._url = url
        self._file = shell.folder / "marks"
        self._file.touch()
        install(shell, "marks", MARKS)
        shell.variables |= {
            "CRMCORE_DATABASE_URL": url,
            "CRMCORE_PLUGINS": "marks",
            "CRMCORE_SECRET_KEY": "",
            "MARKS": str(self._file),
        }

    def put(self, count: int, seconds: float) -> None:
        async def put(database: Database) -> None:
            jobs = [
                NewJob(plugin="marks", name="step", payload={"number": number, "seconds": seconds})
                for number in range(count)
            ]
            await JobQueue(database, utc_now).enqueue_all(jobs)

        self._with_database(put)

    def left(self) -> int:
        async def left(database: Database) -> int:
            return await JobRow.count().where(JobRow.plugin == "marks")

        return self._with_database(left)

    def lines(self, word: str) -> list[list[str]]:
        lines = [line.split() for line in self._file.read_text().splitlines()]
        return [line[1:] for line in lines if line[0] == word]

    def until(self, word: str, count: int, timeout_s: float = 60) -> list[list[str]]:
        end = time.monotonic() + timeout_s
        while len(found := self.lines(word)) < count:
            assert time.monotonic() < end, f"only {len(found)} of {count} {word}"
            time.sleep(0.05)
        return found

    def _with_database(self, work: Callable[[Database], object]) -> object:
        async def run() -> object:
            database = Database.from_url(self._url)
            await database.open()
            try:
                with database.bound():
                    return await work(database)
            finally:
                await database.close()

        return asyncio.run(run())


@pytest.fixture
def marks(shell: Shell, database_url: str) -> Marks:
    return Marks(shell, database_url)


def test_two_workers_do_each_job_once_and_one_takes_over_from_a_killed_one(
    shell: Shell, marks: Marks
) -> None:
    workers = [shell.start("worker") for _ in range(2)]
    for worker in workers:
        worker.line("Working.")
    marks.put(40, 0.05)

    done = marks.until("done", 40)
    assert sorted(int(number) for number, _ in done) == list(range(40))
    assert len(marks.lines("begun")) == 40

    marks.put(8, 2.0)
    marks.until("begun", 44)
    workers[0].process.kill()
    done = marks.until("done", 48)[40:]
    assert sorted(int(number) for number, _ in done) == list(range(8))
    assert {pid for _, pid in done} == {str(workers[1].process.pid)}
    assert workers[1].end() == 0 and workers[1].out[-1] == "Stopped."
    assert marks.left() == 0


def test_a_worker_that_is_told_to_stop_finishes_what_it_can_and_gives_the_rest_back(
    shell: Shell, marks: Marks
) -> None:
    worker = shell.start("worker", "--grace", "1", "--concurrency", "4")
    worker.line("Working.")
    marks.put(2, 600)
    marks.until("begun", 2)

    began = time.monotonic()
    assert worker.end() == 0
    assert time.monotonic() - began < 30
    assert marks.left() == 2 and not marks.lines("done")

    another = shell.start("worker")
    another.line("Working.")
    marks.until("begun", 4, timeout_s=25)  # at once: nobody waits for a lease


def pids(server: Server) -> list[int]:
    return [int(line.split()[2]) for line in server.out if line.startswith("Web process")]


def test_web_processes_are_kept_alive_and_replaced_and_end_with_their_parent(
    shell: Shell, marks: Marks
) -> None:
    server = shell.start("serve", "--port", "0", "--workers", "2", "--allow-sqlite")
    address = server.line("Address: ")
    setup = server.line("Nobody has an account yet. Make the first one here: ")
    assert setup.startswith(f"{address}/setup/") and asked(address, setup.removeprefix(address))[0] == 200
    first = pids(server)
    marks.put(20, 0.01)

    os.kill(first[0], signal.SIGKILL)
    until(lambda: len(pids(server)) == 3)
    assert any("SIGKILL" in line for line in server.err)
    assert sorted(int(number) for number, _ in marks.until("done", 20)) == list(range(20))

    statuses: list[int] = []
    stopping = threading.Event()

    def ask() -> None:
        while not stopping.is_set():
            try:
                statuses.append(asked(address, "/health/live")[0])
            except OSError:
                statuses.append(0)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        server.process.send_signal(signal.SIGHUP)
        server.line("Every web process is new.")
    finally:
        stopping.set()
        asking.join(20)
    assert len(set(pids(server))) == 5
    assert sum("/setup/" in line for line in server.out) == 1
    assert len(statuses) > 10 and set(statuses) == {200}

    server.process.kill()
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids(server)))


def test_web_processes_end_when_told(shell: Shell) -> None:
    server = shell.start("serve", "--port", "0", "--workers", "2", "--allow-sqlite", "--no-worker")
    server.line("Address: ")

    assert server.end() == 0 and server.out[-1] == "Stopped."
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids(server))


def test_one_process_is_replaced_and_restarted_and_nobody_is_refused(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        server = shell.start("serve", "--workers", "1", "--no-worker", listening=listening)
        assert server.line("Address: ") == address
        server.process.send_signal(signal.SIGHUP)
        statuses = []
        while not any(line == "Every web process is new." for line in server.out):
            statuses.append(asked(address, "/health/live")[0])
        assert len(statuses) > 10 and set(statuses) == {200}
        assert server.end() == 0
        # Nobody serves: who comes now waits for the next.
        with ThreadPoolExecutor() as pool:
            waiting = pool.submit(asked, address, "/health/ready")
            again = shell.start("serve", "--no-worker", listening=listening)
            assert waiting.result()[0] == 200
        assert again.end() == 0


def until(what: Callable[[], bool], timeout_s: float = 60) -> None:
    end = time.monotonic() + timeout_s
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_several_web_processes_want_postgresql(shell: Shell) -> None:
    assert "PostgreSQL" in shell.refused("serve", "--port", "0", "--workers", "2")


def test_web_processes_that_cannot_start_are_told(shell: Shell) -> None:
    shell.variables = {"CRMCORE_PLUGINS": "nowhere"}
    done = shell.run("serve", "--port", "0", "--workers", "2", "--allow-sqlite", "--strict")

    assert done.returncode == 1 and "did not start" in done.stderr and "nowhere" in done.stderr
