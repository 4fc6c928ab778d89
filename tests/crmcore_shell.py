"""The command as people run it: a process of its own, in an empty folder."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

HANDED = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])
"""
COMMAND = [sys.executable, "-m", "crmcore.cli"]


class Shell:
    """Runs ``crmcore`` in one folder; ``variables`` are added to its environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.variables: dict[str, str] = {}
        self._running: list[Server] = []

    def environment(self) -> dict[str, str]:
        """Return the environment without anything of crmcore's but ours."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CRMCORE_")}
        kept.pop("PORT", None)
        return {**kept, "CRMCORE_DATA": str(self.folder / "data"), "PYTHONUNBUFFERED": "1", **self.variables}

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command to its end and return what it said."""
        return subprocess.run(
            [*COMMAND, *arguments],
            cwd=self.folder,
            env=self.environment(),
            input=stdin,
            text=True,
            capture_output=True,
            timeout=90,
            check=False,
        )

    def ok(self, *arguments: str, stdin: str = "") -> str:
        """Run a command that has to succeed and return its stdout."""
        done = self.run(*arguments, stdin=stdin)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refused(self, *arguments: str) -> str:
        """Run a command that has to be refused with exit code 1 and one sentence; return the sentence."""
        done = self.run(*arguments)
        assert done.returncode == 1, done.stdout + done.stderr
        assert done.stderr.startswith("crmcore: ") and done.stderr.count("\n") == 1, done.stderr
        return done.stderr.removeprefix("crmcore: ").strip()

    def start(self, *arguments: str, listening: socket.socket | None = None) -> "Server":
        """Start a command that keeps running; as systemd does for a socket unit when one is ``listening``."""
        handed = () if listening is None else (listening.fileno(),)
        before = [part for number in handed for part in (sys.executable, "-c", HANDED, str(number))]
        server = Server([*before, *COMMAND, *arguments], self.folder, self.environment(), handed)
        self._running.append(server)
        return server

    def end_all(self) -> None:
        """Kill what a test left running."""
        for server in self._running:
            server.kill()


class Server:
    """A running command, its output read as it comes."""

    def __init__(
        self, command: Sequence[str], folder: Path, environment: dict[str, str], handed: Sequence[int] = ()
    ) -> None:
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=handed,
        )
        self.out: list[str] = []
        self.err: list[str] = []
        self._news = threading.Condition()
        self._readers = [
            threading.Thread(target=self._read, args=(self.process.stdout, self.out), daemon=True),
            threading.Thread(target=self._read, args=(self.process.stderr, self.err), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, stream: Iterator[str], lines: list[str]) -> None:
        for line in stream:
            with self._news:
                lines.append(line.rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self._news.notify_all()

    def line(self, beginning: str, timeout_s: float = 60) -> str:
        """Wait for a line of stdout that begins so, and return what follows."""

        def found() -> bool:
            return any(line.startswith(beginning) for line in self.out) or self.process.poll() is not None

        with self._news:
            assert self._news.wait_for(found, timeout_s), f"no {beginning!r} in {self.out} {self.err}"
        for line in self.out:
            if line.startswith(beginning):
                return line.removeprefix(beginning).strip()
        raise AssertionError(
            f"ended with {self.process.returncode} before {beginning!r}: {self.out} {self.err}"
        )

    def end(self, number: int = signal.SIGTERM, timeout_s: float = 60) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.wait(timeout_s)

    def wait(self, timeout_s: float = 60) -> int:
        """Wait for the end and return the exit code."""
        code = self.process.wait(timeout_s)
        for reader in self._readers:
            reader.join(5)
        return code

    def kill(self) -> None:
        """End it whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        for reader in self._readers:  # until nobody holds the other end any more, a child of the child either
            reader.join(20)
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()
