"""What panels and timelines stand beside."""

from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from crmcore.contracts.actors import Actor, system_actor

SYSTEM = system_actor("panels")

Slot = Literal["conversation", "contact", "company"]


class Subject(Struct, frozen=True, kw_only=True):
    """What the panel stands beside: the record it is about, its contact, and who looks at it.

    ``contact`` is the contact's document (names, ``emails``, ``phones``, ``custom``), for a conversation's
    panel as well; None when there is none. Both are as ``actor`` sees them, who looks at the panel: other records
    are read with ``plugin.records.seen_by(subject.actor)``. Text in a panel should be in ``language``.
    """

    record_type: Slot
    id: UUID
    document: dict[str, Any]
    contact: dict[str, Any] | None = None
    language: str = "en"
    actor: Actor = SYSTEM
