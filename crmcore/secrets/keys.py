"""Keys: 256 bits each, named by a fingerprint, kept in a file that only its owner reads."""

import base64
import binascii
import hashlib
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

KEY_BYTES = 32


class SecretError(Exception):
    """A key or an envelope cannot be used; the sentence says what to do."""


class Key:
    """One key. ``id`` is a fingerprint that envelopes carry; it tells nothing about the key."""

    __slots__ = ("id", "raw", "text")

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.text = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
        self.id = hashlib.sha256(b"crmcore key id" + raw).hexdigest()[:8]

    def __repr__(self) -> str:
        return f"<Key {self.id}>"


def new_key() -> str:
    """Return a fresh key as text: 43 characters of URL-safe base64."""
    return secrets.token_urlsafe(KEY_BYTES)


def parse_keys(text: str, source: str) -> list[Key]:
    """Return the keys in ``text``, separated by commas or new lines; ``source`` names it in errors.

    Raises :class:`SecretError`, without repeating any of the text.
    """
    parts = [part.strip() for part in text.replace("\n", ",").split(",")]
    keys = [_parse(part, source) for part in parts if part and not part.startswith("#")]
    if not keys:
        raise SecretError(f"{source} has no key in it.")
    return keys


def read_or_make(file: Path) -> list[Key]:
    """Return the keys of ``file``; without a file, make one with a new key that its owner alone may read.

    Two processes may do this at once: both get the same key. Raises :class:`SecretError`.
    """
    if not file.exists():
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _make(file)
        except OSError as error:
            raise SecretError(f"{file} cannot be written: {error.strerror}.") from error
    return read_keys(file)


def _make(file: Path) -> None:
    # Written aside and then named: nobody ever sees the file without its key, also after a crash.
    draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    try:
        _write(draft, new_key() + "\n")
        with suppress(FileExistsError):
            file.hardlink_to(draft)
    finally:
        draft.unlink()


def _write(file: Path, text: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(text)
        stream.flush()
        # Without the key the encrypted values are lost: it is on the disk before anything is sealed with it.
        os.fsync(stream.fileno())


def write_keys(file: Path, keys: Sequence[Key]) -> list[Key]:
    """Replace the keys in ``file``, whole or not at all, and return them. Raises :class:`SecretError`."""
    draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    try:
        _write(draft, "".join(f"{key.text}\n" for key in keys))
        draft.replace(file)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise SecretError(f"{file} cannot be written: {error.strerror}.") from error
    return list(keys)


def read_keys(file: Path) -> list[Key]:
    """Return the keys of ``file``, which nobody but its owner may read. Raises :class:`SecretError`."""
    try:
        if file.stat().st_mode & 0o077:
            file.chmod(0o600)
        text = file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise SecretError(f"{file} cannot be read: {error}.") from error
    return parse_keys(text, str(file))


def _parse(text: str, source: str) -> Key:
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != KEY_BYTES:
        raise SecretError(
            f"A key in {source} is not 32 bytes of URL-safe base64. Make one with: "
            'python -c "import secrets; print(secrets.token_urlsafe(32))"'
        )
    return Key(raw)
