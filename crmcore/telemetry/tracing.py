"""What the house needs of a tracer."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Literal, Protocol

Kind = Literal["server", "internal", "client", "consumer"]
Value = str | int | bool
Attributes = Mapping[str, Value]


class Span(Protocol):
    """A piece of work that is being timed."""

    def rename(self, name: str) -> None:
        """Give it a better name, once that is known."""
        ...

    def note(self, name: str, value: Value) -> None:
        """Say something about it; never what a customer wrote, and never a secret."""
        ...

    def fail(self, kind: str) -> None:
        """Mark it as failed, with a kind of failure: a class, a code."""
        ...


class Tracing(Protocol):
    """Makes spans; the ones inside another are its children."""

    def span(
        self, kind: Kind, name: str, attributes: Attributes, headers: Mapping[str, str] | None = None
    ) -> AbstractContextManager[Span]:
        """Time the block. ``headers`` with a W3C ``traceparent`` make it a part of the trace that they tell of.

        An exception marks the span with its class, and goes on.
        """
        ...

    def note(self, name: str, value: Value) -> None:
        """Say something about the current span."""
        ...

    def headers(self) -> dict[str, str]:
        """Return the W3C headers that tell another program of the current span; empty outside of one."""
        ...

    def trace_id(self) -> str:
        """Return the current trace's id, 32 hexadecimal digits; empty outside of one."""
        ...

    async def close(self) -> None:
        """Send what is left, for a few seconds at most."""
        ...
