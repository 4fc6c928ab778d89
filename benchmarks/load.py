"""A client that asks over eight kept connections and costs little itself: plain sockets, one thread."""

import selectors
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from msgspec import Struct, field

CONNECTIONS = 8
Ask = Callable[[int], bytes]
"""Returns the whole request with this number."""


class Asked(Struct):
    """What came of asking: milliseconds of every answer, and the seconds that all of it took."""

    times_ms: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return len(self.times_ms) / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """Return the time within which this share of the answers came."""
        ordered = sorted(self.times_ms)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


class _Connection:
    __slots__ = ("buffer", "need", "sent_at", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.need = 0
        self.sent_at = 0.0


class Load:
    """Eight connections to one server; each asks again as soon as it has its answer."""

    def __init__(self, port: int, connections: int = CONNECTIONS) -> None:
        self._connections = [_Connection(port) for _ in range(connections)]
        self._selector = selectors.DefaultSelector()
        for connection in self._connections:
            self._selector.register(connection.socket, selectors.EVENT_READ, connection)
        self._turn = 0

    def close(self) -> None:
        """Close the connections."""
        for connection in self._connections:
            with suppress(OSError):
                connection.socket.close()
        self._selector.close()

    def run(self, ask: Ask, seconds: float, into: Asked) -> None:
        """Ask for ``seconds`` and add what came of it to ``into``. Raises RuntimeError at an answer of 300 and up."""
        began = time.perf_counter()
        end = began + seconds
        for connection in self._connections:
            self._send(connection, ask)
        open = len(self._connections)
        while open:
            for key, _ in self._selector.select(30):
                asked: Any = key.data
                if self._take(asked):
                    now = time.perf_counter()
                    into.times_ms.append((now - asked.sent_at) * 1000)
                    if now < end:
                        self._send(asked, ask)
                    else:
                        open -= 1
        into.seconds += time.perf_counter() - began

    def _send(self, connection: _Connection, ask: Ask) -> None:
        self._turn += 1
        connection.buffer, connection.need = b"", 0
        connection.sent_at = time.perf_counter()
        connection.socket.sendall(ask(self._turn))

    @staticmethod
    def _take(connection: _Connection) -> bool:
        """Read what has come; tell whether the answer is whole."""
        data = connection.socket.recv(262_144)
        if not data:
            raise RuntimeError("the server hung up")
        connection.buffer += data
        if not connection.need:
            head, found, _ = connection.buffer.partition(b"\r\n\r\n")
            if not found:
                return False
            if head[9:10] != b"2":
                raise RuntimeError(connection.buffer[:600].decode(errors="replace"))
            length = 0
            for line in head.split(b"\r\n")[1:]:
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            connection.need = len(head) + 4 + length
        return len(connection.buffer) >= connection.need


def get(path: str, token: str) -> bytes:
    """Return a GET request."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
        f"Authorization: Bearer {token}\r\n\r\n"
    ).encode()


def send(method: str, path: str, token: str, body: bytes) -> bytes:
    """Return a request with a JSON body."""
    return (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body
