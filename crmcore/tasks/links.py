"""What tasks ask of the rest of the house."""

from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID

from crmcore.contracts.actors import Actor


class TaskLinks(Protocol):
    """The records that tasks are about. A workspace gives one that knows them."""

    async def sees(self, record_type: str, id: UUID, actor: Actor) -> bool:
        """Tell whether ``actor`` sees a record of that type with this id."""
        ...

    async def conversation_of(self, message: UUID) -> UUID | None:
        """Return the conversation that a message stands in."""
        ...

    async def make(self, title: str, internal: Mapping[str, Any], actor: Actor) -> None:
        """Make a task through the gate, in the open transaction."""
        ...
