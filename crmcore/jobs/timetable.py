"""When a periodic job runs next."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim

from crmcore.contracts.jobs import Job


def next_turn(job: Job, after: datetime, zone: str) -> datetime:
    """Return the first turn of periodic ``job`` behind ``after``, in UTC; ``zone`` is the workspace's own.

    As Debian's cron does: a turn in the hour that is skipped when clocks are put forward comes right behind the
    skipped hour; one in the hour that comes twice is taken the first time only.
    """
    if not job.at:
        return after + timedelta(seconds=job.every_s or 0.0)
    turns = CronSim(job.at, after.astimezone(ZoneInfo(job.time_zone or zone)))
    while True:
        # Asked within the second of two equal hours, it names one in the first, which is over.
        if (turn := next(turns).astimezone(UTC)) > after:
            return turn
