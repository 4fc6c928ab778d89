"""The key ring of a workspace: encrypt with the first key, decrypt with any of them."""

import base64
import binascii
import hashlib
import hmac
import json
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from crmcore.secrets.keys import Key, SecretError, parse_keys, read_or_make
from crmcore.settings import WorkspaceSettings

_PREFIX = "enc:v1:"
_NONCE_BYTES = 12


class KeyMissing(SecretError):
    """An envelope was sealed with a key that is not in the ring."""


class KeyRing:
    """Seals short texts with AES-256-GCM and signs with HMAC-SHA-256.

    To rotate, put a new key first and keep the old ones: everything still opens, what is written is sealed with
    the new key, and :meth:`is_current` tells what to write again.
    """

    def __init__(self, keys: Sequence[Key], source: str = "the key ring") -> None:
        if not keys:
            raise SecretError(f"{source} has no key in it.")
        self._keys = {key.id: key for key in keys}
        self._first = keys[0]
        self._source = source
        self._derived: dict[tuple[str, str], bytes] = {}

    @classmethod
    def from_settings(cls, settings: WorkspaceSettings) -> "KeyRing":
        """Return the ring of ``CRMCORE_SECRET_KEY``, else of ``secret.key`` in the data folder, made if absent.

        Several keys are separated by commas or new lines; the first one encrypts. Raises
        :class:`SecretError`.
        """
        if settings.secret_key:
            return cls(parse_keys(settings.secret_key, "CRMCORE_SECRET_KEY"), "CRMCORE_SECRET_KEY")
        file = settings.data_path / "secret.key"
        return cls(read_or_make(file), str(file))

    def __repr__(self) -> str:
        return f"<KeyRing {', '.join(self._keys)}>"

    def encrypt(self, text: str, *context: str) -> str:
        """Return ``text`` in an envelope that opens only in the same ``context``: table, column, row."""
        nonce = os.urandom(_NONCE_BYTES)
        key = self._first
        sealed = AESGCM(self._derive(key, "seal")).encrypt(nonce, text.encode(), _bound_to(key.id, context))
        return f"{_PREFIX}{key.id}:{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def decrypt(self, envelope: str, *context: str) -> str:
        """Return the text in ``envelope``.

        Raises :class:`KeyMissing` when its key is not in the ring, :class:`SecretError` when it was changed or
        belongs to another place.
        """
        key_id, _, body = envelope.removeprefix(_PREFIX).partition(":")
        if not is_envelope(envelope) or not body:
            raise SecretError("This is not an encrypted value.")
        key = self._keys.get(key_id)
        if key is None:
            raise KeyMissing(
                f"A stored secret was encrypted with the key {key_id}, which is not in {self._source}. Put that "
                "key back, or enter the secret again."
            )
        try:
            raw = base64.urlsafe_b64decode(body)
            return (
                AESGCM(self._derive(key, "seal"))
                .decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _bound_to(key_id, context))
                .decode()
            )
        except (InvalidTag, ValueError, binascii.Error) as error:
            raise SecretError(
                "A stored secret was changed or copied from another place; enter it again."
            ) from error

    def is_current(self, envelope: str) -> bool:
        """Tell whether ``envelope`` was sealed with the first key, so that it outlives the others."""
        return envelope.startswith(f"{_PREFIX}{self._first.id}:")

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

    def _derive(self, key: Key, purpose: str) -> bytes:
        place = (key.id, purpose)
        if place not in self._derived:
            kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"crmcore {purpose}".encode())
            self._derived[place] = kdf.derive(key.raw)
        return self._derived[place]


def is_envelope(value: object) -> bool:
    """Tell whether ``value`` looks like something a key ring sealed."""
    return isinstance(value, str) and value.startswith(_PREFIX)


def _bound_to(key_id: str, context: tuple[str, ...]) -> bytes:
    # JSON keeps ("a", "bc") and ("ab", "c") apart.
    return json.dumps([_PREFIX, key_id, *context], ensure_ascii=True, separators=(",", ":")).encode()


def _signature(key: bytes, text: str) -> str:
    digest = hmac.new(key, text.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
