"""What the core keeps of people."""

from typing import Any

from crmcore.contracts.personal_data import PersonalData
from crmcore.hookspecs import hookimpl
from crmcore.privacy.rooms.every import core_personal_data


class PersonalRooms:
    """Contributes the core's kinds of personal data."""

    crm: Any

    @hookimpl
    def register_personal_data(self) -> list[PersonalData]:
        """Return contacts, conversations, files and everything else that tells of a person."""
        return core_personal_data(self.crm)
