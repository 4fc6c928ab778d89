"""Connect only to addresses that were checked: resolve once, check every answer, dial what was checked."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable

import httpcore2

from crmcore.contracts.outgoing import OutgoingFailed, OutgoingRefused
from crmcore.outgoing import sentences
from crmcore.outgoing.addresses import is_public
from crmcore.outgoing.hosts import AllowedHosts

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Returns the addresses of a host name, as text, in the order in which they should be tried."""

# A name with more addresses is tried on these; each attempt gets its share of the deadline.
_TRIED_ADDRESSES = 4
_ATTEMPT_S = 5.0


async def resolve(host: str, port: int) -> list[str]:
    """Ask the system's resolver for the addresses of ``host``."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise OutgoingFailed(sentences.NOT_RESOLVED, host=host) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class PinnedBackend(httpcore2.AsyncNetworkBackend):
    """Opens connections for the pool.

    A name is resolved once; when any of its addresses is not public the connection is refused, otherwise the
    socket is opened to one of the addresses that were checked, so that a second answer of the name server
    changes nothing. TLS still verifies the name, because the pool keeps it.
    """

    def __init__(
        self,
        allowed: AllowedHosts,
        *,
        resolve: Resolve = resolve,
        dial: httpcore2.AsyncNetworkBackend | None = None,
    ) -> None:
        self._allowed = allowed
        self._resolve = resolve
        self._dial = dial or httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface's name
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Open a connection to a checked address of ``host``."""
        addresses = await self._resolve(host, port)
        if not self._allowed.allow(host, port):
            refuse_private(host, addresses)
        last: Exception = OutgoingFailed(sentences.NO_ADDRESS, host=host)
        for address in addresses[:_TRIED_ADDRESSES]:
            try:
                return await self._dial.connect_tcp(
                    address,
                    port,
                    timeout=min(timeout or _ATTEMPT_S, _ATTEMPT_S),
                    local_address=local_address,
                    socket_options=socket_options,
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                last = error
        raise last

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface's name
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Refuse: no URL leads to a socket of this machine."""
        raise OutgoingRefused(sentences.NO_SOCKETS)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


def refuse_private(host: str, addresses: list[str]) -> None:
    """Raise :class:`~crmcore.OutgoingRefused` when any address is not of the public internet."""
    for address in addresses:
        if not is_public(address):
            raise OutgoingRefused(sentences.NOT_PUBLIC, host=host, address=address)
