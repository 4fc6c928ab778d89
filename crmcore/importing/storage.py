"""The files of imports in the data folder, by the hash of what is in them."""

import asyncio
import hashlib
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self
from uuid import uuid4

from crmcore.errors import TooLarge

MAX_UPLOAD = 2_000_000_000
BLOCK = 1 << 20

_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)


class ImportFiles:
    """Keeps each file once. Files are readable by their owner alone: they are full of personal data."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def incoming(self) -> "Incoming":
        """Return a file to write to, block by block."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return Incoming(self._folder)

    def path(self, file_hash: str) -> Path:
        """Return where the file with this SHA-256 is, or would be."""
        if not _HASH.fullmatch(file_hash):
            raise ValueError("not a SHA-256")
        return self._folder / file_hash

    def remove(self, file_hash: str) -> None:
        """Delete a file that no import needs any more."""
        self.path(file_hash).unlink(missing_ok=True)


class Incoming:
    """A file on its way in; what is not kept at the end of the ``with`` block is gone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / f"incoming-{uuid4().hex}"
        self._hash = hashlib.sha256()
        self._file: BinaryIO
        self.size = 0

    def __enter__(self) -> Self:
        self._file = os.fdopen(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)

    def write(self, block: bytes) -> None:
        """Add ``block``; raises TooLarge beyond 2 GB."""
        self.size += len(block)
        if self.size > MAX_UPLOAD:
            raise TooLarge(limit=MAX_UPLOAD, headers={"Connection": "close"})
        self._hash.update(block)
        self._file.write(block)

    @property
    def path(self) -> Path:
        """Where the file is until it is kept."""
        return self._path

    def flush(self) -> None:
        """Bring what was written to the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def keep(self) -> str:
        """Keep the file and return its SHA-256."""
        self.flush()
        digest = self._hash.hexdigest()
        self._path.replace(self._folder / digest)
        return digest


async def blocks_of(file: Path) -> AsyncIterator[bytes]:
    """Yield the content of ``file`` in blocks of a megabyte."""
    with file.open("rb") as stream:
        while block := await asyncio.to_thread(stream.read, BLOCK):
            yield block
