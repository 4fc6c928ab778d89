"""Server-sent events over HTTP, as the HTML standard describes them."""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from crmcore.http.answers import encode
from crmcore.live.listener import Listener
from crmcore.live.told import Told

MEDIA_TYPE = "text/event-stream"
HEARTBEAT_S = 20.0
"""Proxies cut a line on which nothing is said for a minute."""
SEND_PATIENCE_S = 20.0
"""Who takes nothing from a full line for so long is cut off."""
_HEADERS = {
    "cache-control": "no-store",
    # nginx would collect events before it passes them on.
    "x-accel-buffering": "no",
}


class EventStream(ASGIResponse):
    """An answer that goes on until the listener, the server or the time of ``seconds`` ends it.

    ``place`` says where to resume when nothing is waiting; ``leave`` is called at the end, whatever it is.
    """

    def __init__(
        self,
        listener: Listener,
        hello: Told,
        *,
        place: Callable[[], str],
        leave: Callable[[Listener], None],
        seconds: float | None = None,
        bodyless: bool = False,
        heartbeat_s: float = HEARTBEAT_S,
        patience_s: float = SEND_PATIENCE_S,
    ) -> None:
        super().__init__(media_type=MEDIA_TYPE, headers=_HEADERS, encoding="utf-8")
        self._listener = listener
        self._hello = hello
        self._place = place
        self._leave = leave
        self._seconds = 0 if bodyless else seconds
        self._heartbeat_s = heartbeat_s
        self._patience_s = patience_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        watching = asyncio.create_task(self._until_gone(receive))
        try:
            await send(
                {
                    "type": "http.response.start",
                    "status": 200,
                    "headers": [
                        (b"content-type", f"{MEDIA_TYPE}; charset=utf-8".encode()),
                        *((name.encode(), value.encode()) for name, value in _HEADERS.items()),
                    ],
                }
            )
            await self._tell(send)
            await self._write(send, b"", more=False)
        except TimeoutError:
            # Its buffers are full and nobody empties them: the server cuts the line.
            structlog.get_logger("crmcore.live").info("reader_too_slow", user=self._listener.actor.id)
        finally:
            self._leave(self._listener)
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching

    async def _tell(self, send: Send) -> None:
        loop = asyncio.get_running_loop()
        # Many who lost their stream at the same moment do not come back at the same moment.
        retry_ms = random.randint(2_000, 6_000)  # noqa: S311 - spreads, guards nothing
        await self._write(send, f"retry: {retry_ms}\n".encode() + frame(self._hello))
        end = loop.time() + self._seconds if self._seconds is not None else None
        while True:
            if end is not None and loop.time() >= end:
                self._listener.end("done")
            left = self._heartbeat_s if end is None else max(0.0, min(self._heartbeat_s, end - loop.time()))
            told = await self._listener.next(left)
            if told is not None:
                await self._write(send, frame(told))
                if told.kind == "bye":
                    return
            elif end is None or loop.time() < end:
                place = self._place()
                await self._write(send, f": \nid: {place}\n\n".encode() if place else b": \n\n")

    async def _write(self, send: Send, body: bytes, *, more: bool = True) -> None:
        async with asyncio.timeout(self._patience_s):
            await send({"type": "http.response.body", "body": body, "more_body": more})

    async def _until_gone(self, receive: Receive) -> None:
        message: Any = {"type": ""}
        while message["type"] != "http.disconnect":
            message = await receive()
        self._listener.end("stopping")


def frame(told: Told) -> bytes:
    """Return one message as it travels; JSON has no line ends of its own."""
    place = f"id: {told.place}\n" if told.place else ""
    return f"event: {told.kind}\n{place}data: ".encode() + encode(told.body) + b"\n\n"
