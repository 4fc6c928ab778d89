"""The sealed secrets of endpoints."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crmcore.secrets.keyring import KeyRing


class EndpointSecrets:
    """Seals secrets for their place and opens those that sign now."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    def sealed(self, id: UUID, column: str, secret: str) -> str:
        """Return ``secret`` as it is stored in ``column`` of the endpoint."""
        return self._keys.encrypt(secret, *place(id, column))

    def opened(self, row: Mapping[str, Any]) -> list[str]:
        """Return the secrets of an endpoint's ``row``, the new one first. Raises SecretError."""
        return [
            self._keys.decrypt(row[column], *place(row["id"], column))
            for column in ("secret", "old_secret")
            if row[column]
        ]

    def moved(self, row: Mapping[str, Any]) -> str:
        """Return the present secret of ``row`` sealed for the place of the old one."""
        return self.sealed(row["id"], "old_secret", self.opened(row)[0])


def place(id: Any, column: str) -> tuple[str, str, str]:
    """Return what the envelope in ``column`` is bound to."""
    return "webhook_endpoint", column, str(id)
