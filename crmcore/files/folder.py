"""Files in a folder of this machine, outside of anything that a web server shows."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from crmcore.files.storage import CHUNK, Lost, looks_stored


class FolderStorage:
    """Keeps each content in a file named after it, in 256 folders."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def place(self) -> str:
        """The folder."""
        return str(self._folder)

    async def put(self, sha256: str, source: Path) -> None:
        """Copy ``source``, bring it to the disk, and only then give it its name."""
        await asyncio.to_thread(self._put, sha256, source)

    async def read(self, sha256: str, start: int, end: int) -> AsyncIterator[bytes]:
        """Yield a part of the file."""
        try:
            file = await asyncio.to_thread(self._file(sha256).open, "rb")
        except OSError as error:
            raise Lost(sha256) from error
        try:
            await asyncio.to_thread(file.seek, start)
            left = end - start
            while left > 0:
                chunk = await asyncio.to_thread(file.read, min(CHUNK, left))
                if not chunk:
                    return
                left -= len(chunk)
                yield chunk
        finally:
            file.close()

    async def written_at(self, sha256: str) -> datetime | None:
        """Return the file's time."""
        try:
            found = await asyncio.to_thread(self._file(sha256).stat)
        except OSError:
            return None
        return datetime.fromtimestamp(found.st_mtime, UTC)

    async def delete(self, sha256: str) -> None:
        """Unlink the file."""
        await asyncio.to_thread(self._file(sha256).unlink, True)

    async def names(self, before: datetime) -> AsyncIterator[str]:
        """Yield the names of old files, one folder after the other."""
        for number in range(256):
            for name in await asyncio.to_thread(self._old, f"{number:02x}", before.timestamp()):
                yield name

    async def check(self) -> None:
        """Write, read and delete a few bytes beside the others."""
        await asyncio.to_thread(self._check)

    def _file(self, sha256: str) -> Path:
        if not looks_stored(sha256):
            raise Lost(sha256)
        return self._folder / sha256[:2] / sha256

    def _put(self, sha256: str, source: Path) -> None:
        target = self._file(sha256)
        if not target.parent.is_dir():
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _sync_folder(self._folder)
        part = target.with_name(f".{uuid4().hex}.part")
        try:
            with source.open("rb") as read, part.open("xb") as written:
                shutil.copyfileobj(read, written, CHUNK)
                written.flush()
                os.fsync(written.fileno())
            part.chmod(0o600)
            # Replaced even when it is there: the new time keeps the sweep away, and a damaged copy is mended.
            part.replace(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)

    def _old(self, folder: str, before: float) -> list[str]:
        found: list[str] = []
        try:
            entries = list(os.scandir(self._folder / folder))
        except FileNotFoundError:
            return found
        for entry in entries:
            try:
                old = entry.stat().st_mtime < before
            except FileNotFoundError:
                continue
            if old and looks_stored(entry.name):
                found.append(entry.name)
            elif old and entry.name.endswith(".part"):
                Path(entry.path).unlink(missing_ok=True)  # of a process that was killed
        return found

    def _check(self) -> None:
        # Before the first upload there is only the folder that it will be in: looking makes nothing.
        folder = self._folder if self._folder.is_dir() else self._folder.parent
        file = folder / f".{uuid4().hex}.part"
        try:
            file.write_bytes(b"crmcore")
            if file.read_bytes() != b"crmcore":
                raise Lost(str(file))
        finally:
            file.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Bring a folder's entries to the disk; Windows does it by itself and has no handle for it."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
