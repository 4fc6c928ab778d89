"""A clock that tests turn by hand."""

from datetime import UTC, datetime, timedelta


class TurnableClock:
    """Stands still until it is turned; call it for the present moment, in UTC."""

    def __init__(self, start: datetime | None = None) -> None:
        self._now = start or datetime.now(UTC).replace(microsecond=0)

    def __call__(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> datetime:
        """Turn the clock by ``seconds``, backwards if negative, and return the new moment."""
        self._now += timedelta(seconds=seconds)
        return self._now
