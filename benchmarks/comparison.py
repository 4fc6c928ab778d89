"""Servers side by side: each a process, asked in turn, a slice of a second at a time."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from benchmarks.base import Base
from benchmarks.load import Asked, Load, get
from benchmarks.requests import rows_of

SLICE_S = 0.5


class Figures(Struct, frozen=True, kw_only=True):
    """What one kind of request came to at one server: answers a second, milliseconds, and those of its processor.

    On a machine that does other things too, the processor's time is what can be compared.
    """

    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float


class Line(Struct, frozen=True, kw_only=True):
    """A line of the table: the figures by server, and how many a second are wanted."""

    name: str
    aim: int
    figures: dict[str, Figures]


class Compared(Struct, frozen=True, kw_only=True):
    """One base's table, and the megabytes that crmcore's process held at its end (0 where they are not told)."""

    lines: list[Line]
    memory_mb: float


def compare(
    base: Base, places: Mapping[str, tuple[str, Path]], seconds: float, told: Callable[[str], None]
) -> Compared:
    """Ask the servers of ``places`` (kind to database URL and folder) for ``seconds`` each and kind of request."""
    with ExitStack() as stack:
        servers = {
            kind: stack.enter_context(served(kind, url, folder, base))
            for kind, (url, folder) in places.items()
        }
        lines = []
        for row in rows_of(base):
            asked = {kind: Asked() for kind in servers}
            spent = dict.fromkeys(servers, 0.0)
            for load, _ in servers.values():
                load.run(row.ask, SLICE_S / 2, Asked())  # warms up
            for _ in range(max(round(seconds / SLICE_S), 1)):
                for kind, (load, process) in servers.items():
                    before = _cpu_s(process)
                    load.run(row.ask, SLICE_S, asked[kind])
                    spent[kind] += _cpu_s(process) - before
            figures = {
                kind: Figures(
                    per_second=found.per_second,
                    p50_ms=found.percentile(0.5),
                    p99_ms=found.percentile(0.99),
                    cpu_ms=spent[kind] * 1000 / len(found.times_ms),
                )
                for kind, found in asked.items()
            }
            lines.append(Line(name=row.name, aim=row.aim, figures=figures))
            told(f"  {row.name}: " + ", ".join(f"{k} {f.per_second:.0f}/s" for k, f in figures.items()))
        return Compared(lines=lines, memory_mb=_memory_mb(servers["crmcore"][1]))


@contextmanager
def served(kind: str, url: str, folder: Path, base: Base) -> Iterator[tuple[Load, "subprocess.Popen[bytes]"]]:
    """Run the server of ``kind`` as long as the block lasts."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "benchmarks.server",
        kind,
        url,
        str(folder),
        str(base.account),
        str(port),
    ]
    with subprocess.Popen(command) as process:  # our own arguments
        try:
            load = until_it_answers(process, port, base.token)
            yield load, process
            load.close()
        finally:
            process.terminate()


def until_it_answers(process: "subprocess.Popen[bytes]", port: int, token: str) -> Load:
    """Return a load on the server once it takes connections and answers."""
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError):
            load = Load(port)
            load.run(lambda turn: get("/api/contacts?limit=1", token), 0, Asked())
            return load
        time.sleep(0.02)
    raise RuntimeError("a server does not answer")


def _cpu_s(process: "subprocess.Popen[bytes]") -> float:
    """Return the seconds of processor time that the server has used; 0 where they are not told."""
    with suppress(OSError):
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _memory_mb(process: "subprocess.Popen[bytes]") -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return 0.0
