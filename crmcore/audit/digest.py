"""What is hashed of a row of the history, and how seals follow each other."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC
from typing import Any
from uuid import UUID

import msgspec

ENTRY_BYTES = 16 + 32
_SAID = ("record_type", "version", "action", "actor_kind", "actor_id", "actor_label", "plugin_version")
_MORE = ("reason", "subject", "address")


def digest_of(row: Mapping[str, Any]) -> bytes:
    """Return the SHA-256 of everything that a row of the history says; the same on both engines."""
    changes = row["changes"]
    said = [
        str(row["id"]),
        str(row["record_id"]),
        row["at"].astimezone(UTC).isoformat(),
        *(row[name] for name in (*_SAID, *_MORE)),
        msgspec.json.decode(changes) if isinstance(changes, str | bytes) else changes,
    ]
    return hashlib.sha256(msgspec.json.encode(said, order="deterministic")).digest()


def packed(entries: Iterable[tuple[UUID, bytes]]) -> bytes:
    """Return ids and digests as a seal keeps them."""
    return b"".join(id.bytes + digest for id, digest in entries)


def unpacked(entries: bytes) -> Iterator[tuple[UUID, bytes]]:
    """Yield the ids and digests that a seal keeps."""
    for start in range(0, len(entries), ENTRY_BYTES):
        part = entries[start : start + ENTRY_BYTES]
        yield UUID(bytes=part[:16]), part[16:]


def seal_hash(number: int, previous: str, entries: bytes) -> str:
    """Return the hash of a seal in hexadecimal."""
    return hashlib.sha256(f"{number}:{previous}:".encode() + entries).hexdigest()
