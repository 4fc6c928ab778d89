"""What addresses that events are posted to answered."""

from typing import Any, ClassVar

from crmcore.contracts.labels import Label
from crmcore.contracts.personal_data import DataSubject
from crmcore.privacy.belongings import belongings_of
from crmcore.privacy.naming import Naming
from crmcore.privacy.rooms.room import Base
from crmcore.privacy.walk import BATCH
from crmcore.webhooks.tables import WebhookDelivery


class Webhooks(Base):
    """Deliveries of webhooks about the person: that they were sent stays, what was answered goes.

    What was sent is not kept. It has left the house: the export's events say what was told.
    """

    key: ClassVar[str] = "webhooks"
    label: ClassVar[Label] = {"en": "Answers to webhooks", "ru": "Ответы на вебхуки"}

    async def count(self, subject: DataSubject, plugin: Any) -> int:
        """Return how many answers there are."""
        return len(await self._ids(subject))

    async def erase(self, subject: DataSubject, plugin: Any) -> int:
        """Empty the answers; what still waited to be sent has no event any more and is skipped."""
        ids = await self._ids(subject)
        emptied: dict[Any, Any] = {WebhookDelivery.answer: "", WebhookDelivery.detail: "{}"}
        for start in range(0, len(ids), 500):
            await WebhookDelivery.update(emptied, force=True).where(
                WebhookDelivery.id.is_in(ids[start : start + 500])
            )
        return len(ids)

    async def _ids(self, subject: DataSubject) -> list[Any]:
        theirs = frozenset((*subject.contacts, *(await belongings_of(subject)).all))
        naming = Naming(subject)
        row = WebhookDelivery
        found: list[Any] = []
        last = None
        while True:
            query = row.select(row.id, row.record_id, row.answer, row.detail).order_by(row.id).limit(BATCH)
            query = query.where((row.answer != "") | (row.detail != "{}"))
            rows = await (query if last is None else query.where(row.id > last))
            found += [
                one["id"]
                for one in rows
                if one["record_id"] in theirs or naming.stands_in(one["answer"] + one["detail"])
            ]
            if len(rows) < BATCH:
                return found
            last = rows[-1]["id"]
