"""A live PBX with the configuration of the folder ``asterisk``, named by ``CRMCORE_LIVE_AMI`` (``HOST:PORT``)."""

import asyncio
import os
from contextlib import suppress
from typing import Self

from scenes import Phones

USER, SECRET = "crmcore", "live-test-of-the-crm"
OPERATOR, OPERATORS_SECRET = "operator", "live-test-operator"
QUIET_S = 0.7


def address() -> tuple[str, int] | None:
    """Return where the manager interface is; None where no PBX is named."""
    host, _, port = os.environ.get("CRMCORE_LIVE_AMI", "").partition(":")
    return (host, int(port or 5038)) if host else None


def setting(name: str) -> str:
    """Return what else there is to know of it: ``TLS`` (a port), ``CA`` (a file), ``SPOOL`` (a folder)."""
    return os.environ.get(f"CRMCORE_LIVE_{name}", "")


class Tap:
    """Hears all that the PBX tells, as it comes over the wire; use it as an async context manager."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.greeting = b""

    async def __aenter__(self) -> Self:
        where = address()
        assert where is not None
        self._reader, self._writer = await asyncio.open_connection(*where)
        self.greeting = await self._reader.readline()
        await self.ask("Login", Username=OPERATOR, Secret=OPERATORS_SECRET)
        while (await self._reader.readline()).strip():
            pass
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._reading.cancel()
        self._writer.close()

    async def ask(self, action: str, **fields: str) -> None:
        """Send an action; its answer is heard like everything else."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self._writer.write(f"Action: {action}\r\n{lines}\r\n".encode())
        await self._writer.drain()

    async def quiet(self) -> None:
        """Wait until nothing is told any more."""
        before = -1
        while len(self.data) != before:
            before = len(self.data)
            await asyncio.sleep(QUIET_S)

    async def _read(self) -> None:
        while data := await self._reader.read(65_536):
            self.data += data


async def tidied(phones: Phones) -> None:
    """Hang everything up."""
    for phone in (phones.ann, phones.bob, phones.cleo, phones.outside):
        for talk in list(phone.talks.values()):
            with suppress(TimeoutError, AssertionError):
                await asyncio.wait_for(talk.hang_up(), 2)
            talk.ended()
        while not phone.rings.empty():
            phone.rings.get_nowait()
