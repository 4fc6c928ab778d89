"""Kept connections to one server that cost the client little: one request at a time on each."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import cast

import httptools
from msgspec import Struct

CONNECTIONS = 128
"""More requests than these wait for a connection, and their time runs."""


class Broken(Exception):
    """No answer: the connection was refused or cut, or the time was up."""


class Heard(Struct, frozen=True):
    """An answer."""

    status: int
    retry_after_s: float
    body: bytes


class _Wire(asyncio.Protocol):
    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.answer: asyncio.Future[Heard] | None = None
        self.keeps = True
        self._clear()

    def _clear(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._body: list[bytes] = []
        self._retry_after_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._fail()

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"retry-after" and value.isdigit():
            self._retry_after_s = float(value)

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        self.keeps = self._parser.should_keep_alive()
        heard = Heard(status, self._retry_after_s, b"".join(self._body))
        if self.answer is not None and not self.answer.done():
            self.answer.set_result(heard)
        self._clear()

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        self._fail()

    def _fail(self) -> None:
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(Broken("cut"))


class Connections:
    """Asks a server over up to :data:`CONNECTIONS` kept connections."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[_Wire] = []
        self._free = asyncio.Semaphore(CONNECTIONS)

    async def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, timeout_s: float
    ) -> Heard:
        """Return the answer; raises :class:`Broken`."""
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if body or method != "GET":
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        request = "\r\n".join([*lines, "", ""]).encode() + body
        loop = asyncio.get_running_loop()
        async with self._free:
            wire = await self._wire()
            wire.answer = answer = loop.create_future()
            late = loop.call_later(timeout_s, _give_up, answer)
            try:
                if wire.transport is None:
                    raise Broken("cut")
                wire.transport.write(request)
                heard = await answer
            except BaseException:
                if wire.transport is not None:
                    wire.transport.abort()
                raise
            finally:
                late.cancel()
                wire.answer = None
            if wire.keeps and wire.transport is not None:
                self._idle.append(wire)
            elif wire.transport is not None:
                wire.transport.close()
            return heard

    async def _wire(self) -> _Wire:
        while self._idle:
            wire = self._idle.pop()
            if wire.transport is not None and not wire.transport.is_closing():
                return wire
        try:
            async with asyncio.timeout(5):
                loop = asyncio.get_running_loop()
                return (await loop.create_connection(_Wire, "127.0.0.1", self._port))[1]
        except OSError as error:  # a refusal, or the time
            raise Broken(type(error).__name__) from error

    def close(self) -> None:
        """Close every connection that nobody uses."""
        while self._idle:
            with suppress(AttributeError):
                self._idle.pop().transport.abort()  # type: ignore[union-attr]


def _give_up(answer: "asyncio.Future[Heard]") -> None:
    if not answer.done():
        answer.set_exception(Broken("late"))
