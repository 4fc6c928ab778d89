"""What the database's file still has of deleted rows, and exports of the person that lie ready."""

import shutil
from typing import Any, ClassVar

from crmcore.contracts.labels import Label
from crmcore.contracts.personal_data import DataSubject
from crmcore.database.statement import fetch
from crmcore.privacy.rooms.room import Base
from crmcore.privacy.tables import PersonalExport
from crmcore.search.entry import is_name
from crmcore.search.vocabulary import forget_names
from crmcore.search.words import fold, words_of

_INDEXES = ("search_words", "search_said")
# Pages that one step of tidying the index writes; nobody waits longer than for that.
_PAGES = 500
_MOST_STEPS = 10_000


class Traces(Base):
    """Comes last. SQLite overwrites what it deletes while an erasure runs; its search index is merged into one."""

    key: ClassVar[str] = "traces"
    label: ClassVar[Label] = {"en": "Exports and traces in the database", "ru": "Выгрузки и следы в базе"}

    async def count(self, subject: DataSubject, plugin: Any) -> int:
        """Return how many exports of the person lie ready."""
        return int(await PersonalExport.count().where(_ready(subject)))

    async def erase(self, subject: DataSubject, plugin: Any) -> int:
        """Delete exports, merge the search index, and empty the write-ahead log."""
        gone: dict[Any, Any] = {PersonalExport.state: "gone"}
        rows = (
            await PersonalExport.update(gone, force=True).where(_ready(subject)).returning(PersonalExport.id)
        )
        folder = self.crm.settings.data_path / "personal"
        for row in rows:
            (folder / f"{row['id']}.zip").unlink(missing_ok=True)
            shutil.rmtree(folder / str(row["id"]), ignore_errors=True)
        # What they were called stood in the subjects of their conversations too, until now.
        words = {word for name in subject.names for word in words_of(fold(name)) if is_name(word)}
        async with self.crm.database.transaction():
            await forget_names(words)
        if self.crm.database.kind == "sqlite":
            await self._merge_index()
            await self.crm.database.engine.execute("PRAGMA wal_checkpoint(TRUNCATE)", ())
        return len(rows)

    async def _merge_index(self) -> None:
        """Merge every segment of the index: until then, words that were deleted stand in the old ones."""
        for index in _INDEXES:
            pages = -_PAGES
            for _ in range(_MOST_STEPS):
                async with self.crm.database.transaction():
                    before = await fetch("SELECT total_changes() AS n")
                    await fetch(f"INSERT INTO {index}({index}, rank) VALUES ('merge', {{}})", pages)  # noqa: S608
                    after = await fetch("SELECT total_changes() AS n")
                if after[0]["n"] - before[0]["n"] < 2:
                    break
                pages = _PAGES


def _ready(subject: DataSubject) -> Any:
    return PersonalExport.contact.is_in(list(subject.contacts)) & (PersonalExport.state != "gone")
