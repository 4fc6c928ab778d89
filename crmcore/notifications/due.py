"""Reminders and overdue tasks: told at their moment, once, whoever looks how often.

That somebody was told is marked by the statement that finds it untold, in the transaction of the notification: who
dies in between has done neither, and of two workers one finds nothing to do.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from crmcore.database.statement import fetch
from crmcore.jobs.claimed_job import moment_of
from crmcore.jobs.wake_ups import WakeUps
from crmcore.notifications.tables import Notification
from crmcore.notifications.telling import Teller, Telling

if TYPE_CHECKING:
    from crmcore.workspace import Crm

AT_ONCE = 200
"""So many of each are read at once."""
JOB = "tell_due_tasks"
TOGETHER = timedelta(minutes=1)
"""Of a reminder and an overdue task that come so close together, one is told."""

_DUE = (
    'SELECT "id" FROM "task" WHERE "status" = \'open\' AND "deleted_at" IS NULL '
    'AND "{mark}" IS NULL AND "{time}" IS NOT NULL AND "{time}" <= {{}} ORDER BY "{time}" LIMIT 200'
)
_NEXT = (
    'SELECT "{time}" AS "at" FROM "task" WHERE "status" = \'open\' AND "deleted_at" IS NULL '
    'AND "{mark}" IS NULL AND "{time}" > {{}} ORDER BY "{time}" LIMIT 1'
)
_MARK = (
    'UPDATE "task" SET "{mark}" = {{}} WHERE "id" = {{}} AND "status" = \'open\' AND "deleted_at" IS NULL '
    'AND "{mark}" IS NULL AND "{time}" <= {{}} RETURNING "assignee", "{time}" AS "at"'
)
_PLACES = (
    ("task_reminder", "reminded_at", "remind_at"),
    ("task_overdue", "overdue_told_at", "due_at"),
)


class DueTasks:
    """Tells the people whose tasks are due; a task of nobody's is marked and told to nobody."""

    def __init__(self, crm: "Crm", teller: Teller) -> None:
        self._crm = crm
        self._teller = teller
        self._wake_ups = WakeUps(lambda: crm.jobs, JOB)

    async def tell(self) -> int:
        """Tell what is due now, and return how many tasks were marked."""
        told = 0
        for kind, mark, time in _PLACES:
            names = {"mark": mark, "time": time}
            now = self._crm.clock()
            rows: list[dict[str, Any]] = [{}] * AT_ONCE
            # Whoever marks them, those of one reading are not in the next.
            while len(rows) == AT_ONCE:
                rows = await fetch(_DUE.format(**names), now)
                for row in rows:
                    told += await self._tell(kind, _MARK.format(**names), row["id"], now)
        return told

    async def look_ahead(self) -> None:
        """See to it that :meth:`tell` is called at the next moment, when that comes before the next look."""
        await self._wake_ups.nearest(await self.next_at())

    async def next_at(self) -> datetime | None:
        """Return when the next task has to be told of, None when there is none. What is due already is left out."""
        now = self._crm.clock()
        found = [
            moment_of(row["at"])
            for _, mark, time in _PLACES
            for row in await fetch(_NEXT.format(mark=mark, time=time), now)
        ]
        return min((at for at in found if at is not None), default=None)

    async def _tell(self, kind: str, statement: str, id: Any, now: datetime) -> int:
        async with self._crm.database.transaction():
            rows = await fetch(statement, now, id, now)
            if not rows:
                return 0
            if rows[0]["assignee"] is None:
                return 1
            user = _uuid(rows[0]["assignee"])
            if not await self._just_told(user, kind, id, now):
                await self._teller.tell(
                    Telling(
                        user=user,
                        kind=kind,
                        key=f"{kind}:{id}:{rows[0]['at']}",
                        record_type="task",
                        record_id=_uuid(id),
                    )
                )
        return 1

    @staticmethod
    async def _just_told(user: UUID, kind: str, id: Any, now: datetime) -> bool:
        """Tell whether ``user`` heard of the task by the other kind a moment ago: one alarm is enough."""
        others = [other for other, _, _ in _PLACES if other != kind]
        return await Notification.exists().where(
            Notification.user == user,
            Notification.kind.is_in(others),
            Notification.record_id == _uuid(id),
            Notification.at > now - TOGETHER,
        )


def _uuid(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(str(value))
