"""What listeners are told."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct, field

from crmcore.contracts.actors import ActorKind

Kind = Literal["hello", "change", "notice", "reread", "reset", "bye"]
Reason = Literal["stopping", "signed_out", "access_changed", "too_slow", "done"]


class Person(Struct, frozen=True, kw_only=True):
    """Who did it; of customers the kind alone."""

    kind: ActorKind
    id: str = ""
    label: str = ""


class Hello(Struct, frozen=True, kw_only=True):
    """The stream has begun; ``resumed`` says that what was missed follows."""

    user_id: str
    language: str
    resumed: bool


class Changed(Struct, frozen=True, kw_only=True):
    """Something happened to a record that the listener sees. ``changed`` are the fields of it that he sees."""

    id: UUID
    name: str
    at: datetime
    record_type: str
    record_id: UUID
    by: Person
    changed: tuple[str, ...]
    text: str
    conversation_id: str | None = None


class Noticed(Struct, frozen=True, kw_only=True):
    """A notice to the listener himself."""

    id: UUID
    topic: str
    at: datetime
    text: str
    record_type: str | None = None
    record_id: UUID | None = None
    data: dict[str, Any] = field(default_factory=dict)


class Reread(Struct, frozen=True, kw_only=True):
    """A record of this type may have left the listener's sight: which one is not said."""

    record_type: str


class Reset(Struct, frozen=True, kw_only=True):
    """More was missed than is told: what is shown has to be read again."""


class Bye(Struct, frozen=True, kw_only=True):
    """The stream ends."""

    reason: Reason


class Told(Struct, frozen=True, kw_only=True):
    """One message of a stream. ``place`` is where to resume after it, empty in the middle of what came together."""

    kind: Kind
    body: Hello | Changed | Noticed | Reread | Reset | Bye
    place: str = ""
