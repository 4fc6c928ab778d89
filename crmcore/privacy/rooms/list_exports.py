"""Files that lists were exported into, kept for a week to be fetched."""

from typing import Any, ClassVar

from crmcore.contracts.labels import Label
from crmcore.contracts.personal_data import DataSubject
from crmcore.exporting.tables import ExportRun
from crmcore.privacy.rooms.room import Base


class ListExports(Base):
    """All of them go: who needs one makes it again, without the person."""

    key: ClassVar[str] = "list_exports"
    label: ClassVar[Label] = {"en": "Files of exported lists", "ru": "Файлы выгруженных списков"}

    async def count(self, subject: DataSubject, plugin: Any) -> int:
        """Return how many files there are."""
        return int(await ExportRun.count())

    async def erase(self, subject: DataSubject, plugin: Any) -> int:
        """Delete the files."""
        return await self.crm.export_runs.forget_all()
