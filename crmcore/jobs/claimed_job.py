"""A job in the hands of a worker."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

PERIODIC = "every:"
"""Begins the unique key of a periodic job's one row; a plugin's name never has a colon."""


class ClaimedJob(Struct, frozen=True, kw_only=True):
    """A job that this worker may run until its lease ends. ``lease`` is the fencing token."""

    id: UUID
    plugin: str
    name: str
    payload: dict[str, Any]
    unique_key: str | None
    ordering_key: str | None
    attempts: int
    max_attempts: int
    lease: UUID
    claimed_at: datetime
    ran_at: datetime | None = None
    origin: str | None = None

    @property
    def kind(self) -> str:
        """The key in the registry: ``plugin.name``, or the name itself when it is another plugin's job."""
        return self.name if "." in self.name else f"{self.plugin}.{self.name}"

    @property
    def periodic(self) -> bool:
        """Tell whether this is a periodic job's own row, which is kept for its next turn."""
        return self.unique_key is not None and self.unique_key.startswith(PERIODIC)


def claimed_from(row: Mapping[str, Any], lease: UUID, claimed_at: datetime) -> ClaimedJob:
    """Return the claimed job of a row; SQLite gives ids as text, PostgreSQL as UUIDs."""
    return ClaimedJob(
        id=UUID(str(row["id"])),
        plugin=row["plugin"],
        name=row["name"],
        payload=msgspec.json.decode(row["payload"], type=dict[str, Any]),
        unique_key=row["unique_key"],
        ordering_key=row["ordering_key"],
        attempts=row["attempts"],
        max_attempts=row["max_attempts"],
        lease=lease,
        claimed_at=claimed_at,
        ran_at=moment_of(row["ran_at"]),
        origin=row["origin"],
    )


def moment_of(value: Any) -> datetime | None:
    """Return a moment of a raw row: SQLite gives text, in UTC."""
    if value is None or isinstance(value, datetime):
        return value
    found = datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
