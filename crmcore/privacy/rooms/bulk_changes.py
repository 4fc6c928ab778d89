"""Changes of many records: the values they gave, and why a person's record was refused."""

from typing import Any, ClassVar

from crmcore.bulk.tables import BulkRow, BulkRun
from crmcore.contracts.labels import Label
from crmcore.contracts.personal_data import DataSubject
from crmcore.privacy.naming import Naming
from crmcore.privacy.rooms.room import Base
from crmcore.privacy.walk import rows_naming

_COLUMNS = (BulkRun.work, BulkRun.selection)


class BulkChanges(Base):
    """What was done stays in the history of the others; the person's rows go, and cannot be undone any more."""

    key: ClassVar[str] = "bulk_changes"
    label: ClassVar[Label] = {"en": "Changes of many records", "ru": "Изменения многих записей"}

    async def count(self, subject: DataSubject, plugin: Any) -> int:
        """Return how many rows and changes name the person."""
        runs = len([row async for row in rows_naming(Naming(subject), _COLUMNS)])
        return runs + int(await BulkRow.count().where(BulkRow.record_id.is_in(list(subject.contacts))))

    async def erase(self, subject: DataSubject, plugin: Any) -> int:
        """Delete the person's rows, and put the pseudonym into what names the person."""
        naming = Naming(subject)
        gone = (
            await BulkRow.delete()
            .where(BulkRow.record_id.is_in(list(subject.contacts)))
            .returning(BulkRow.id)
        )
        changed = 0
        async for row in rows_naming(naming, _COLUMNS):
            values: dict[Any, Any] = {
                BulkRun.work: naming.replaced_json(row["work"]),
                BulkRun.selection: naming.replaced_json(row["selection"]),
            }
            await BulkRun.update(values, force=True).where(BulkRun.id == row["id"])
            changed += 1
        return len(gone) + changed
