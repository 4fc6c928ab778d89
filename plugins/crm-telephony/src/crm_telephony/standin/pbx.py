"""The server of the demo's telephone system: the manager interface, and its recordings over HTTP, on one socket."""

import asyncio
import hashlib
import hmac
import secrets
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from crm_telephony.asterisk.framing import Fields, Framer
from crm_telephony.standin.script import outgoing_events
from crm_telephony.standin.sound import tones

GREETING = b"Asterisk Call Manager/11.0.0\r\n"
# A browser of recordings speaks first, a client of the manager interface waits for the greeting.
SPEAKS_FIRST_S = 1.0
_CHUNK = 16_384


class Pbx:
    """Signs one user in, says what goes on to all who listen, and lets calls be made."""

    def __init__(self, username: str, secret: str) -> None:
        self._username = username
        self._secret = secret
        self._listeners: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._sound = tones()
        self.heard = asyncio.Event()

    @asynccontextmanager
    async def serving(self, bound: socket.socket) -> AsyncIterator[None]:
        """Serve on the bound socket as long as the block runs."""
        server = await asyncio.start_server(self._serve, sock=bound)
        try:
            yield
        finally:
            server.close()
            for writer in list(self._listeners):
                writer.transport.abort()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def play(self, events: Iterator[tuple[float, dict[str, Any]]]) -> None:
        """Tell all who listen what happens."""
        for wait_s, event in events:
            await asyncio.sleep(wait_s)
            data = _packet(event)
            for writer in list(self._listeners):
                with suppress(OSError):
                    writer.write(data)
                    await writer.drain()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            first = b""
            with suppress(TimeoutError):
                async with asyncio.timeout(SPEAKS_FIRST_S):
                    first = await reader.read(_CHUNK)
            if first.startswith((b"GET ", b"HEAD ")):
                await self._give_sound(writer)
            else:
                await self._talk(reader, writer, first)
        except OSError:
            pass
        finally:
            self._listeners.discard(writer)
            writer.close()

    async def _give_sound(self, writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nContent-Length: {len(self._sound)}\r\n"
        writer.write(head.encode() + b"Connection: close\r\n\r\n" + self._sound)
        await writer.drain()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, first: bytes) -> None:
        writer.write(GREETING)
        framer, challenge, data = Framer(), secrets.token_hex(8), first
        known = False
        while True:
            for action in framer.feed(data):
                name = action.get("action", "").lower()
                if name == "login":
                    known = self._is_right(action, challenge)
                answer: dict[str, Any] = {"Response": "Success", "ActionID": action.get("actionid", "")}
                if name == "challenge":
                    answer["Challenge"] = challenge
                elif not known:
                    answer |= {"Response": "Error", "Message": "Authentication failed"}
                writer.write(_packet(answer))
                if known:
                    self._do(name, action, writer)
                if name == "logoff":
                    return
            await writer.drain()
            if not (data := await reader.read(_CHUNK)):
                return

    def _do(self, name: str, action: Fields, writer: asyncio.StreamWriter) -> None:
        if name == "login" and action.get("events") != "off":
            self._listeners.add(writer)
            self.heard.set()
        elif name == "coreshowchannels":
            end = {"Event": "CoreShowChannelsComplete", "ActionID": action.get("actionid", "")}
            writer.write(_packet({**end, "EventList": "Complete"}))
        elif name == "originate":
            phone = action.get("channel", "").partition("/")[2]
            events = outgoing_events(action.get("channelid", "demo"), phone, action.get("exten", ""))
            task = asyncio.create_task(self.play(events))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _is_right(self, action: Fields, challenge: str) -> bool:
        key = hashlib.md5((challenge + self._secret).encode(), usedforsecurity=False).hexdigest()
        proved = hmac.compare_digest(action.get("key", ""), key)
        return action.get("username") == self._username and (
            proved or hmac.compare_digest(action.get("secret", ""), self._secret)
        )


def _packet(fields: dict[str, Any]) -> bytes:
    return ("".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\n").encode()
