"""Where the bytes of files are: one name for each content, whatever the place."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Protocol

CHUNK = 256 * 1024


class Lost(Exception):
    """The storage has not what it should have, or has something else under its name."""


class Storage(Protocol):
    """Content-addressed bytes: a name is the SHA-256 of what is stored under it, in hex."""

    async def put(self, sha256: str, source: Path) -> None:
        """Store the file ``source``: afterwards it is there whole or not at all. It may be there already."""
        ...

    def read(self, sha256: str, start: int, end: int) -> AsyncIterator[bytes]:
        """Yield the bytes from ``start`` up to ``end`` (exclusive), as far as there are any; raises :class:`Lost`."""
        ...

    async def written_at(self, sha256: str) -> datetime | None:
        """Return when it was stored last; None when it is not there."""
        ...

    async def delete(self, sha256: str) -> None:
        """Delete it; nothing happens when it is not there."""
        ...

    def names(self, before: datetime) -> AsyncIterator[str]:
        """Yield what was stored before a moment, by the storage's own clock."""
        ...

    async def check(self) -> None:
        """Write, read and delete a few bytes; raises OSError or :class:`Lost` when that does not work."""
        ...

    @property
    def place(self) -> str:
        """Where it is, in words for an administrator, without secrets."""
        ...


def looks_stored(name: str) -> bool:
    """Tell whether ``name`` is a SHA-256 in hex: the only thing a storage of ours has."""
    return len(name) == 64 and all(sign in "0123456789abcdef" for sign in name)
