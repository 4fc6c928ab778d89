"""Tasks about a person or their conversations."""

from collections.abc import AsyncIterator
from typing import Any, ClassVar

from crmcore.contracts.labels import Label
from crmcore.contracts.personal_data import DataItem, DataSubject
from crmcore.conversations.sentences import sentence
from crmcore.privacy.belongings import belongings_of, chunks
from crmcore.privacy.plain_rows import plain_row
from crmcore.privacy.rooms.room import Base
from crmcore.tasks.kept_due import keep_next_due
from crmcore.tasks.tables import Task


class ToDo(Base):
    """Tasks. Who did them when stays, what they say goes."""

    key: ClassVar[str] = "tasks"
    label: ClassVar[Label] = {"en": "Tasks", "ru": "Задачи"}

    async def export(self, subject: DataSubject, plugin: Any) -> AsyncIterator[DataItem]:
        """Yield each task."""
        for row in await self._rows(subject):
            yield DataItem(id=str(row["id"]), data=plain_row(row, without=("search_text", "assignee")))

    async def erase(self, subject: DataSubject, plugin: Any) -> int:
        """Empty them; what was still to do is done."""
        title = sentence("erased", self.crm.settings.language)
        rows = await self._rows(subject)
        for row in rows:
            now = self.crm.clock()
            values: dict[Any, Any] = {
                "title": str(title),
                "notes": "",
                # What is done comes again only by its rule.
                "recurrence": "",
                "search_text": title.casefold(),
                "status": "done",
                "done_at": row["done_at"] or now,
                "version": row["version"] + 1,
                "updated_at": now,
            }
            async with self.crm.database.transaction():
                await Task.update(values, force=True).where(Task.id == row["id"])
                await keep_next_due((row["conversation"],))
                await self.crm.records.index_again("task", row["id"])
        return len(rows)

    async def _rows(self, subject: DataSubject) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for chunk in chunks((await belongings_of(subject)).tasks):
            rows += await Task.select().where(Task.id.is_in(chunk))
        return rows
