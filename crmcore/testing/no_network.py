"""No way out: whoever asks for an address that is not this machine's fails with its name."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

_OWN = ("127.", "::1", "localhost", "0.0.0.0")  # noqa: S104 - compared, not bound


class NetworkRefused(AssertionError):
    """Somebody tried to leave the machine."""


@contextmanager
def no_network() -> Iterator[None]:
    """Refuse every connection and every look-up of a name beyond this machine, in all threads."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple):
            _check(str(address[0]))
        connect(self, address)

    def guarded_look_up(host: Any, *rest: Any, **named: Any) -> Any:
        if host is not None:
            _check(host.decode() if isinstance(host, bytes) else str(host))
        return look_up(host, *rest, **named)

    with (
        patch.object(socket.socket, "connect", guarded_connect),
        patch.object(socket, "getaddrinfo", guarded_look_up),
    ):
        yield


def _check(host: str) -> None:
    if not host.startswith(_OWN):
        raise NetworkRefused(
            f"The test reached out to {host}. A plugin asks outside through plugin.http, and a test says what comes "
            f'back: http.answer("https://{host}/", json={{…}}).'
        )
