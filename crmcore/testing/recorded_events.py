"""What has happened in a workspace under test."""

import msgspec

from crmcore.contracts.events import Event
from crmcore.events.tables import EventRow


class RecordedEvents:
    """Reads the events of the bound workspace: ``await events("contact_created")``."""

    async def __call__(self, *names: str) -> list[Event]:
        """Return the events of these names, or all, in the order in which they were written."""
        rows = await EventRow.select(EventRow.payload).order_by(EventRow.id)
        found = [msgspec.json.decode(row["payload"], type=Event) for row in rows]
        return [event for event in found if not names or event.name in names]

    async def names(self) -> list[str]:
        """Return the names of all events in their order."""
        return [event.name for event in await self()]
