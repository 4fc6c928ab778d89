"""Services that plugins stand in for, so that the demo shows a shop, a telephone, a mailing without an account there.

A plugin names its stand-in under the entry point group ``crmcore.demo``, by the plugin's own name: a function that
gets a :class:`StandInPlace` and returns an asynchronous context manager, entered as long as the demo serves. It
listens on the place's own socket of 127.0.0.1, which the demo alone lets plugins reach, and sets its account up to
lead there.
"""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any
from uuid import UUID

import uvicorn

from crmcore.contracts.actors import system_actor
from crmcore.contracts.context import PluginContext
from crmcore.demo.story import Customer, customers
from crmcore.errors import NotFound

if TYPE_CHECKING:
    from crmcore.workspace import Crm

GROUP = "crmcore.demo"
GRACE_S = 1
READY_S = 10.0

StandIn = Callable[["StandInPlace"], AbstractAsyncContextManager[None]]


class StandInPlace:
    """Where a stand-in works: the demo's workspace, its plugin, and a socket of its own that is bound already."""

    def __init__(self, name: str, crm: "Crm", bound: socket.socket) -> None:
        self.name = name
        self.crm = crm
        self.socket = bound

    @property
    def address(self) -> str:
        """The socket's ``127.0.0.1:PORT``; another one in every start."""
        return address_of(self.socket)

    @property
    def plugin(self) -> PluginContext:
        """The plugin's own context."""
        return self.crm.host.context(self.name)

    @property
    def customers(self) -> tuple[Customer, ...]:
        """The demo's customers, by name and e-mail: whom the service should know."""
        return customers()

    async def account(self, channel: str, name: str, config: Mapping[str, Any]) -> UUID:
        """Set up the demo's one account of ``channel`` with these settings, or change it to them; return its id.

        A secret that is None is none: what an earlier start has left is removed.
        """
        actor = system_actor("demo")
        slug = f"demo-{channel.replace('_', '-')}"
        try:
            found = await self.crm.channel_accounts.get(slug)
        except NotFound:
            given = {key: value for key, value in config.items() if value is not None}
            return await self.crm.channel_accounts.create(channel, name, given, actor=actor, slug=slug)
        id: UUID = found.row["id"]
        await self.crm.channel_accounts.update(id, {"config": dict(config)}, actor=actor)
        return id

    @asynccontextmanager
    async def serving(self, app: Any) -> AsyncIterator[None]:
        """Serve the ASGI ``app`` on the socket as long as the block runs."""
        server = _Server(
            uvicorn.Config(
                app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=GRACE_S
            )
        )
        task = asyncio.create_task(server.serve(sockets=[self.socket]))
        try:
            async with asyncio.timeout(READY_S):
                await server.listening.wait()
            yield
        finally:
            server.should_exit = True
            await task


class _Server(uvicorn.Server):
    """Leaves the signals to who serves the workspace, and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class StandIns:
    """The stand-ins that installed plugins name, each with a socket. Closed by :meth:`close`."""

    def __init__(self, points: Iterable[EntryPoint] | None = None) -> None:
        found = entry_points(group=GROUP) if points is None else points
        self._points = sorted(found, key=lambda point: point.name)
        self._sockets: dict[str, socket.socket] = {}
        for point in self._points:
            self._sockets[point.name] = bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            bound.bind(("127.0.0.1", 0))

    @property
    def addresses(self) -> list[str]:
        """What plugins may reach on this machine, for ``outgoing_hosts``."""
        return [address_of(bound) for bound in self._sockets.values()]

    @asynccontextmanager
    async def running(self, crm: "Crm") -> AsyncIterator[list[str]]:
        """Start the stand-ins of the plugins that are loaded in ``crm``; yield the names of those that run.

        One that fails is named in the log and left out: the demo is there without it.
        """
        names = []
        async with AsyncExitStack() as stack:
            for point in self._points:
                state = crm.host.plugins.get(point.name)
                if state is None or state.state != "loaded":
                    continue
                try:
                    stand_in: StandIn = point.load()
                    await stack.enter_async_context(
                        stand_in(StandInPlace(point.name, crm, self._sockets[point.name]))
                    )
                except Exception:
                    logging.getLogger("crmcore.demo").warning(
                        "the stand-in of %s did not start", point.name, exc_info=True
                    )
                    continue
                names.append(point.name)
            yield names

    def close(self) -> None:
        """Close the sockets."""
        for bound in self._sockets.values():
            bound.close()


def address_of(bound: socket.socket) -> str:
    """Return where ``bound`` listens, as ``outgoing_hosts`` names it."""
    host, port = bound.getsockname()[:2]
    return f"{host}:{port}"
