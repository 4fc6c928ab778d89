"""Files: attachments of messages, values of file fields, uploads that became nothing."""

from collections.abc import AsyncIterator
from typing import Any, ClassVar

from crmcore.contracts.labels import Label
from crmcore.contracts.personal_data import DataItem, DataSubject
from crmcore.files.tables import StoredFile
from crmcore.privacy.belongings import belongings_of, chunks
from crmcore.privacy.plain_rows import plain_row
from crmcore.privacy.rooms.room import Base

_GONE = "erased"
"""The record type of files that hung on nothing but a delivery that was erased."""


class Files(Base):
    """The files of the person and of everything that hangs on them, with their bytes and small pictures."""

    key: ClassVar[str] = "files"
    label: ClassVar[Label] = {"en": "Files", "ru": "Файлы"}

    async def export(self, subject: DataSubject, plugin: Any) -> AsyncIterator[DataItem]:
        """Yield each file."""
        for row in await self._rows(subject):
            data = plain_row(row, without=("thumbnail", "uploaded_by"))
            yield DataItem(id=str(row["id"]), data=data, files=(row["id"],))

    async def erase(self, subject: DataSubject, plugin: Any) -> int:
        """Delete rows and bytes at once; bytes that somebody else uploaded too stay for them."""
        rows = await self._rows(subject)
        rows += await StoredFile.select().where(StoredFile.record_type == _GONE)
        for row in rows:
            async with self.crm.database.transaction():
                await StoredFile.delete().where(StoredFile.id == row["id"])
            for content in filter(None, (row["sha256"], row["thumbnail"])):
                used = (StoredFile.sha256 == content) | (StoredFile.thumbnail == content)
                if not await StoredFile.exists().where(used):
                    await self.crm.files.storage.delete(content)
        return len(rows)

    async def _rows(self, subject: DataSubject) -> list[dict[str, Any]]:
        belongings = await belongings_of(subject)
        rows: list[dict[str, Any]] = []
        for chunk in chunks((*subject.contacts, *belongings.all)):
            rows += await StoredFile.select().where(StoredFile.record.is_in(chunk))
        by_them = StoredFile.uploaded_by.is_in(list(map(str, subject.contacts)))
        rows += await StoredFile.select().where(StoredFile.uploaded_by_kind == "contact", by_them)
        return list({row["id"]: row for row in rows}.values())
