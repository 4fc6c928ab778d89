"""The key ring of a workspace: encrypt with the first key, decrypt with any of them."""

import base64
import binascii
import hashlib
import hmac
import json
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from crmcore.secrets.keys import Key, SecretError, parse_keys, read_keys, read_or_make, write_keys
from crmcore.settings import WorkspaceSettings

_PREFIX = "enc:v1:"
_NONCE_BYTES = 12
_RECHECK_S = 2.0
_CHANGED = "A stored secret was changed or copied from another place; enter it again."


class KeyMissing(SecretError):
    """An envelope was sealed with a key that is not in the ring."""


class KeyRing:
    """Seals short texts with AES-256-GCM and signs with HMAC-SHA-256.

    To rotate, put a new key first and keep the old ones: everything still opens, what is written is sealed with
    the new key, and :meth:`is_current` tells what to write again. A ring in a file is read again when the file
    changes: every process notices a new key within two seconds, and at once when it meets something sealed with it.
    """

    def __init__(self, keys: Sequence[Key], source: str = "the key ring", file: Path | None = None) -> None:
        if not keys:
            raise SecretError(f"{source} has no key in it.")
        self.source = source
        self.file = file
        self._derived: dict[tuple[str, str], bytes] = {}
        self._stamp = _stamp(file)
        self._looked_at = time.monotonic()
        self._take(keys)

    @classmethod
    def from_settings(cls, settings: WorkspaceSettings) -> "KeyRing":
        """Return the ring of ``CRMCORE_SECRET_KEY``, else of ``secret.key`` in the data folder, made if absent.

        Several keys are separated by commas or new lines; the first one encrypts. Raises
        :class:`SecretError`.
        """
        if settings.secret_key:
            return cls(parse_keys(settings.secret_key, "CRMCORE_SECRET_KEY"), "CRMCORE_SECRET_KEY")
        file = settings.data_path / "secret.key"
        return cls(read_or_make(file), str(file), file)

    @property
    def ids(self) -> tuple[str, ...]:
        """The fingerprints of the keys, the one that seals first."""
        self._look_again()
        return tuple(self._keys)

    def add(self, text: str) -> str:
        """Put the new key ``text`` first, in the file too, and return its id. Raises SecretError."""
        (key,) = parse_keys(text, "the new key")
        if self.file is None:
            raise SecretError(f"The keys are in {self.source}, where crmcore cannot write them.")
        self._take(write_keys(self.file, [key, *read_keys(self.file)]))
        self._stamp = _stamp(self.file)
        return key.id

    def remove(self, id: str) -> None:
        """Take the key ``id`` out of the ring and its file. Raises SecretError for the first and an unknown one."""
        if self.file is None:
            raise SecretError(f"The keys are in {self.source}, where crmcore cannot write them.")
        keys = read_keys(self.file)
        if id not in {key.id for key in keys}:
            raise SecretError(f"There is no key {id} in {self.source}.")
        if keys[0].id == id:
            raise SecretError(f"The key {id} seals what is written now; add a new one first.")
        self._take(write_keys(self.file, [key for key in keys if key.id != id]))
        self._stamp = _stamp(self.file)

    def __repr__(self) -> str:
        return f"<KeyRing {', '.join(self._keys)}>"

    def encrypt(self, text: str, *context: str) -> str:
        """Return ``text`` in an envelope that opens only in the same ``context``: table, column, row."""
        key, sealed = self._seal(text.encode(), context)
        return f"{_PREFIX}{key.id}:{base64.urlsafe_b64encode(sealed).decode()}"

    def encrypt_bytes(self, content: bytes, *context: str) -> bytes:
        """Return ``content`` in an envelope of bytes, 44 longer, that opens only in the same ``context``."""
        key, sealed = self._seal(content, context)
        return f"{_PREFIX}{key.id}:".encode() + sealed

    def decrypt_bytes(self, envelope: bytes, *context: str) -> bytes:
        """Return the content of an envelope of bytes; raises as :meth:`decrypt` does."""
        prefix = _PREFIX.encode()
        key_id, _, body = envelope.removeprefix(prefix).partition(b":")
        if not envelope.startswith(prefix) or not body:
            raise SecretError("This is not an encrypted value.")
        return self._open(key_id.decode("ascii", "replace"), body, context)

    def decrypt(self, envelope: str, *context: str) -> str:
        """Return the text in ``envelope``.

        Raises :class:`KeyMissing` when its key is not in the ring, :class:`SecretError` when it was changed or
        belongs to another place.
        """
        key_id, _, body = envelope.removeprefix(_PREFIX).partition(":")
        if not is_envelope(envelope) or not body:
            raise SecretError("This is not an encrypted value.")
        try:
            return self._open(key_id, base64.urlsafe_b64decode(body), context).decode()
        except (ValueError, binascii.Error) as error:
            raise SecretError(_CHANGED) from error

    def is_current(self, envelope: str) -> bool:
        """Tell whether ``envelope`` was sealed with the first key, so that it outlives the others."""
        self._look_again()
        return envelope.startswith(f"{_PREFIX}{self._first.id}:")

    def is_current_bytes(self, envelope: bytes) -> bool:
        """Tell the same of an envelope of bytes."""
        self._look_again()
        return envelope.startswith(f"{_PREFIX}{self._first.id}:".encode())

    def sign(self, purpose: str, text: str) -> str:
        """Return a signature of ``text`` that holds for ``purpose`` alone: 43 characters, URL-safe."""
        return _signature(self._derive(self._first, f"sign {purpose}"), text)

    def is_signed(self, purpose: str, text: str, signature: str) -> bool:
        """Tell whether any key of the ring made ``signature`` for ``text`` and ``purpose``, in constant time."""
        given = signature.encode()
        right = [
            _signature(self._derive(key, f"sign {purpose}"), text).encode() for key in self._keys.values()
        ]
        return any([hmac.compare_digest(one, given) for one in right])  # noqa: C419 - compares all of them

    def _seal(self, content: bytes, context: tuple[str, ...]) -> tuple[Key, bytes]:
        self._look_again()
        nonce = os.urandom(_NONCE_BYTES)
        key = self._first
        sealed = AESGCM(self._derive(key, "seal")).encrypt(nonce, content, _bound_to(key.id, context))
        return key, nonce + sealed

    def _open(self, key_id: str, sealed: bytes, context: tuple[str, ...]) -> bytes:
        if key_id not in self._keys:
            self._look_again(at_once=True)
        key = self._keys.get(key_id)
        if key is None:
            raise KeyMissing(
                f"A stored secret was encrypted with the key {key_id}, which is not in {self.source}. Put that "
                "key back, or enter the secret again."
            )
        try:
            cipher = AESGCM(self._derive(key, "seal"))
            return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound_to(key_id, context))
        except (InvalidTag, ValueError) as error:
            raise SecretError(_CHANGED) from error

    def _take(self, keys: Sequence[Key]) -> None:
        self._keys = {key.id: key for key in keys}
        self._first = keys[0]

    def _look_again(self, *, at_once: bool = False) -> None:
        """Read the file again when it changed; one that cannot be read now leaves the keys as they are."""
        now = time.monotonic()
        if self.file is None or (now - self._looked_at < _RECHECK_S and not at_once):
            return
        self._looked_at = now
        stamp = _stamp(self.file)
        if stamp == self._stamp:
            return
        with suppress(SecretError):
            self._take(read_keys(self.file))
            self._stamp = stamp

    def _derive(self, key: Key, purpose: str) -> bytes:
        place = (key.id, purpose)
        if place not in self._derived:
            kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"crmcore {purpose}".encode())
            self._derived[place] = kdf.derive(key.raw)
        return self._derived[place]


def is_envelope(value: object) -> bool:
    """Tell whether ``value`` looks like something a key ring sealed."""
    return isinstance(value, str) and value.startswith(_PREFIX)


def prefix_of(key_id: str) -> str:
    """Return the beginning of every envelope that the key of this fingerprint makes."""
    return f"{_PREFIX}{key_id}:"


def _stamp(file: Path | None) -> tuple[int, int] | None:
    try:
        found = file.stat() if file is not None else None
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_ino) if found is not None else None


def _bound_to(key_id: str, context: tuple[str, ...]) -> bytes:
    # JSON keeps ("a", "bc") and ("ab", "c") apart.
    return json.dumps([_PREFIX, key_id, *context], ensure_ascii=True, separators=(",", ":")).encode()


def _signature(key: bytes, text: str) -> str:
    digest = hmac.new(key, text.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
