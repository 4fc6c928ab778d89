"""One connection to the manager interface: login, actions and their answers, events in their order."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import suppress
from itertools import count
from typing import Any

from crm_telephony.asterisk.framing import Fields, Framer, packet
from crmcore import HttpClient, Label, OutgoingFailed, OutgoingRefused, text_of

GREETING = b"Asterisk Call Manager/"
ANSWER_S = 10.0
SILENCE_S = 20.0
# Events that wait to be read: twice what a burst of 68 calls made. Beyond it the server is kept waiting.
MOST_WAITING = 10_000
MOST_IN_A_LIST = 5_000
_CHUNK = 65_536

_ENDED: Label = {"en": "the connection ended", "ru": "связь оборвалась"}
_NO_GREETING: Label = {"en": "no greeting in time", "ru": "нет приветствия"}
_NO_ASTERISK: Label = {
    "en": "the other side is no Asterisk manager interface",
    "ru": "на другой стороне не интерфейс AMI",
}
_NO_ANSWER = {"en": "no answer to {name}", "ru": "нет ответа на {name}"}
_NO_END = {
    "en": "the list of {name} did not end in time",
    "ru": "список {name} не закончился вовремя",
}


class AmiLost(Exception):
    """The connection broke, was never made, or the other side does not speak AMI, or no longer answers.

    ``reason`` says which of it, in each language; the text of the exception is the English one.
    """

    def __init__(self, reason: Label) -> None:
        super().__init__(text_of(reason))
        self.reason = reason


class AmiRefused(Exception):
    """Asterisk said no: to the login or to an action. The text is its own."""


class AmiConnection:
    """Made by :meth:`open`; use it as an async context manager, which closes it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, version: str) -> None:
        self.version = version
        self._reader = reader
        self._writer = writer
        self._framer = Framer()
        self._ids = count(1)
        self._answers: dict[str, asyncio.Future[Fields]] = {}
        self._lists: dict[str, list[Fields]] = {}
        self._ends: dict[str, asyncio.Future[None]] = {}
        self._events: asyncio.Queue[Fields | None] = asyncio.Queue(MOST_WAITING)
        self._heard = asyncio.get_running_loop().time()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def open(
        cls,
        host: str,
        port: int,
        *,
        http: HttpClient,
        tls: bool = False,
        ca: str = "",
        check_name: bool = True,
        timeout_s: float = ANSWER_S,
    ) -> "AmiConnection":
        """Connect and read the greeting; raises :class:`AmiLost`. ``tls`` checks the certificate."""
        writer = None
        try:
            async with asyncio.timeout(timeout_s):
                reader, writer = await http.connect(
                    host, port, tls=tls, timeout_s=timeout_s, ca=ca, check_name=check_name
                )
                greeting = await _line(reader)
        except (OutgoingRefused, OutgoingFailed) as error:
            raise AmiLost(error.label()) from error
        except (OSError, TimeoutError, ValueError) as error:
            if writer is not None:
                writer.close()
            raise AmiLost(_NO_GREETING) from error
        if not greeting.startswith(GREETING):
            writer.close()
            raise AmiLost(_NO_ASTERISK)
        version = greeting[len(GREETING) :].decode("ascii", "replace").strip()[:40]
        return cls(reader, writer, version)

    async def __aenter__(self) -> "AmiConnection":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def login(self, username: str, secret: str, *, md5: bool = True, events: bool = True) -> None:
        """Sign in; ``md5`` proves the secret without sending it. Raises :class:`AmiRefused`, :class:`AmiLost`."""
        mask = "on" if events else "off"
        if not md5:
            await self.action("Login", Username=username, Secret=secret, Events=mask)
            return
        answer = await self.action("Challenge", AuthType="MD5")
        challenge = answer.get("challenge", "")
        # What the protocol asks for, not what protects the secret: use TLS beyond one's own network.
        key = hashlib.md5((challenge + secret).encode(), usedforsecurity=False).hexdigest()
        await self.action("Login", AuthType="MD5", Username=username, Key=key, Events=mask)

    async def action(self, name: str, **fields: str | tuple[str, ...]) -> Fields:
        """Send an action and return its answer; raises :class:`AmiRefused`, :class:`AmiLost` and ValueError."""
        action_id = f"crm-{next(self._ids)}"
        return await self._ask(name, action_id, fields)

    async def entries(self, name: str, **fields: str) -> list[Fields]:
        """Send an action that is answered by a list of events, and return those."""
        action_id = f"crm-{next(self._ids)}"
        self._lists[action_id] = []
        self._ends[action_id] = asyncio.get_running_loop().create_future()
        try:
            await self._ask(name, action_id, fields)
            async with asyncio.timeout(ANSWER_S):
                await self._ends[action_id]
            return self._lists[action_id]
        except TimeoutError:
            raise AmiLost(_filled(_NO_END, name)) from None
        finally:
            self._lists.pop(action_id, None)
            self._ends.pop(action_id).cancel()

    async def events(self) -> AsyncIterator[Fields]:
        """Yield events as they come, until the connection ends, by raising :class:`AmiLost`.

        A server that says nothing for ``SILENCE_S`` is asked, and given up when it does not answer.
        """
        while True:
            if self._events.empty() and self._reading.done():
                raise AmiLost(_ENDED)
            try:
                async with asyncio.timeout(SILENCE_S):
                    event = await self._events.get()
            except TimeoutError:
                await self.action("Ping")
                continue
            if event is None:
                raise AmiLost(_ENDED)
            yield event

    async def close(self) -> None:
        """Say goodbye where that is possible and let go of everything."""
        with suppress(OSError, RuntimeError):
            if not self._reading.done():
                self._writer.write(packet("Logoff", "bye", {}))
        self._reading.cancel()
        self._writer.close()
        await asyncio.gather(self._reading, return_exceptions=True)
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(1):
                await self._writer.wait_closed()

    async def _ask(
        self, name: str, action_id: str, fields: dict[str, str | tuple[str, ...]] | dict[str, str]
    ) -> Fields:
        if self._reading.done():
            raise AmiLost(_ENDED)
        answer: asyncio.Future[Fields] = asyncio.get_running_loop().create_future()
        self._answers[action_id] = answer
        try:
            async with asyncio.timeout(ANSWER_S):
                self._writer.write(packet(name, action_id, fields))
                await self._writer.drain()
                found = await answer
        except (OSError, TimeoutError) as error:
            raise AmiLost(_filled(_NO_ANSWER, name)) from error
        finally:
            self._answers.pop(action_id, None)
        if found.get("response", "").lower() == "error":
            raise AmiRefused(found.get("message", "")[:200] or "refused")
        return found

    async def _read(self) -> None:
        try:
            while data := await self._reader.read(_CHUNK):
                for fields in self._framer.feed(data):
                    await self._sort(fields)
        except OSError:
            pass
        finally:
            everybody: list[asyncio.Future[Any]] = [*self._answers.values(), *self._ends.values()]
            for waiting in everybody:
                if not waiting.done():
                    waiting.set_exception(ConnectionResetError("the connection ended"))
                    waiting.exception()
            # Whoever waits for an event is woken; a full queue wakes by itself, and ends when it is empty.
            if not self._events.full():
                self._events.put_nowait(None)

    async def _sort(self, fields: Fields) -> None:
        action_id = fields.get("actionid", "")
        if "response" in fields:
            waiting = self._answers.get(action_id)
            if waiting is not None and not waiting.done():
                waiting.set_result(fields)
            return
        if "event" not in fields:
            return
        if action_id in self._lists:
            if fields.get("eventlist", "").lower() in ("complete", "cancelled"):
                if not self._ends[action_id].done():
                    self._ends[action_id].set_result(None)
            elif len(self._lists[action_id]) < MOST_IN_A_LIST:
                self._lists[action_id].append(fields)
            return
        await self._events.put(fields)


async def _line(reader: asyncio.StreamReader) -> bytes:
    """Return the first line, of at most the reader's 64 kB; raises ValueError beyond, OSError at an early end."""
    line = await reader.readline()
    if not line.endswith(b"\n"):
        raise ConnectionResetError("the connection ended before a greeting")
    return line


def _filled(label: dict[str, str], name: str) -> Label:
    return {language: text_of(label, language, name=name) for language in label}
