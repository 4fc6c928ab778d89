"""Reads what is stored so that nobody takes damaged bytes for the file."""

import hashlib
from collections.abc import AsyncIterator

import structlog

from crmcore.files.storage import Lost, Storage


async def whole(storage: Storage, sha256: str, size: int, start: int, end: int) -> AsyncIterator[bytes]:
    """Yield the bytes from ``start`` up to ``end`` of a content of ``size`` bytes.

    A whole read holds its last piece back until the hash is right, a part is read after the whole was hashed:
    damage breaks the answer off. Raises :class:`Lost`.
    """
    if (start, end) != (0, size):
        async for _ in _checked(storage, sha256, size):
            pass
        async for piece in storage.read(sha256, start, end):
            yield piece
        return
    async for piece in _checked(storage, sha256, size):
        yield piece


async def _checked(storage: Storage, sha256: str, size: int) -> AsyncIterator[bytes]:
    digest, last, read = hashlib.sha256(), b"", 0
    async for piece in storage.read(sha256, 0, size):
        if last:
            yield last
        digest.update(piece)
        read += len(piece)
        last = piece
    if read != size or digest.hexdigest() != sha256:
        structlog.get_logger("crmcore.files").error("file_damaged", sha256=sha256, size=size, read=read)
        raise Lost(sha256)
    if last:
        yield last
