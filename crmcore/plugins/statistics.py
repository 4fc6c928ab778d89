"""How each plugin does: calls, errors, times, the last traceback."""

from collections import deque
from datetime import datetime

from msgspec import Struct

# Enough for a steady p95 and small enough to forget a bad hour.
_KEPT_DURATIONS = 500


class PluginStats(Struct, frozen=True, kw_only=True):
    """One plugin's figures since this process began. ``paused`` are the points whose breaker is open."""

    calls: int = 0
    errors: int = 0
    p95_ms: float | None = None
    last_error: str = ""
    last_error_point: str = ""
    last_error_at: datetime | None = None
    paused: tuple[str, ...] = ()


class Tally:
    """Counts the calls of one plugin."""

    __slots__ = ("_durations", "calls", "errors", "last_error", "last_error_at", "last_error_point")

    def __init__(self) -> None:
        self.calls = 0
        self.errors = 0
        self.last_error = ""
        self.last_error_point = ""
        self.last_error_at: datetime | None = None
        self._durations: deque[float] = deque(maxlen=_KEPT_DURATIONS)

    def called(self, seconds: float) -> None:
        """Count a call that took ``seconds``."""
        self.calls += 1
        self._durations.append(seconds)

    def failed(self, point: str, error: str, at: datetime) -> None:
        """Count a failure with its traceback."""
        self.errors += 1
        self.last_error, self.last_error_point, self.last_error_at = error, point, at

    def p95_ms(self) -> float | None:
        """Return the time that 95 of 100 recent calls stayed under, in milliseconds."""
        if not self._durations:
            return None
        ordered = sorted(self._durations)
        return round(ordered[max(0, -(-len(ordered) * 95 // 100) - 1)] * 1000, 3)

    def stats(self, paused: tuple[str, ...]) -> PluginStats:
        """Return the figures as they are now."""
        return PluginStats(
            calls=self.calls,
            errors=self.errors,
            p95_ms=self.p95_ms(),
            last_error=self.last_error,
            last_error_point=self.last_error_point,
            last_error_at=self.last_error_at,
            paused=paused,
        )
