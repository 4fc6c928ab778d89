"""What addresses that events are posted to answered."""

from collections.abc import AsyncIterator
from typing import Any, ClassVar

from crmcore.contracts.labels import Label
from crmcore.contracts.personal_data import DataItem, DataSubject
from crmcore.privacy.belongings import belongings_of
from crmcore.privacy.naming import Naming
from crmcore.privacy.plain_rows import plain_row
from crmcore.privacy.rooms.room import Base
from crmcore.privacy.walk import BATCH
from crmcore.webhooks.tables import WebhookDelivery, WebhookEndpoint


class Webhooks(Base):
    """Deliveries of webhooks about the person: that they were sent stays, what was answered goes.

    What was sent is not kept. It has left the house: the export's events say what was told.
    """

    key: ClassVar[str] = "webhooks"
    label: ClassVar[Label] = {"en": "Answers to webhooks", "ru": "Ответы на вебхуки"}

    async def count(self, subject: DataSubject, plugin: Any) -> int:
        """Return how many answers there are."""
        return len([row["id"] async for row in self._found(subject)])

    async def export(self, subject: DataSubject, plugin: Any) -> AsyncIterator[DataItem]:
        """Yield each delivery that was answered: what it told of, to whom, and what came back."""
        addresses = {row["id"]: row["url"] for row in await WebhookEndpoint.select()}
        async for row in self._found(subject):
            # The path of an address is often its secret: the host says who it was.
            host = addresses.get(row["endpoint"], "").partition("://")[2].partition("/")[0].rpartition("@")[2]
            data = plain_row({**row, "host": host}, documents=("detail",), without=("endpoint", "next_at"))
            yield DataItem(id=str(row["id"]), data=data)

    async def erase(self, subject: DataSubject, plugin: Any) -> int:
        """Empty the answers; what still waited to be sent has no event any more and is skipped."""
        ids = [row["id"] async for row in self._found(subject)]
        emptied: dict[Any, Any] = {WebhookDelivery.answer: "", WebhookDelivery.detail: "{}"}
        for start in range(0, len(ids), 500):
            await WebhookDelivery.update(emptied, force=True).where(
                WebhookDelivery.id.is_in(ids[start : start + 500])
            )
        return len(ids)

    async def _found(self, subject: DataSubject) -> AsyncIterator[dict[str, Any]]:
        theirs = frozenset((*subject.contacts, *(await belongings_of(subject)).all))
        naming = Naming(subject)
        row = WebhookDelivery
        last = None
        while True:
            query = row.select().order_by(row.id).limit(BATCH)
            query = query.where((row.answer != "") | (row.detail != "{}"))
            rows = await (query if last is None else query.where(row.id > last))
            for one in rows:
                if one["record_id"] in theirs or naming.stands_in(one["answer"] + one["detail"]):
                    yield one
            if len(rows) < BATCH:
                return
            last = rows[-1]["id"]
