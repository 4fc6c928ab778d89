"""A vendor that behaves well: it tries again what may be tried again, and never does a thing twice."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from benchmarks.field_bar.connection import Broken, Connections, Heard
from benchmarks.field_bar.figures import Figures

PATIENCE_S = 60.0
"""So long a request is tried again before it counts as failed."""
ANSWER_S = 10.0
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})

Finished = Callable[[Heard], Awaitable[bool]]


class Failed(Exception):
    """A request that did not succeed, whatever was tried."""


class Vendor:
    """Sends requests of one program with its token, and keeps the time from the moment each was due."""

    def __init__(self, connections: Connections, token: str) -> None:
        self._connections = connections
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._random = random.Random(11)
        self.answer_s = ANSWER_S

    async def send(
        self,
        method: str,
        path: str,
        document: Any = None,
        *,
        key: str = "",
        due: float | None = None,
        figures: Figures | None = None,
        accept: frozenset[int] = frozenset(),
    ) -> Heard:
        """Return the answer once it is a 2xx or one of ``accept``; raises :class:`Failed`.

        ``due`` is when it was to be sent, by the loop's clock. A POST carries ``key`` as its Idempotency-Key, and is
        tried again only with one or where the body has a key of its own.
        """
        loop = asyncio.get_running_loop()
        due = loop.time() if due is None else due
        figures = figures if figures is not None else Figures("")
        headers = {**self._headers, "Idempotency-Key": key} if key else self._headers
        body = b"" if document is None else msgspec.json.encode(document)
        figures.sent += 1
        pause_s, last, first = 0.1, "", True
        while True:
            figures.tries += 1
            after_s = 0.0
            try:
                heard = await self._connections.ask(method, path, headers, body, self.answer_s)
            except Broken as error:
                last = str(error)
            else:
                if heard.status < 300 or heard.status in accept:
                    figures.times_ms.append((loop.time() - due) * 1000)
                    return heard
                last, after_s = str(heard.status), heard.retry_after_s
                in_flight = heard.status == 409 and b"request_in_flight" in heard.body
                if heard.status not in PASSING and not in_flight:
                    break
                last += " in flight" if in_flight else ""
            if first:
                figures.first_tries_failed += 1
                figures.refusals[last] += 1
                first = False
            if loop.time() - due > PATIENCE_S:
                break
            await asyncio.sleep(max(after_s, pause_s) * self._random.uniform(0.75, 1.25))
            pause_s = min(pause_s * 2, 2.0)
        figures.failed += 1
        figures.errors.append(f"{method} {path}: {last}")
        raise Failed(f"{method} {path}: {last}")
