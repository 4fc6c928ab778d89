"""A job that was given up."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct


class DeadLetter(Struct, frozen=True, kw_only=True):
    """A job that failed as often as it may, and waits for a person; ``error`` is its last failure."""

    id: UUID
    plugin: str
    name: str
    payload: dict[str, Any]
    attempts: int
    error: str
    created_at: datetime
    died_at: datetime
