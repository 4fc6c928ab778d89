"""Proof that a webhook is Mailchimp's: the signature of 2026, and the key in the address of older ones."""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

HEADER = "x-mailchimp-signature"
TOLERANCE_S = 300


def is_signed(header: str, body: bytes, secrets: Iterable[str], now: datetime) -> bool:
    """Tell whether ``header`` (``t=SECONDS,v1=HEX``) signs ``body`` with one of ``secrets``, 300 s ago at most.

    The HMAC-SHA256 goes over the time, a full stop and the raw body.
    """
    time, signatures = _parts(header)
    if time is None or abs(now.timestamp() - time) > TOLERANCE_S:
        return False
    found = False
    for secret in secrets:
        if secret:
            made = hmac.new(secret.encode(), b"%d." % time + body, hashlib.sha256).hexdigest()
            for signature in signatures:
                found |= hmac.compare_digest(made.encode(), signature.encode())
    return found


def has_key(url: str, key: str) -> bool:
    """Tell whether the address ``url`` carries the account's ``key``."""
    given = parse_qs(urlsplit(url).query).get("key", [""])[0]
    return bool(key) and hmac.compare_digest(given.encode(), key.encode())


def _parts(header: str) -> tuple[int | None, list[str]]:
    time: int | None = None
    signatures = []
    for part in header[:2000].split(","):
        name, _, value = part.strip().partition("=")
        if name == "t" and value.isascii() and value.isdigit() and len(value) <= 12:
            time = int(value)
        elif name == "v1":
            signatures.append(value)
    return time, signatures
