"""How long a statement may take before the database counts as not answering."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic

# A request must be answered within 3 s even if the database is frozen; half a second is left for the answer.
DEFAULT_S = 2.5

_seconds: ContextVar[float] = ContextVar("crmcore_statement_seconds", default=DEFAULT_S)


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Let each statement in this block take up to ``seconds``: imports, migrations and reports need it."""
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

    def __init__(self, seconds: float | None = None) -> None:
        self._at = monotonic() + (statement_seconds() if seconds is None else seconds)

    def left(self) -> float:
        """Return the seconds that are left, never less than a thousandth: zero means "no limit" to drivers."""
        return max(self._at - monotonic(), 0.001)

    def over(self) -> bool:
        """Tell whether the moment has passed."""
        return monotonic() >= self._at
