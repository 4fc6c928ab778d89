"""API tokens: what programs present."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from crmcore.accounts.account_holder import holder
from crmcore.accounts.credentials import TOKEN_PREFIX, hash_of, new_token
from crmcore.accounts.tables import ApiToken, User
from crmcore.clock import Clock, uuid7
from crmcore.errors import NotFound


class TokenEntry(Struct, frozen=True, kw_only=True):
    """A token as it is listed: everything but itself."""

    id: UUID
    user_id: UUID
    user_name: str
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class Tokens:
    """Tokens by their text, of which only the hash is kept."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def create(
        self, user_id: UUID, name: str, scopes: Sequence[str], expires_at: datetime | None
    ) -> str:
        """Make a token and return its text, which is kept nowhere. Raises NotFound without such a user."""
        if expires_at is not None and expires_at.tzinfo is None:
            raise ValueError("expires_at needs a time zone")
        if not await User.exists().where(User.id == user_id):
            raise NotFound
        token = new_token()
        await ApiToken.insert(
            ApiToken(
                id=uuid7(),
                secret_hash=hash_of(token),
                user=user_id,
                name=name[:120],
                scopes=msgspec.json.encode(list(scopes)).decode(),
                created_at=self._clock(),
                expires_at=expires_at,
            )
        )
        return token

    async def user_of(self, token: str) -> dict[str, Any] | None:
        """Return the columns of the active user whose valid token this is, with ``scopes`` and ``token_name``."""
        if not token.startswith(TOKEN_PREFIX):
            return None
        row = await holder(
            ApiToken, "held.name AS token_name, held.scopes, held.expires_at, held.revoked_at", hash_of(token)
        )
        if row is None or row["revoked_at"] is not None or not row["user_active"]:
            return None
        if row["expires_at"] is not None and row["expires_at"] <= self._clock():
            return None
        row["scopes"] = msgspec.json.decode(row["scopes"], type=list[str])
        return row

    async def revoke(self, id: UUID) -> None:
        """End a token at once; revoking it again is no error. Raises NotFound."""
        if not await ApiToken.exists().where(ApiToken.id == id):
            raise NotFound
        await ApiToken.update({ApiToken.revoked_at: self._clock()}).where(
            ApiToken.id == id, ApiToken.revoked_at.is_null()
        )

    async def entries(self, user_id: UUID | None = None) -> list[TokenEntry]:
        """Return the tokens of one user or of all, the newest first."""
        query = ApiToken.select(
            ApiToken.id,
            ApiToken.user.id.as_alias("user_id"),
            ApiToken.user.name.as_alias("user_name"),
            ApiToken.name,
            ApiToken.scopes,
            ApiToken.created_at,
            ApiToken.expires_at,
            ApiToken.revoked_at,
        ).order_by(ApiToken.id, ascending=False)
        if user_id is not None:
            query = query.where(ApiToken.user == user_id)
        return [
            TokenEntry(**{**row, "scopes": msgspec.json.decode(row["scopes"], type=list[str])})
            for row in await query
        ]
