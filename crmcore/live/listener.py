"""One who listens: a browser's stream or a program's, with what waits to be sent to it."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from crmcore.contracts.actors import Actor
from crmcore.live.told import Bye, Changed, Noticed, Reason, Reread, Reset, Told

MAX_WAITING = 256
"""Who has so many messages waiting is too slow, and comes back when he can."""

By = Literal["session", "token"]


class Listener:
    """A stream's end in this process.

    ``by`` and ``secret_hash`` are how he signed in: what he may hear is asked for again whenever there is something
    to hear. What waits for him is bounded; nobody waits for him.
    """

    def __init__(self, actor: Actor, by: By, secret_hash: str) -> None:
        self.actor = actor
        self.by = by
        self.secret_hash = secret_hash
        self.ended: Reason | None = None
        self._waiting: deque[Told] = deque()
        self._something = asyncio.Event()
        self._known: set[UUID] = set()
        self._held: list[tuple[Sequence[Changed | Noticed | Reread], str]] | None = None

    def hold(self) -> None:
        """Keep what happens from now on until :meth:`release`: what was missed comes first."""
        self._held = []

    def release(self, missed: Sequence[Changed | Noticed | Reread], place: str) -> None:
        """Tell what was missed up to ``place``, and then what was held, of which a part may be the same."""
        held, self._held = self._held or [], None
        self.tell(missed, place)
        self._known = {item.id for item in missed if not isinstance(item, Reread)}
        for found, after in held:
            self.tell(found, after)

    def tell(self, found: Sequence[Changed | Noticed | Reread], place: str) -> None:
        """Add what was found; ``place`` is where to resume after the last of it."""
        if self._held is not None:
            self._held.append((found, place))
            return
        news = [item for item in found if isinstance(item, Reread) or item.id not in self._known]
        for index, item in enumerate(news, 1):
            self._add(Told(kind=_kind(item), body=item, place=place if index == len(news) else ""))

    def reset(self, place: str) -> None:
        """Say that more was missed than is told; what waits is contained in that."""
        self._held = None
        self._waiting.clear()
        self._add(Told(kind="reset", body=Reset(), place=place))

    def end(self, reason: Reason) -> None:
        """End the stream: what waits is sent only when all is ``done``."""
        if self.ended is None:
            self.ended = reason
            if reason != "done":
                self._waiting.clear()
            self._waiting.append(Told(kind="bye", body=Bye(reason=reason)))
            self._something.set()

    async def next(self, timeout_s: float) -> Told | None:
        """Return the next message, None when there was none for so long."""
        if not self._waiting:
            self._something.clear()
            try:
                async with asyncio.timeout(timeout_s):
                    await self._something.wait()
            except TimeoutError:
                return None
        return self._waiting.popleft() if self._waiting else None

    def _add(self, told: Told) -> None:
        if self.ended is not None:
            return
        if len(self._waiting) >= MAX_WAITING:
            self.end("too_slow")
            return
        self._waiting.append(told)
        self._something.set()


def _kind(item: Changed | Noticed | Reread) -> Literal["change", "notice", "reread"]:
    if isinstance(item, Changed):
        return "change"
    return "notice" if isinstance(item, Noticed) else "reread"
