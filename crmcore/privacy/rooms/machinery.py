"""Events, jobs and remembered answers: copies of what was said elsewhere, on their way or kept for a while."""

from collections.abc import AsyncIterator
from typing import Any, ClassVar

from piccolo.columns import Column

from crmcore.contracts.labels import Label
from crmcore.contracts.personal_data import DataItem, DataSubject
from crmcore.events.tables import EventRow
from crmcore.jobs.tables import JobRow
from crmcore.privacy.belongings import belongings_of
from crmcore.privacy.naming import Naming
from crmcore.privacy.plain_rows import plain_row
from crmcore.privacy.rooms.room import Base
from crmcore.privacy.walk import rows_naming
from crmcore.records.tables import IdempotentAnswer

OWN_JOBS = ("erase_person", "export_person")


class Machinery(Base):
    """Rows that are of no use to anybody once what they tell of is gone: they are deleted."""

    columns: ClassVar[tuple[Column, ...]] = ()
    conditions: ClassVar[tuple[Any, ...]] = ()

    async def count(self, subject: DataSubject, plugin: Any) -> int:
        """Return how many rows name the person or something of theirs."""
        return len([row async for row in self._rows(subject)])

    async def erase(self, subject: DataSubject, plugin: Any) -> int:
        """Delete the rows."""
        table = self.columns[0]._meta.table
        key = table._meta.primary_key
        ids = [row[key._meta.name] async for row in self._rows(subject)]
        for start in range(0, len(ids), 500):
            await table.delete().where(key.is_in(ids[start : start + 500]))
        return len(ids)

    async def _rows(self, subject: DataSubject) -> AsyncIterator[dict[str, Any]]:
        naming = Naming(subject, (await belongings_of(subject)).all)
        async for row in rows_naming(naming, self.columns, *self.conditions):
            yield row


class Events(Machinery):
    """The outbox. A delivery whose event is gone is not told any more."""

    key: ClassVar[str] = "events"
    label: ClassVar[Label] = {"en": "Events", "ru": "События"}
    columns: ClassVar[tuple[Column, ...]] = (EventRow.payload,)

    async def export(self, subject: DataSubject, plugin: Any) -> AsyncIterator[DataItem]:
        """Yield each event: plugins and programs were told it."""
        async for row in self._rows(subject):
            yield DataItem(id=str(row["id"]), data=plain_row(row, documents=("payload",)))


class Jobs(Machinery):
    """Jobs that wait or that nobody could do."""

    key: ClassVar[str] = "jobs"
    label: ClassVar[Label] = {"en": "Jobs and dead letters", "ru": "Задания и недоставленное"}
    columns: ClassVar[tuple[Column, ...]] = (JobRow.payload, JobRow.error, JobRow.unique_key)
    conditions: ClassVar[tuple[Any, ...]] = (JobRow.name.not_in([*OWN_JOBS]),)


class Answers(Machinery):
    """Answers that are kept for requests that are repeated."""

    key: ClassVar[str] = "answers"
    label: ClassVar[Label] = {"en": "Remembered answers", "ru": "Запомненные ответы"}
    columns: ClassVar[tuple[Column, ...]] = (IdempotentAnswer.body, IdempotentAnswer.headers)
