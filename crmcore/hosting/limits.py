"""How much of the process one workspace may take."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

from msgspec import Meta, Struct


class Limits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bounds of one workspace; whoever is over them is answered 429.

    ``requests_per_s`` are allowed on average and ten times as many at once after a pause; ``requests_at_once`` are
    answered side by side, open streams of live updates not counted. ``jobs_at_once`` is the worker's concurrency.
    """

    requests_per_s: Annotated[float, Meta(gt=0, le=100_000)] = 50.0
    requests_at_once: Annotated[int, Meta(ge=1, le=10_000)] = 40
    jobs_at_once: Annotated[int, Meta(ge=1, le=200)] = 4


class TooMany(Exception):
    """A workspace is asked more than it may; ``after_s`` is when to come again."""

    def __init__(self, after_s: int) -> None:
        super().__init__(after_s)
        self.after_s = after_s


class Turnstile:
    """Lets requests through within :class:`Limits`: a bucket that fills evenly, and a count of who is inside."""

    BURST = 10.0

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._left = limits.requests_per_s * self.BURST
        self._seen_at = clock()
        self._inside = 0

    @contextmanager
    def through(self) -> Iterator[Callable[[], None]]:
        """Count one request until the block ends or what is yielded is called. Raises :class:`TooMany`."""
        now = self._clock()
        most = self._limits.requests_per_s * self.BURST
        self._left = min(most, self._left + (now - self._seen_at) * self._limits.requests_per_s)
        self._seen_at = now
        if self._left < 1 or self._inside >= self._limits.requests_at_once:
            missing = max(0.0, 1 - self._left)
            raise TooMany(max(1, round(missing / self._limits.requests_per_s)))
        self._left -= 1
        self._inside += 1
        left = False

        def leave() -> None:
            nonlocal left
            if not left:
                left = True
                self._inside -= 1

        try:
            yield leave
        finally:
            leave()
