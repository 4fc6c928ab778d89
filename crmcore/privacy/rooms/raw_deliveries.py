"""Deliveries as they arrived."""

from collections.abc import AsyncIterator
from typing import Any, ClassVar

from crmcore.contracts.labels import Label
from crmcore.contracts.personal_data import DataItem, DataSubject
from crmcore.conversations.deliveries import Deliveries
from crmcore.conversations.tables import InboundDelivery
from crmcore.files.tables import StoredFile
from crmcore.privacy.belongings import chunks, conversations_of
from crmcore.privacy.naming import Naming
from crmcore.privacy.plain_rows import plain_row
from crmcore.privacy.rooms.room import Base

_BATCH = 100


class RawDeliveries(Base):
    """Those that became the person's messages, and all others that name them: held, dropped, not understood."""

    key: ClassVar[str] = "deliveries"
    label: ClassVar[Label] = {"en": "Deliveries as they arrived", "ru": "Доставки как есть"}

    async def export(self, subject: DataSubject, plugin: Any) -> AsyncIterator[DataItem]:
        """Yield each delivery with its body as text."""
        async for row in self._found(subject):
            body = row["body"].decode("utf-8", "replace")
            data = plain_row({**row, "body": body}, documents=("headers",), without=("account",))
            yield DataItem(id=str(row["id"]), data=data)

    async def erase(self, subject: DataSubject, plugin: Any) -> int:
        """Delete them; what a form had uploaded for a message that was never understood goes with them."""
        erased = 0
        async for row in self._found(subject):
            text = row["body"].decode("utf-8", "replace")
            loose = await StoredFile.select(StoredFile.id).where(
                StoredFile.record.is_null(), StoredFile.uploaded_by_kind == "contact"
            )
            named = [file["id"] for file in loose if str(file["id"]) in text]
            async with self.crm.database.transaction():
                if named:
                    now = self.crm.clock()
                    values: dict[Any, Any] = {
                        "record_type": "erased",
                        "record": row["id"],
                        "released_at": now,
                    }
                    await StoredFile.update(values, force=True).where(StoredFile.id.is_in(named))
                await InboundDelivery.delete().where(InboundDelivery.id == row["id"])
            erased += 1
        return erased

    async def _found(self, subject: DataSubject) -> AsyncIterator[dict[str, Any]]:
        for chunk in chunks(await conversations_of(subject), 500):
            for row in await InboundDelivery.select().where(InboundDelivery.conversation_id.is_in(chunk)):
                yield self._opened(row)
        naming = Naming(subject)
        last = None
        while True:
            query = InboundDelivery.select().where(InboundDelivery.conversation_id.is_null())
            query = query.order_by(InboundDelivery.id).limit(_BATCH)
            rows = await (query if last is None else query.where(InboundDelivery.id > last))
            for row in map(self._opened, rows):
                body = row["body"].decode("utf-8", "replace")
                if any(naming.stands_in(text) for text in (body, row["headers"], row["url"], row["error"])):
                    yield row
            if len(rows) < _BATCH:
                return
            last = rows[-1]["id"]

    def _opened(self, row: dict[str, Any]) -> dict[str, Any]:
        crm = self.crm
        return Deliveries(crm.database, crm.clock, crm.jobs, crm.keys).opened(row)
