"""Hearing what other processes say through PostgreSQL: LISTEN, on a connection that is opened again when cut."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import asyncpg

AGAIN_S = 1.0
PING_S = 30.0
_TIMEOUT_S = 5.0

Heard = Callable[[str | None], None]
"""Called with what was said; with None once it listens, because something may have been said before."""


class PostgresListener:
    """Listens on one channel of one database until it is cancelled. ``listening`` tells whether it does just now."""

    def __init__(self, url: str, channel: str, heard: Heard) -> None:
        self._url = url
        self._channel = channel
        self._heard = heard
        self.listening = False

    async def listen(self) -> None:
        """Listen for ever; a server that is away is tried again every second."""
        while True:
            with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._listen_once()
            await asyncio.sleep(AGAIN_S)

    async def _listen_once(self) -> None:
        connection = await asyncpg.connect(
            self._url, timeout=_TIMEOUT_S, server_settings={"application_name": f"crmcore {self._channel}"}
        )
        cut = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: cut.set())
            await connection.add_listener(self._channel, self._on_notice)
            self.listening = True
            self._heard(None)
            while not cut.is_set():
                try:
                    async with asyncio.timeout(PING_S):
                        await cut.wait()
                except TimeoutError:
                    # A connection that a firewall forgot says nothing by itself.
                    await connection.execute("SELECT 1", timeout=_TIMEOUT_S)
        finally:
            self.listening = False
            connection.terminate()

    def _on_notice(self, connection: Any, process: int, channel: str, text: object) -> None:
        self._heard(str(text))
