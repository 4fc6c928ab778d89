"""Writing an archive: a compressed tar, from its beginning to its end in one go."""

import gzip
import hashlib
import io
import os
import tarfile
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import msgspec

from crmcore.backup.faults import BackupRefused
from crmcore.backup.manifest import HEADER, MANIFEST, Header, Manifest, Part

PART_BYTES = 4_000_000
"""So many bytes of rows become one member: the most that is held in memory."""
# Level 3 takes a third of the time of 6 for rows of text and saves nearly as much.
LEVEL = 3


class ArchiveWriter:
    """Writes ``file`` whole or not at all: under another name until it is on the disk. Its owner alone reads it."""

    def __init__(self, file: Path, header: Header) -> None:
        self._file = file
        self._draft = file.with_name(f"{file.name}.part")
        self._stack = ExitStack()
        self._header = msgspec.json.encode(header)
        self.manifest = Manifest(header_sha256=hashlib.sha256(self._header).hexdigest())

    def __enter__(self) -> "ArchiveWriter":
        if self._file.exists():
            raise BackupRefused(f"{self._file} is there already: name another file.")
        handle = os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._raw = self._stack.enter_context(os.fdopen(handle, "wb"))
        packed = self._stack.enter_context(
            gzip.GzipFile("", "wb", compresslevel=LEVEL, fileobj=self._raw, mtime=0)
        )
        self._tar = self._stack.enter_context(
            tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT)
        )
        self._add(HEADER, self._header)
        return self

    def rows(self, table: str, number: int, lines: Iterable[bytes], rows: int) -> None:
        """Add rows of ``table`` as JSON Lines."""
        content = b"".join(lines)
        name = f"tables/{table}/{number:06d}.jsonl"
        self._add(name, content)
        part = Part(name, rows, hashlib.sha256(content).hexdigest())
        self.manifest.parts.setdefault(table, []).append(part)

    def upload(self, sha256: str, content: BinaryIO, size: int) -> None:
        """Add an upload."""
        self._add_from(f"files/{sha256}", content, size)
        self.manifest.files += 1
        self.manifest.file_bytes += size

    def other(self, name: str, content: BinaryIO, size: int, sha256: str) -> None:
        """Add anything else that is worth keeping."""
        self._add_from(name, content, size)
        self.manifest.others[name] = sha256

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._add(MANIFEST, msgspec.json.encode(self.manifest))
            descriptor = os.dup(self._raw.fileno())
            try:
                self._stack.close()
                # On the disk before it gets its name.
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            if error is None:
                self._draft.replace(self._file)
        finally:
            self._draft.unlink(missing_ok=True)

    def _add(self, name: str, content: bytes) -> None:
        self._add_from(name, io.BytesIO(content), len(content))

    def _add_from(self, name: str, content: BinaryIO, size: int) -> None:
        info = tarfile.TarInfo(name)
        info.size = size
        info.mode = 0o600
        self._tar.addfile(info, content)
