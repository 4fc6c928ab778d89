"""A machine's clock that is set: what was due must not wait for the old time, what runs must not seem overdue."""

import time
from datetime import timedelta

from crmcore.clock import Clock
from crmcore.jobs.tables import JobRow

TOLERANCE_S = 5.0
_BATCH = 500


class ClockStep:
    """Notices that the clock went back, and moves what the queue holds to the new time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wall = clock()
        self._steady_s = time.monotonic()
        self.went_forward = False
        """Whether the clock was put forward between the last two looks at it, or the machine slept."""

    def noticed(self) -> bool:
        """Tell whether the clock went back since the last call, by the machine's steady clock."""
        wall, steady_s = self._clock(), time.monotonic()
        passed_s = (wall - self._wall).total_seconds()
        expected_s = steady_s - self._steady_s
        self._wall, self._steady_s = wall, steady_s
        self.went_forward = passed_s > expected_s + TOLERANCE_S
        return passed_s < expected_s - TOLERANCE_S

    async def mend(self) -> int:
        """Keep every job's distance in time from its last change, where that change lies in the future.

        Returns how many jobs were moved. Several workers may do this at once: each row is moved by one.
        """
        moved = 0
        while True:
            now = self._clock()
            rows = (
                await JobRow.select(JobRow.id, JobRow.run_at, JobRow.updated_at)
                .where(JobRow.state != "dead", JobRow.updated_at > now + timedelta(seconds=TOLERANCE_S))
                .limit(_BATCH)
            )
            for row in rows:
                await JobRow.update(
                    {JobRow.run_at: now + (row["run_at"] - row["updated_at"]), JobRow.updated_at: now}
                ).where(JobRow.id == row["id"], JobRow.updated_at == row["updated_at"])
            moved += len(rows)
            if len(rows) < _BATCH:
                return moved
