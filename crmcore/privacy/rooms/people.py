"""The contact itself: names, contact points, custom values; and those that were merged into it."""

from collections.abc import AsyncIterator
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from crmcore.contacts.tables import Contact, ContactPoint
from crmcore.contracts.labels import Label
from crmcore.contracts.personal_data import DataItem, DataSubject
from crmcore.duplicates import entries
from crmcore.duplicates.tables import DuplicateSuggestion
from crmcore.privacy.plain_rows import plain_row
from crmcore.privacy.rooms.room import Base
from crmcore.records.tags import tags_of
from crmcore.search.entry import is_name
from crmcore.search.words import fold, words_of
from crmcore.search.writing import remove_entry

_EMPTY = {
    "last_name": "",
    "avatar": "",
    "points": "[]",
    "company": None,
    "job_title": "",
    "language": "",
    "time_zone": "",
    "gender": "",
    "ip_address": "",
    "browser": "",
    "notes": "",
    "search_text": "",
    "last_contact_channel": "",
    "custom": "{}",
}


class People(Base):
    """Contacts, their contact points, their words in the search, their keys among the duplicates."""

    key: ClassVar[str] = "contact"
    label: ClassVar[Label] = {"en": "Contact", "ru": "Контакт"}

    async def export(self, subject: DataSubject, plugin: Any) -> AsyncIterator[DataItem]:
        """Yield the contact and those merged into it, sensitive values in the clear: they are the person's."""
        ids = list(subject.contacts)
        names = (Contact.company.name, Contact.owner.name, Contact.team.name)
        tags = await tags_of("contact", ids)
        rows = await Contact.select(*Contact.all_columns(), *names).where(Contact.id.is_in(ids))
        for row in sorted(rows, key=lambda row: ids.index(row["id"])):
            row = {**row, "custom": self.crm.records.opened("contact", row["id"], _document(row["custom"]))}
            data = plain_row(row, documents=("points",), without=("search_text", "company", "owner", "team"))
            if tags.get(row["id"]):
                data["tags"] = tags[row["id"]]
            yield DataItem(id=str(row["id"]), data=data)

    async def erase(self, subject: DataSubject, plugin: Any) -> int:
        """Leave a row with the pseudonym, which conversations and statistics go on naming."""
        return sum([await self._erase(id, subject.pseudonym) for id in subject.contacts])

    async def _erase(self, id: UUID, pseudonym: str) -> int:
        async with self.crm.database.transaction():
            query = Contact.select().where(Contact.id == id)
            rows = await (query.lock_rows("UPDATE") if self.crm.database.kind == "postgres" else query)
            if not rows:
                return 0
            row = rows[0]
            now = self.crm.clock()
            values: dict[Any, Any] = {
                **_EMPTY,
                "first_name": pseudonym,
                "deleted_at": row["deleted_at"] or now,
                "updated_at": now,
                "version": row["version"] + 1,
            }
            await Contact.update(values, force=True).where(Contact.id == id)
            await ContactPoint.delete().where(ContactPoint.contact == id)
            names = {word for name in ("first_name", "last_name") for word in words_of(fold(row[name]))}
            await remove_entry("contact", id, sorted(filter(is_name, names)))
            await entries.remove([id])
            await DuplicateSuggestion.delete().where(
                (DuplicateSuggestion.one == id) | (DuplicateSuggestion.other == id)
            )
        return 1


def _document(stored: Any) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.json.decode(stored) if isinstance(stored, str | bytes) else stored
    return document
