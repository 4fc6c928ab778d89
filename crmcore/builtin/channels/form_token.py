"""Signed proof of when a form was opened."""

import secrets
from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct

from crmcore.secrets.keyring import KeyRing

_PURPOSE = "form"


class Opened(Struct, frozen=True, kw_only=True):
    """When a form was opened, and a number of its own."""

    at: datetime
    nonce: str


class FormTokens:
    """Makes and opens the tokens that stand in forms; a token holds for one account."""

    def __init__(self, keys: KeyRing, default_country: str = "US") -> None:
        self._keys = keys
        self.default_country = default_country

    def token(self, account: UUID, now: datetime) -> str:
        """Return a token that says that the form of ``account`` was opened at ``now``."""
        said = f"{int(now.timestamp() * 1000)}.{secrets.token_urlsafe(12)}"
        return f"{said}.{self._keys.sign(_PURPOSE, f'{account}.{said}')}"

    def opened(self, account: UUID, token: str) -> Opened | None:
        """Return what ``token`` says; None when it was not made here or for another account."""
        said, _, signature = token[:200].rpartition(".")
        if not token.isascii() or not self._keys.is_signed(_PURPOSE, f"{account}.{said}", signature):
            return None
        milliseconds, _, nonce = said.partition(".")
        return Opened(at=datetime.fromtimestamp(int(milliseconds) / 1000, UTC), nonce=nonce)
