"""How long a statement may take before the database counts as not answering."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic

# Long enough for what a job does on a large base; requests set their own, shorter limit.
DEFAULT_S = 30.0

_seconds: ContextVar[float] = ContextVar("crmcore_statement_seconds", default=DEFAULT_S)


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Let each statement in this block take up to ``seconds``."""
    token = _seconds.set(seconds)
    try:
        yield
    finally:
        _seconds.reset(token)


def statement_seconds() -> float:
    """Return how many seconds a statement may take here."""
    return _seconds.get()


class Deadline:
    """A moment on the monotonic clock by which a statement has to be done."""

    def __init__(self, seconds: float) -> None:
        self._at = monotonic() + seconds

    @classmethod
    def of_statement(cls) -> "Deadline":
        """Return the deadline of a statement that starts now."""
        return cls(statement_seconds())

    def left(self) -> float:
        """Return the seconds left; a thousandth at least, because zero means "no limit" to drivers."""
        return max(self._at - monotonic(), 0.001)

    def over(self) -> bool:
        """Tell whether the moment has passed."""
        return monotonic() >= self._at
