"""Secrets that are given out once and kept as a hash."""

import hashlib
import secrets

TOKEN_PREFIX = "crm_"  # noqa: S105 - what tokens begin with, so that they are found where they do not belong
SECRET_BYTES = 32


def new_session_secret() -> str:
    """Return 256 random bits as text for a cookie."""
    return secrets.token_urlsafe(SECRET_BYTES)


def new_token() -> str:
    """Return a new token's text."""
    return TOKEN_PREFIX + secrets.token_urlsafe(SECRET_BYTES)


def hash_of(secret: str) -> str:
    """Return the SHA-256 under which ``secret`` is kept; 256 random bits need no slower hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
