"""Notifications of one workspace: one place for everybody outside this folder."""

from typing import TYPE_CHECKING
from uuid import UUID

from crmcore.contracts.events import Event
from crmcore.notifications.choices import Choices
from crmcore.notifications.due import DueTasks
from crmcore.notifications.from_events import FromEvents
from crmcore.notifications.mailing import Mailing
from crmcore.notifications.reading import Reading
from crmcore.notifications.telling import Teller, Telling
from crmcore.notifications.troubles import Troubles

if TYPE_CHECKING:
    from crmcore.workspace import Crm


class Notifications:
    """What people should hear: ``choices`` of how, ``reading``, ``due`` tasks, ``mailing``, ``troubles``."""

    def __init__(self, crm: "Crm") -> None:
        self._teller = Teller(crm)
        self._from_events = FromEvents(crm, self._teller)
        self.choices = Choices(crm.database, crm.clock)
        self.reading = Reading(crm)
        self.due = DueTasks(crm, self._teller)
        self.mailing = Mailing(crm, self.reading)
        self.troubles = Troubles(crm, self._teller)

    async def write(self, event: Event) -> None:
        """Write what follows from ``event`` for people, in its transaction."""
        await self._from_events.write(event)

    async def import_finished(self, user: UUID, run: UUID, file_name: str) -> None:
        """Tell who started an import that it has ended, in the open transaction."""
        await self._teller.tell(
            Telling(
                user=user,
                kind="import_finished",
                key=f"import:{run}",
                record_id=run,
                details={"name": file_name[:200]},
            )
        )
