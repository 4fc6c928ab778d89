"""A clock that can be set to the past while the demo's story is told, and let go afterwards."""

from datetime import datetime

from crmcore.clock import utc_now


class StoryClock:
    """A :data:`~crmcore.clock.Clock`: the moment it was set to, or the present once it is let go."""

    def __init__(self) -> None:
        self._moment: datetime | None = None

    def __call__(self) -> datetime:
        return self._moment or utc_now()

    def set(self, moment: datetime) -> None:
        """Stand at ``moment`` (aware)."""
        self._moment = moment

    def let_go(self) -> None:
        """Run with the present again."""
        self._moment = None
