"""Serving a workspace: the port, the signals, and the moment it answers."""

from __future__ import annotations

import asyncio
import errno
import http.client
import os
import signal
import socket
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

from crmcore.cli.parent import watch_parent
from crmcore.cli.refusals import Refused
from crmcore.cli.settling import settle
from crmcore.spared_imports import import_with

if TYPE_CHECKING:
    import uvicorn
    from litestar import Litestar
    from litestar.types import ASGIApp

    from crmcore.cli.place import Place

T = TypeVar("T")

GRACE_S = 5
HANDED = 3
"""The first descriptor behind stdin, stdout and stderr: systemd's."""
READY_TIMEOUT_S = 60.0
SAME_SIGNAL_S = 1.0


def open_port(host: str, port: int, again: str) -> socket.socket:
    """Return a socket bound to ``host`` and ``port`` (0: any that is free), on which nobody listens yet.

    Raises :class:`Refused` with what to do when the port is taken or not allowed; ``again`` is what people type
    to try again, the port left open as ``{port}``.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        if port:
            _try_to_listen(family, address)
        bound = socket.socket(family, kind, protocol)
        _reuse(bound)
        bound.bind(address)
    except socket.gaierror as error:
        raise Refused(f"{host} is no address of this machine.") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Refused(
                f"Port {port} is in use by another program. Choose another one, for example: "
                f"{again.format(port=port + 1 if port < 65535 else 8000)}"
            ) from error
        if error.errno in (errno.EACCES, errno.EADDRNOTAVAIL):
            raise Refused(f"{host}:{port} may not be opened: {error.strerror}.") from error
        raise
    return bound


def handed_port() -> socket.socket | None:
    """Return the socket on which systemd listens for this process, sd_listen_fds(3); None where it does not.

    It stays open while nobody serves: who comes meanwhile waits, and is not refused.
    """
    number, process = os.environ.pop("LISTEN_FDS", ""), os.environ.pop("LISTEN_PID", "")
    os.environ.pop("LISTEN_FDNAMES", None)
    if process != str(os.getpid()):
        return None
    if number != "1":
        raise Refused(f"systemd hands over {number or 'no'} sockets: one ListenStream is served.")
    os.set_inheritable(HANDED, False)
    return socket.socket(fileno=HANDED)


def _reuse(bound: socket.socket) -> None:
    # On Windows the option means something else: it lets two programs share a port.
    if hasattr(signal, "SIGHUP"):
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)


def _try_to_listen(family: int, address: Any) -> None:
    """Listen for a moment: two bound sockets may share a port on Linux until one of them listens."""
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        _reuse(trial)
        trial.bind(address)
        trial.listen()


def address_of(bound: socket.socket) -> str:
    """Return the URL under which a browser of this machine reaches ``bound``."""
    host, port = bound.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        host = "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def announce(place: Place, bound: socket.socket, first: str = "") -> None:
    """Print where ``bound`` answers, that links lead there when no address is set, and the ``first`` link of all."""
    address = address_of(bound)
    if not place.address_is_said():
        click.echo(
            f"base_url is not set: links, in mails too, begin with {address}. Set it to the address that people use.",
            err=True,
        )
    click.echo(f"Address: {address}")
    if first:
        click.echo(f"Nobody has an account yet. Make the first one here: {first}")


@contextmanager
def on_stop_signal(stop: Callable[[], None]) -> Iterator[None]:
    """Call ``stop`` on Ctrl-C and SIGTERM instead of ending the process, as long as the block runs."""
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))
    try:
        yield
    finally:
        for number in numbers:
            with suppress(NotImplementedError):
                loop.remove_signal_handler(number)
            signal.signal(number, before[number] or signal.SIG_DFL)


@contextmanager
def ending_quietly() -> Iterator[None]:
    """End with exit code 0 when Ctrl-C or SIGTERM comes while nobody else listens: at the very start or end."""

    def stop(*_: object) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except KeyboardInterrupt:
        raise SystemExit(0) from None
    finally:
        # Python's own end gives other handlers back to the system, which would call a late Ctrl-C a failure.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)


def leave_at_once_on_signals() -> None:
    """From now on the process is ending anyway: a further signal ends it on the spot, without a traceback."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))


async def unless_stopped(work: Coroutine[Any, Any, T]) -> T | None:
    """Return what ``work`` returns; None when Ctrl-C or SIGTERM came first, after ``work`` was cancelled."""
    task = asyncio.create_task(work)
    stopped = False

    def stop() -> None:
        nonlocal stopped
        stopped = True
        task.cancel()

    with on_stop_signal(stop):
        try:
            return await task
        except asyncio.CancelledError:
            if not stopped:
                raise
            return None


def server_of(app: ASGIApp, *, lifespan: bool = True) -> uvicorn.Server:
    """Return a server for ``app`` that leaves the signals to us: uvicorn raises them again when it has ended."""
    # The commands of uvicorn watch files with it; ours do not use them.
    import_with("uvicorn", watchfiles=None)
    import uvicorn

    class Server(uvicorn.Server):
        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            settle()

    return Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            lifespan="on" if lifespan else "off",
            timeout_graceful_shutdown=GRACE_S,
        )
    )


async def until_started(server: uvicorn.Server, serving: asyncio.Task[None]) -> None:
    """Wait until ``server`` answers, or until ``serving``, its task, has ended without."""
    while not (server.started or serving.done()):  # noqa: ASYNC110 - uvicorn tells nobody
        await asyncio.sleep(0.02)


async def serve_app(
    app: Litestar,
    bound: socket.socket,
    announce: Callable[[], None],
    *,
    with_parent: bool = False,
    watch: Callable[[Callable[[], None]], Coroutine[Any, Any, None]] | None = None,
) -> None:
    """Serve ``app`` on ``bound`` until Ctrl-C or SIGTERM; call ``announce`` once ``/health/ready`` answers.

    Open requests have :data:`GRACE_S` seconds to end; a second signal does not wait for them. ``with_parent``
    ends with the program that started this one; ``watch(stop)`` runs beside and may call ``stop`` too.
    """
    server = server_of(app)
    began_to_stop = 0.0

    def stop() -> None:
        nonlocal began_to_stop
        if not server.should_exit:
            began_to_stop = time.monotonic()
            server.should_exit = True
            # A stream is a request that would never end by itself.
            app.state.crm.live.stop()
        # A terminal and make both pass the same signal on: only a later one is meant as a second.
        elif time.monotonic() - began_to_stop > SAME_SIGNAL_S:
            os._exit(0)

    with on_stop_signal(stop):
        serving = asyncio.create_task(server.serve(sockets=[bound]))
        asking = asyncio.create_task(_until_ready(bound))
        watch = watch_parent if with_parent else watch
        watching = asyncio.create_task(watch(stop)) if watch else None
        await asyncio.wait([serving, asking], return_when=asyncio.FIRST_COMPLETED)
        if asking.done() and not server.should_exit:
            try:
                asking.result()
            except Refused:
                server.should_exit = True
                await serving
                raise
            announce()
        asking.cancel()
        await serving
        if watching:
            watching.cancel()
    leave_at_once_on_signals()
    if not server.started:
        raise Refused("The application did not start; the lines above say why.")


async def _until_ready(bound: socket.socket) -> None:
    host, port = bound.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    loop = asyncio.get_running_loop()
    end = loop.time() + READY_TIMEOUT_S
    status = 0
    while loop.time() < end:
        status = await asyncio.to_thread(_status, host, port)
        if status == 200:
            return
        await asyncio.sleep(0.05)
    raise Refused(f"The server does not become ready: /health/ready answers {status or 'nothing'}.")


def _status(host: str, port: int) -> int:
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
