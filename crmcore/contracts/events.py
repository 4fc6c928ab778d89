"""Events: what has happened, delivered after commit, at least once."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, field

from crmcore.contracts.actors import ActorKind


class Event(Struct, frozen=True, kw_only=True):
    """Something that happened to a record.

    Delivered after the change is committed, at least once, in order per record: handlers are idempotent on
    ``id``. ``changes`` maps each changed field to ``[before, after]``; ``data`` carries what the event's name
    promises beyond that, for example ``message_received`` its ``conversation_id`` and ``contact_id``.
    """

    id: UUID
    name: str
    at: datetime
    record_type: str
    record_id: UUID
    actor_kind: ActorKind = "system"
    actor_id: str = ""
    actor_label: str = ""
    changes: dict[str, list[Any]] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
