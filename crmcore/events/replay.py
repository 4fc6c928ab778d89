"""A replay: a span of events that one plugin is told again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

ReplayState = Literal["queued", "running", "done", "cancelled"]
Name = Annotated[str, Meta(min_length=1, max_length=60)]


class NewReplay(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which events which plugin is told again.

    From ``since`` on and before ``until``, or from the event ``first`` to the event ``last``; one of the two
    beginnings is needed. ``names`` of events narrow it down; without any it is all that the plugin listens to.
    """

    plugin: Annotated[str, Meta(min_length=1, max_length=31)]
    since: Annotated[datetime, Meta(tz=True)] | None = None
    until: Annotated[datetime, Meta(tz=True)] | None = None
    first: UUID | None = None
    last: UUID | None = None
    names: Annotated[list[Name], Meta(max_length=100)] = []


class Replay(Struct, frozen=True, kw_only=True):
    """A replay as it stands: ``done`` of ``total`` events were told, ``waiting`` are on their way."""

    id: UUID
    plugin: str
    names: list[str]
    since: datetime | None
    until: datetime | None
    state: ReplayState
    done: int
    waiting: int
    total: int
    started_by: str
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None


def replay_of(row: Mapping[str, Any], waiting: int) -> Replay:
    """Return the replay stored in ``row``, of which ``waiting`` deliveries are in the queue."""
    fields = set(Replay.__struct_fields__) - {"names", "done", "waiting"}
    return Replay(
        names=msgspec.json.decode(row["names"], type=list[str]),
        done=max(0, row["put"] - waiting),
        waiting=waiting,
        **{name: row[name] for name in fields},
    )
