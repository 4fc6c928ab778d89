"""A file on its way in: written to the disk piece by piece, counted and hashed, never held in memory."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self
from uuid import uuid4

from crmcore.contracts.labels import Label
from crmcore.contracts.problems import InvalidValue
from crmcore.files.kinds import HEAD
from crmcore.files.names import clean_name

_TOO_LARGE: Label = {
    "en": "“{name}” is larger than {limit} MB.",
    "ru": "«{name}» больше {limit} МБ.",
}


class Spooled:
    """One file that has arrived and is not kept yet. ``name`` is clean; ``declared`` is what the sender called it.

    Close it, and what is left of it goes.
    """

    def __init__(self, folder: Path, name: str, limit: int, declared: str = "") -> None:
        self.name = clean_name(name)
        self.declared = declared[:100]
        self.limit = limit
        self.size = 0
        self.head = b""
        self._hash = hashlib.sha256()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = folder / f"{uuid4().hex}.part"
        self._file: BinaryIO | None = self.path.open("xb")

    @property
    def sha256(self) -> str:
        """The SHA-256 of what was written, in hex."""
        return self._hash.hexdigest()

    async def write(self, chunk: bytes) -> None:
        """Take the next piece; raises InvalidValue (``too_large``) beyond the limit."""
        self.size += len(chunk)
        if self.size > self.limit:
            raise too_large(self.name, self.limit)
        if len(self.head) < HEAD:
            self.head += chunk[: HEAD - len(self.head)]
        await asyncio.to_thread(self._write, bytes(chunk))

    def finish(self) -> None:
        """End the writing; the file is there to be read."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def close(self) -> None:
        """Remove what is left on the disk."""
        self.finish()
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, chunk: bytes) -> None:
        if self._file is not None:
            self._file.write(chunk)
            self._hash.update(chunk)


async def pieces(content: bytes, size: int = 256 * 1024) -> AsyncIterator[bytes]:
    """Yield ``content`` in pieces."""
    for start in range(0, len(content), size):
        yield content[start : start + size]


def too_large(name: str, limit: int) -> InvalidValue:
    """Return the refusal of a file that is larger than ``limit`` bytes."""
    return InvalidValue(_TOO_LARGE, code="too_large", name=name, limit=round(limit / 1_000_000, 1))


def hash_of(file: Path) -> tuple[str, int]:
    """Return the SHA-256 in hex and the size of a file on the disk; blocking, in a thread."""
    with file.open("rb") as read:
        digest = hashlib.file_digest(read, "sha256")
        return digest.hexdigest(), read.tell()
