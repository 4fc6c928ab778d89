"""Web processes on one port: kept alive, replaced one by one on SIGHUP, ended together."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import rich_click as click

from crmcore.cli.refusals import Refused
from crmcore.cli.serving import SAME_SIGNAL_S, address_of, announce, handed_port, on_stop_signal, open_port
from crmcore.cli.web_child import WebChild

if TYPE_CHECKING:
    from crmcore.cli.place import Place

BACKLOG = 2048
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0


async def serve_in_processes(
    place: Place, host: str, port: int, count: int, *, worker: bool, allow_sqlite: bool
) -> None:
    """Serve on ``count`` processes until Ctrl-C or SIGTERM. Raises :class:`Refused` where that is not possible."""
    from crmcore.cli.presence import sqlite_file

    if sys.platform == "win32":
        raise Refused("Web processes share a socket, which Windows does not do: leave --workers out.")
    if count > 1 and sqlite_file(place.settings()) is not None and not allow_sqlite:
        raise Refused(
            "--workers needs PostgreSQL: on SQLite one process writes at a time, and a second one gains little. "
            "Set database_url, take --workers 1, or add --allow-sqlite."
        )
    arguments = [*place.options(), "serve", *(() if worker else ("--no-worker",))]
    with handed_port() or open_port(host, port, f"crmcore serve --workers {count} --port {{port}}") as bound:
        bound.listen(BACKLOG)

        def told(first: str) -> None:
            announce(place, bound, f"{address_of(bound)}{first}" if first else "")

        await WebProcesses(arguments, bound, count, told).serve()


class WebProcesses:
    """The parent: it opens the port, and never touches a request itself.

    ``announce`` is called once all answer, with the path of the link for the first account, where there is none.
    """

    def __init__(
        self, arguments: Sequence[str], bound: socket.socket, count: int, announce: Callable[[str], None]
    ) -> None:
        self._arguments = arguments
        self._bound = bound
        self._count = count
        self._announce = announce
        self._children: list[WebChild] = []
        self._stopping = asyncio.Event()
        self._renewing = asyncio.Event()
        self._began_to_stop = 0.0

    async def serve(self) -> None:
        """Start the processes, say the address, and stay until told to stop."""
        with on_stop_signal(self._stop), self._on_hangup():
            try:
                self._children = [await self._start() for _ in range(self._count)]
                stopping: asyncio.Task[Any] = asyncio.create_task(self._stopping.wait())
                answering: asyncio.Task[Any] = asyncio.create_task(self._all_answer())
                await asyncio.wait({stopping, answering}, return_when=asyncio.FIRST_COMPLETED)
                if not self._stopping.is_set():
                    if not answering.result():
                        raise Refused("A web process did not start; the lines above say why.")
                    for child in self._children:
                        click.echo(f"Web process {child.pid} answers.")
                    self._announce(self._children[0].first_run)
                    await self._stay(stopping)
                answering.cancel()
            finally:
                self._stopping.set()
                await asyncio.gather(*(child.end() for child in self._children))

    async def _all_answer(self) -> bool:
        return all(await asyncio.gather(*(child.answers() for child in self._children)))

    async def _stay(self, stopping: asyncio.Task[Any]) -> None:
        tasks: list[asyncio.Task[Any]] = [
            asyncio.create_task(self._keep(slot)) for slot in range(self._count)
        ]
        tasks.append(asyncio.create_task(self._renew()))
        try:
            # A task that ends before is a fault, and is told as one.
            await asyncio.wait({stopping, *tasks}, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _start(self) -> WebChild:
        return await WebChild.start(self._arguments, self._bound.fileno())

    async def _keep(self, slot: int) -> None:
        """Start a process again that ended by itself; wait longer after each attempt that failed."""
        pause_s = 0.0
        while True:
            child = self._children[slot]
            code = await child.ended()
            if self._children[slot] is not child:
                continue
            why = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            click.echo(f"Web process {child.pid} ended: {why}. Another one starts.", err=True)
            await asyncio.sleep(pause_s)
            if self._children[slot] is not child:
                continue
            self._children[slot] = fresh = await self._start()
            if await fresh.answers():
                pause_s = 0.0
                click.echo(f"Web process {fresh.pid} answers.")
            else:
                pause_s = min(max(FIRST_PAUSE_S, pause_s * 2), LONGEST_PAUSE_S)
                await fresh.end()

    async def _renew(self) -> None:
        """On each SIGHUP replace the processes one by one; the first that does not answer ends it."""
        while True:
            await self._renewing.wait()
            self._renewing.clear()
            for slot in range(self._count):
                fresh = await self._start()
                try:
                    well = await fresh.answers()
                except asyncio.CancelledError:
                    await fresh.end()
                    raise
                if not well:
                    click.echo("The new web process does not answer; the old ones stay.", err=True)
                    await fresh.end()
                    break
                old, self._children[slot] = self._children[slot], fresh
                click.echo(f"Web process {fresh.pid} answers.")
                await old.end()
            else:
                click.echo("Every web process is new.")

    def _stop(self) -> None:
        if not self._stopping.is_set():
            self._began_to_stop = time.monotonic()
            self._stopping.set()
        elif time.monotonic() - self._began_to_stop > SAME_SIGNAL_S:
            for child in self._children:
                child.tell(signal.SIGTERM)  # the second one, which does not wait

    @contextmanager
    def _on_hangup(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self._renewing.set)
        try:
            yield
        finally:
            with suppress(NotImplementedError):
                loop.remove_signal_handler(signal.SIGHUP)
