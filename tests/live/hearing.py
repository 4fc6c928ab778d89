"""A listener as tests see it."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from crmcore.live.listener import Listener
from crmcore.live.told import Told


class Ear:
    """A stream; ``place`` is where it would be resumed."""

    def __init__(self, listener: Listener, hello: Told) -> None:
        self.listener = listener
        self.hello: dict[str, Any] = msgspec.to_builtins(hello.body)
        self.place = hello.place

    async def next(self, timeout_s: float = 3) -> tuple[str, dict[str, Any]]:
        """Return the kind and the body of the next message."""
        told = await self.listener.next(timeout_s)
        assert told is not None, "nothing was told"
        self.place = told.place or self.place
        return told.kind, msgspec.to_builtins(told.body)

    async def names(self, count: int) -> list[str]:
        """Return the names of the next ``count`` changes."""
        return [(await self.next())[1]["name"] for _ in range(count)]

    async def nothing(self) -> bool:
        """Tell whether nothing comes for a moment."""
        return await self.listener.next(0.3) is None


Hear = Callable[..., Awaitable[Ear]]
