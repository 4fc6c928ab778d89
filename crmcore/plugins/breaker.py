"""Stop calling what keeps failing, and try again later."""

from collections.abc import Callable

FAILURES_IN_A_ROW = 3
PAUSE_S = 30.0


class Breaker:
    """Guards one plugin at one point.

    After three failures in a row calls are refused for 30 s; then one call is let through, and its outcome
    decides. ``monotonic`` returns seconds and never goes back.
    """

    __slots__ = ("_failures", "_monotonic", "_opened_at", "_trial")

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._failures = 0
        self._opened_at: float | None = None
        self._trial = False

    @property
    def is_open(self) -> bool:
        """Whether calls are refused now, or only one is being tried."""
        return self._opened_at is not None

    def refused_for(self) -> float | None:
        """Ask to call: None lets the call through; a number of seconds says when to ask again."""
        if self._opened_at is None:
            return None
        left = self._opened_at + PAUSE_S - self._monotonic()
        if left > 0:
            return left
        if self._trial:
            return 1.0
        self._trial = True
        return None

    def succeeded(self) -> None:
        """The call that was let through came back well."""
        self._failures = 0
        self._opened_at = None
        self._trial = False

    def failed(self) -> None:
        """The call that was let through failed."""
        self._failures += 1
        self._trial = False
        if self._failures >= FAILURES_IN_A_ROW:
            self._opened_at = self._monotonic()

    def cancelled(self) -> None:
        """The call that was let through was given up by its caller: it says nothing about the plugin."""
        self._trial = False
