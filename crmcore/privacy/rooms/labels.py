"""Tags: those that nobody else has may name the person."""

from typing import Any, ClassVar

from crmcore.contracts.labels import Label
from crmcore.contracts.personal_data import DataSubject
from crmcore.privacy.belongings import belongings_of, chunks
from crmcore.privacy.rooms.room import Base
from crmcore.records.tables import Tag, Tagging, TagRemoval, TagRemovedUse


class Tags(Base):
    """The tags of the person, their conversations and tasks."""

    key: ClassVar[str] = "tags"
    label: ClassVar[Label] = {"en": "Tags", "ru": "Метки"}

    async def count(self, subject: DataSubject, plugin: Any) -> int:
        """Return how often something of theirs is tagged."""
        ids = (*subject.contacts, *(await belongings_of(subject)).all)
        return sum([int(await Tagging.count().where(Tagging.record_id.is_in(c))) for c in chunks(ids)])

    async def erase(self, subject: DataSubject, plugin: Any) -> int:
        """Take the tags off, and delete those that are on nothing any more."""
        ids = (*subject.contacts, *(await belongings_of(subject)).all)
        async with self.crm.database.transaction():
            gone: list[Any] = []
            for chunk in chunks(ids):
                await TagRemovedUse.delete().where(TagRemovedUse.record_id.is_in(chunk))
                gone += await Tagging.delete().where(Tagging.record_id.is_in(chunk)).returning(Tagging.tag)
            for tag in {row["tag"] for row in gone}:
                if not await Tagging.exists().where(Tagging.tag == tag):
                    await Tag.delete().where(Tag.id == tag)
            # A removed tag that is remembered for nobody else may name the person as well.
            await TagRemoval.delete().where(
                TagRemoval.id.not_in(TagRemovedUse.select(TagRemovedUse.removal)), TagRemoval.uses > 0
            )
        return len(gone)
