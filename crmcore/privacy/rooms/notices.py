"""What people who work here were told about a person."""

from typing import Any, ClassVar

from crmcore.contracts.labels import Label
from crmcore.contracts.personal_data import DataSubject
from crmcore.notifications.tables import Notification
from crmcore.privacy.belongings import belongings_of, chunks
from crmcore.privacy.rooms.room import Base


class Notices(Base):
    """Notifications about the person's conversations and tasks: they name records, and go with them."""

    key: ClassVar[str] = "notifications"
    label: ClassVar[Label] = {"en": "Notifications of colleagues", "ru": "Уведомления сотрудников"}

    async def count(self, subject: DataSubject, plugin: Any) -> int:
        """Return how many there are."""
        counts = [
            int(await Notification.count().where(Notification.record_id.is_in(chunk)))
            for chunk in chunks((await belongings_of(subject)).all)
        ]
        return sum(counts)

    async def erase(self, subject: DataSubject, plugin: Any) -> int:
        """Delete them."""
        gone = 0
        for chunk in chunks((await belongings_of(subject)).all):
            rows = (
                await Notification.delete()
                .where(Notification.record_id.is_in(chunk))
                .returning(Notification.id)
            )
            gone += len(rows)
        return gone
