"""An endpoint as it is made, changed and read."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct, field

State = Literal["enabled", "paused", "disabled"]
DeliveryState = Literal["queued", "waiting", "delivered", "dead", "skipped"]
Url = Annotated[str, Meta(min_length=1, max_length=2000)]
Description = Annotated[str, Meta(max_length=200)]
Events = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=60)]], Meta(min_length=1, max_length=200)
]


class NewEndpoint(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An endpoint to make. ``events`` are names of events; ``*`` is all of them."""

    url: Url
    description: Description = ""
    events: Events = field(default_factory=lambda: ["*"])


class EndpointChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of an endpoint; what is not sent stays."""

    url: Url | msgspec.UnsetType = msgspec.UNSET
    description: Description | msgspec.UnsetType = msgspec.UNSET
    events: Events | msgspec.UnsetType = msgspec.UNSET
    state: Literal["enabled", "paused"] | msgspec.UnsetType = msgspec.UNSET


class EndpointEntry(Struct, frozen=True, kw_only=True):
    """An endpoint as it is read: everything but its secrets.

    ``reason`` says why it is paused or disabled when nobody did it by hand: ``gone`` (it answered 410) or
    ``failing`` (only failures for days). ``two_secrets``: it was given a new secret, and the old one still signs.
    """

    id: UUID
    version: int
    url: str
    description: str
    events: list[str]
    state: State
    reason: str
    owner_id: UUID
    owner_name: str
    two_secrets: bool
    failing_since: datetime | None
    last_at: datetime | None
    last_status: int | None
    created_at: datetime
    updated_at: datetime


class DeliveryEntry(Struct, frozen=True, kw_only=True):
    """A delivery as it is read. ``error`` is why it was not delivered; ``detail`` says it in words."""

    id: UUID
    event_id: UUID | None
    name: str
    record_type: str
    record_id: UUID | None
    state: DeliveryState
    attempts: int
    next_at: datetime | None
    status: int | None
    answer: str
    error: str
    detail: str
    duration_ms: int | None
    created_at: datetime
    updated_at: datetime
