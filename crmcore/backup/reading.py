"""Reading an archive: first all of it, to see that it is whole; then again, part by part."""

import gzip
import hashlib
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TypeVar

import msgspec
from msgspec import Struct

from crmcore.backup.faults import BackupRefused
from crmcore.backup.manifest import FORMAT, HEADER, MANIFEST, Header, Manifest
from crmcore.files.storage import CHUNK

T = TypeVar("T", bound=Struct)
MAX_DESCRIPTION = 64_000_000


class Archive:
    """An archive that was read to its end, with every hash as it should be."""

    def __init__(self, file: Path, header: Header, manifest: Manifest) -> None:
        self.file = file
        self.header = header
        self.manifest = manifest

    @classmethod
    def checked(cls, file: Path) -> "Archive":
        """Read ``file`` to its end. Raises :class:`BackupRefused` when anything is missing, added or changed."""
        with _readable(file):
            return cls._checked(file)

    @classmethod
    def _checked(cls, file: Path) -> "Archive":
        header_text = manifest_text = b""
        hashes: dict[str, str] = {}
        uploads = upload_bytes = 0
        for name, size, content in _members(file):
            if name in (HEADER, MANIFEST):
                if size > MAX_DESCRIPTION:
                    raise BackupRefused(f"{file}: {name} is too large.")
                text = content.read()
                header_text, manifest_text = (text, manifest_text) if name == HEADER else (header_text, text)
                continue
            digest = _digest(content)
            if name.startswith("files/"):
                uploads, upload_bytes = uploads + 1, upload_bytes + size
                if digest != name.removeprefix("files/"):
                    raise BackupRefused(f"{file} is damaged: the upload {name} is not what it was.")
            elif name in hashes:
                raise BackupRefused(f"{file} is damaged: {name} is in it twice.")
            else:
                hashes[name] = digest
        if not header_text:
            raise BackupRefused(f"{file} is not a backup of crmcore.")
        if not manifest_text:
            raise BackupRefused(f"{file} is cut off: its manifest is missing.")
        # The number first: what else an unknown format says is not known.
        number = _decoded(file, header_text, _Numbered).format
        if number > FORMAT:
            raise BackupRefused(f"{file} has the format {number}; this crmcore reads up to {FORMAT}.")
        manifest = _decoded(file, manifest_text, Manifest)
        expected = {part.name: part.sha256 for parts in manifest.parts.values() for part in parts}
        expected |= manifest.others
        if hashlib.sha256(header_text).hexdigest() != manifest.header_sha256:
            raise BackupRefused(f"{file} is damaged: its header is not what it was.")
        if hashes != expected:
            names = sorted(name for name in {*hashes, *expected} if hashes.get(name) != expected.get(name))
            raise BackupRefused(f"{file} is damaged: {names[0]} is not what it was.")
        if (uploads, upload_bytes) != (manifest.files, manifest.file_bytes):
            raise BackupRefused(f"{file} is damaged: it has {uploads} of {manifest.files} uploads.")
        return cls(file, _decoded(file, header_text, Header), manifest)

    def members(self) -> Iterator[tuple[str, IO[bytes]]]:
        """Yield every member's name and content, in the order of the archive."""
        for name, _, content in _members(self.file):
            yield name, content


class _Numbered(Struct):
    format: int


def _decoded(file: Path, text: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.DecodeError as error:
        raise BackupRefused(f"{file} is damaged: {error}.") from error


def _members(file: Path) -> Iterator[tuple[str, int, IO[bytes]]]:
    with _readable(file), gzip.open(file) as packed, tarfile.open(fileobj=packed, mode="r|") as tar:
        for info in tar:
            content = tar.extractfile(info) if info.isreg() else None
            if content is None:
                raise BackupRefused(f"{file} is damaged: {info.name} is no file.")
            yield info.name, info.size, content
        while packed.read(CHUNK):  # to the checksum at the very end
            pass


@contextmanager
def _readable(file: Path) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise BackupRefused(f"{file} is damaged or no backup of crmcore: {error}.") from error


def _digest(content: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := content.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()
