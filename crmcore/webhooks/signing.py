"""Signatures after the Standard Webhooks specification, version 1."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

PREFIX = "whsec_"
KEY_BYTES = 32


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


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
