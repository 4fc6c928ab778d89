"""Signatures after the Standard Webhooks specification, version 1."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

PREFIX = "whsec_"
KEY_BYTES = 32
_FEWEST_BYTES, _MOST_BYTES = 24, 64
"""How long the specification lets a key be."""


def new_secret() -> str:
    """Return a fresh secret of 256 bits: ``whsec_`` and base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def signed_headers(id: str, moment: datetime, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """Return the headers of a webhook, with one signature for each of ``secrets``.

    ``id`` has no dot; ``moment`` is that of the attempt, so that receivers can refuse what is old.
    """
    timestamp = str(int(moment.timestamp()))
    signed = b".".join((id.encode(), timestamp.encode(), body))
    return {
        "content-type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{_signature(secret, signed)}" for secret in secrets),
    }


def key_of(secret: str) -> bytes:
    """Return the key of 24 to 64 bytes in ``whsec_`` and base64; empty when ``secret`` is none."""
    try:
        raw = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return b""
    return raw if _FEWEST_BYTES <= len(raw) <= _MOST_BYTES else b""


def _signature(secret: str, signed: bytes) -> str:
    return base64.b64encode(hmac.new(key_of(secret), signed, hashlib.sha256).digest()).decode()
