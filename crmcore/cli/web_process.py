"""One of several web processes: it listens on its parent's socket and tells the parent when it answers."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from crmcore.cli.parent import watch_parent
from crmcore.cli.refusals import Refused
from crmcore.cli.serving import (
    SAME_SIGNAL_S,
    leave_at_once_on_signals,
    on_stop_signal,
    server_of,
    until_started,
)

if TYPE_CHECKING:
    from litestar import Litestar
    from uvicorn import Server

LAST_CALLERS_S = 2.0
"""Who was accepted just before the listener closed gets so long to say what he wants."""
SETTLING_S = 0.1


@contextmanager
def inherited_socket(descriptor: int) -> Iterator[socket.socket]:
    """Return the listening socket behind ``descriptor``; closing it leaves the parent's open."""
    with socket.socket(fileno=descriptor) as bound:
        yield bound


async def serve_inherited(app: Litestar, bound: socket.socket, ready: int, first: str = "") -> None:
    """Serve ``app`` until SIGTERM or until the parent is gone; write a line to ``ready`` once it answers.

    The line is ``first``, the path of the link for the first account of all.

    The socket is the parent's and stays open: a connection that comes while this process ends waits for another
    one. Sockets of their own on one port (``SO_REUSEPORT``) would drop what waits for the process that ends.
    """
    server = server_of(app)
    began_to_stop = 0.0

    def stop() -> None:
        nonlocal began_to_stop
        if not began_to_stop:
            began_to_stop = time.monotonic()
            # A stream is a request that would never end by itself.
            app.state.crm.live.stop()
            stopping.set()
        elif time.monotonic() - began_to_stop > SAME_SIGNAL_S:
            os._exit(0)

    stopping = asyncio.Event()
    with on_stop_signal(stop):
        serving = asyncio.create_task(server.serve(sockets=[bound]))
        watching = asyncio.create_task(watch_parent(stop))
        waiting = asyncio.create_task(stopping.wait())
        await until_started(server, serving)
        if server.started:
            os.write(ready, f"{first}\n".encode())
        os.close(ready)
        await asyncio.wait([serving, waiting], return_when=asyncio.FIRST_COMPLETED)
        await close_listeners(getattr(server, "servers", []))
        await _last_callers_heard(server)
        server.should_exit = True
        await serving
        watching.cancel()
        waiting.cancel()
    leave_at_once_on_signals()
    if not server.started:
        raise Refused("The application did not start; the lines above say why.")


async def close_listeners(listeners: Sequence[asyncio.Server]) -> None:
    """Close what listens; nobody who has been accepted is turned away.

    :meth:`asyncio.Server.close` alone drops a connection accepted in the same turn of the event loop: its transport
    is made in the next turn and fails on a server that is closed. So accepting ends first, closing follows.
    """
    loop = asyncio.get_running_loop()
    for listener in listeners:
        for bound in listener.sockets:
            loop.remove_reader(bound.fileno())
    await asyncio.sleep(SETTLING_S)
    for listener in listeners:
        listener.close()


async def _last_callers_heard(server: Server) -> None:
    """Wait until every open connection has asked something, or for as long as it gets."""
    until = time.monotonic() + LAST_CALLERS_S
    while True:
        await asyncio.sleep(SETTLING_S)  # what the kernel has accepted becomes a connection
        silent = any(getattr(each, "cycle", None) is None for each in server.server_state.connections)
        if not silent or time.monotonic() > until:
            return
