"""The log of merges: both contacts as they were before."""

from collections.abc import AsyncIterator
from typing import Any, ClassVar

from crmcore.contacts.tables import MergeLog
from crmcore.contracts.labels import Label
from crmcore.contracts.personal_data import DataItem, DataSubject
from crmcore.privacy.plain_rows import plain_row
from crmcore.privacy.rooms.room import Base


class Merges(Base):
    """Merges of the person, undone ones too. Afterwards none of them can be undone."""

    key: ClassVar[str] = "merges"
    label: ClassVar[Label] = {"en": "Merges", "ru": "Объединения"}

    async def export(self, subject: DataSubject, plugin: Any) -> AsyncIterator[DataItem]:
        """Yield when which contacts were merged; as they were, they are in the contact's own part."""
        for row in await MergeLog.select().where(_of(subject)):
            yield DataItem(id=str(row["id"]), data=plain_row(row, without=("moves", "before")))

    async def erase(self, subject: DataSubject, plugin: Any) -> int:
        """Empty what the merges would be undone with."""
        values: dict[Any, Any] = {MergeLog.before: "{}", MergeLog.moves: "[]"}
        rows = (
            await MergeLog.update(values, force=True)
            .where(_of(subject), MergeLog.before != "{}")
            .returning(MergeLog.id)
        )
        return len(rows)


def _of(subject: DataSubject) -> Any:
    ids = list(subject.contacts)
    return MergeLog.kept.is_in(ids) | MergeLog.merged.is_in(ids)
