"""How long a workspace with five plugins takes from nothing to its first answer."""

import socket
import subprocess
import sys
import time
from contextlib import suppress
from importlib.metadata import entry_points
from pathlib import Path

PLUGINS = 5


def start_seconds(folder: Path) -> tuple[float, int]:
    """Return the seconds until a second start answers (the first has migrated), and with how many plugins."""
    names = sorted(point.name for point in entry_points(group="crmcore"))[:PLUGINS]
    _start(folder, names)
    return min(_start(folder, names) for _ in range(3)), len(names)


def _start(folder: Path, names: list[str]) -> float:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began = time.perf_counter()
    command = [
        sys.executable,
        "-m",
        "benchmarks.server",
        "plugins",
        ",".join(names),
        str(folder),
        "-",
        str(port),
    ]
    with subprocess.Popen(command) as process:  # our own arguments
        try:
            while process.poll() is None:
                with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=10) as asked:
                    asked.sendall(b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                    if asked.recv(100).startswith(b"HTTP/1.1 200"):
                        return time.perf_counter() - began
                time.sleep(0.005)
        finally:
            process.terminate()
    raise RuntimeError("the server did not start")
