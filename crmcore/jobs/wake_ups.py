"""Moments at which something is due: a job for the nearest, so that nobody has to look all the time."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from crmcore.jobs.queue import JobQueue
from crmcore.plugins.names import CORE

AHEAD_S = 15.0
"""So far ahead moments get a job of their own; whoever keeps moments looks at least every ten seconds for others."""
_GRAIN_S = 0.1


class WakeUps:
    """Runs one of the core's jobs at moments. It is the same job that also looks from time to time.

    A moment that somebody writes now may come before the next look: :meth:`soon` puts down a job for it, with what is
    written. What lies further ahead is found by a look, which puts down one job for the nearest moment; that one,
    when it runs, puts down the next. So the nearest moment always has a job, and one that passed while no process
    was running is there to be run by the first that starts.
    """

    def __init__(self, queue: Callable[[], JobQueue], job: str) -> None:
        self._queue = queue
        self._job = job

    def horizon(self) -> datetime:
        """Return until when moments are to be given to :meth:`nearest`."""
        return self._queue().clock() + timedelta(seconds=AHEAD_S)

    async def soon(self, *moments: datetime | None) -> None:
        """Put down a job for each of ``moments`` that comes before the next look, in the open transaction.

        Without a key, for which transactions would wait: there are few, and one too many finds nothing to do.
        """
        queue = self._queue()
        now = queue.clock()
        for given in moments:
            moment = _zoned(given)
            if moment is not None and now < moment <= now + timedelta(seconds=AHEAD_S):
                await queue.enqueue(CORE, self._job, delay_s=_until_s(now, moment))

    async def nearest(self, moment: datetime | None) -> None:
        """Put down one job for ``moment``, however many processes found it; for use outside of transactions."""
        queue = self._queue()
        now, moment = queue.clock(), _zoned(moment)
        if moment is not None and moment <= now + timedelta(seconds=AHEAD_S):
            delay_s = _until_s(now, moment)
            at = now + timedelta(seconds=delay_s)
            await queue.enqueue(CORE, self._job, key=at.astimezone(UTC).isoformat(), delay_s=delay_s)


def _zoned(moment: datetime | None) -> datetime | None:
    """Return ``moment`` in a time zone: the farthest ones come back from PostgreSQL without any."""
    return moment if moment is None or moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _until_s(now: datetime, moment: datetime) -> float:
    """Return the seconds until the next tenth of a second at or behind ``moment``: many moments make few jobs."""
    at_s = math.ceil(round(moment.timestamp() / _GRAIN_S, 3)) * _GRAIN_S
    return max(0.0, round(at_s - now.timestamp(), 6))
