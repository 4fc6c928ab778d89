"""What the core's kinds of personal data have in common."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from crmcore.contracts.labels import Label
from crmcore.contracts.personal_data import DataItem, DataSubject, PersonalData

if TYPE_CHECKING:
    from crmcore.workspace import Crm


class Room(Protocol):
    """One kind of data. ``count`` is None where the exported items are counted."""

    key: ClassVar[str]
    label: ClassVar[Label]

    def export(self, subject: DataSubject, plugin: Any) -> AsyncIterator[DataItem]: ...
    async def erase(self, subject: DataSubject, plugin: Any) -> int: ...


class Base:
    """Keeps the workspace; exports nothing unless a room says what."""

    key: ClassVar[str] = ""
    label: ClassVar[Label] = ""

    def __init__(self, crm: "Crm") -> None:
        self.crm = crm

    async def export(self, subject: DataSubject, plugin: Any) -> AsyncIterator[DataItem]:
        """Yield nothing: what is here is a copy of what another room exports."""
        nothing: tuple[DataItem, ...] = ()
        for item in nothing:
            yield item


def personal_data_of(room: Room) -> PersonalData:
    """Return the room as the hook wants it."""
    return PersonalData(
        key=room.key,
        label=room.label,
        export=room.export,
        erase=room.erase,
        count=getattr(room, "count", None),
        timeout_s=3600.0,
    )
