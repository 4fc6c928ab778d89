"""Workers as processes: killed in the middle, several on one database, told to end."""

import asyncio
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crmcore.clock import utc_now
from crmcore.database.database import Database
from crmcore.jobs.queue import JobQueue
from crmcore.jobs.tables import JobRow

HERE = Path(__file__).parent
Start = Callable[[float], "subprocess.Popen[bytes]"]


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return tmp_path / "notes"


@pytest.fixture
def start(database_url: str, notes: Path) -> Iterator[Start]:
    """Start a worker process whose jobs take so many seconds each."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(pause_s: float) -> "subprocess.Popen[bytes]":
        command = [sys.executable, str(HERE / "worker_process.py"), database_url, str(notes), str(pause_s)]
        processes.append(subprocess.Popen(command))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.wait()


def lines(notes: Path) -> list[tuple[int, int]]:
    """Return the number and the process of every job that was done."""
    if not notes.exists():
        return []
    parts = [line.split() for line in notes.read_text().splitlines()]
    return [(int(n), int(process)) for n, process in parts]


async def until_done(notes: Path, count: int, seconds: float = 40) -> None:
    ends = time.monotonic() + seconds
    while len({n for n, _ in lines(notes)}) < count:
        assert time.monotonic() < ends, f"only {len(lines(notes))} of {count}"
        await asyncio.sleep(0.02)


async def until_empty(queue: JobQueue, seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while sum((await queue.counts()).values()):  # noqa: ASYNC110 - another process empties it
            await asyncio.sleep(0.05)


async def test_kill_9_loses_no_acknowledged_job(database: Database, notes: Path, start: Start) -> None:
    queue = JobQueue(database, utc_now)
    for n in range(120):
        await queue.enqueue("core", "note", {"n": n}, ordering_key=f"record {n % 40}")
    for killed_after in (10, 40, 70):
        process = start(0.02)
        await until_done(notes, killed_after)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert (await queue.counts())["dead"] == 0
    start(0)
    await until_done(notes, 120)
    await until_empty(queue)
    times = Counter(n for n, _ in lines(notes))
    assert set(times) == set(range(120))
    # What was in the worker's hands when it was killed may run twice: at most 8 jobs a kill.
    assert sum(count - 1 for count in times.values()) <= 3 * 8
    # In order per record, all the same.
    for record in range(40):
        firsts = list(dict.fromkeys(n for n, _ in lines(notes) if n % 40 == record))
        assert firsts == sorted(firsts)


@pytest.mark.parametrize("processes", [2, 3])
async def test_processes_do_each_job_once_and_share_the_work(
    database: Database, notes: Path, start: Start, processes: int
) -> None:
    queue = JobQueue(database, utc_now)
    for _ in range(processes):
        start(0.02)
    for n in range(300):
        await queue.enqueue("core", "note", {"n": n})
    await until_done(notes, 300)
    await until_empty(queue)
    done = lines(notes)
    assert Counter(n for n, _ in done) == Counter(range(300))
    shares = Counter(process for _, process in done)
    # On a busy machine the last one starts when the others have done nearly all.
    assert len(shares) > 1, shares


async def test_sigterm_ends_a_worker_between_jobs(database: Database, notes: Path, start: Start) -> None:
    queue = JobQueue(database, utc_now)
    for n in range(100):
        await queue.enqueue("core", "note", {"n": n})
    process = start(0.1)
    await until_done(notes, 8)
    process.terminate()
    assert process.wait(10) == 0
    done = lines(notes)
    assert len(done) == len(set(done)) < 100
    assert await queue.counts() == {"queued": 100 - len(done), "running": 0, "dead": 0}
    assert {row["attempts"] for row in await JobRow.select(JobRow.attempts)} == {0}
