"""Saved views that ask for the person by name or address."""

from typing import Any, ClassVar

from crmcore.contracts.labels import Label
from crmcore.contracts.personal_data import DataSubject
from crmcore.privacy.naming import Naming
from crmcore.privacy.rooms.room import Base
from crmcore.privacy.walk import rows_naming
from crmcore.views.tables import SavedView


class Views(Base):
    """A view stays its owner's; it asks for the pseudonym from now on."""

    key: ClassVar[str] = "views"
    label: ClassVar[Label] = {"en": "Saved views", "ru": "Сохранённые списки"}

    async def count(self, subject: DataSubject, plugin: Any) -> int:
        """Return how many views name the person."""
        return len([row async for row in rows_naming(Naming(subject), _COLUMNS)])

    async def erase(self, subject: DataSubject, plugin: Any) -> int:
        """Put the pseudonym into the question and the view's name."""
        naming = Naming(subject)
        changed = 0
        async for row in rows_naming(naming, _COLUMNS):
            if not naming.named_in(row["name"]) and not naming.named_in(row["query"]):
                continue  # it names the contact by its id, which says nothing of anybody any more
            values: dict[Any, Any] = {
                SavedView.name: naming.replaced(row["name"])[:120],
                SavedView.query: naming.replaced_json(row["query"]),
                SavedView.updated_at: self.crm.clock(),
            }
            await SavedView.update(values, force=True).where(SavedView.id == row["id"])
            changed += 1
        return changed


_COLUMNS = (SavedView.name, SavedView.query)
