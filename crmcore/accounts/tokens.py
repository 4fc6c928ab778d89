"""API tokens: what programs present."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from crmcore.accounts.account_holder import holder, holders
from crmcore.accounts.credentials import TOKEN_PREFIX, hash_of, new_token
from crmcore.accounts.tables import ApiToken, TokenUse, User
from crmcore.audit.note import note
from crmcore.clock import Clock, uuid7
from crmcore.database.changes import Changes
from crmcore.errors import NotFound, Unavailable

KNOWN_S = 0.25
"""So long a token is not looked up again, unless this process wrote to a table that says what it may do.

A program asks hundreds of times a second. What another process revokes ends here a quarter of a second later.
"""
MAX_KNOWN = 1000
USED_EVERY = timedelta(minutes=10)
"""So often it is written down that a token is in use."""
NOTED_AGAIN = timedelta(seconds=10)
_NOTED_S = 0.05
_COLUMNS = "held.id, held.name AS token_name, held.scopes, held.expires_at, held.revoked_at"
_TABLES = ("api_token", "user_account", "role", "team", "team_member", "second_factor")


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
    last_used_at: datetime | None = None


class Tokens:
    """Tokens by their text, of which only the hash is kept."""

    def __init__(self, clock: Clock, changes: Changes) -> None:
        self._clock = clock
        self._changes = changes
        self._known: dict[str, tuple[float, int, dict[str, Any]]] = {}
        self._used: dict[UUID, datetime] = {}

    async def create(
        self, user_id: UUID, name: str, scopes: Sequence[str], expires_at: datetime | None
    ) -> str:
        """Make a token and return its text, which is kept nowhere. Raises NotFound without such a user."""
        if expires_at is not None and expires_at.tzinfo is None:
            raise ValueError("expires_at needs a time zone")
        user = await User.select(User.email).where(User.id == user_id).first()
        if user is None:
            raise NotFound
        token, id = new_token(), uuid7()
        await ApiToken.insert(
            ApiToken(
                id=id,
                secret_hash=hash_of(token),
                user=user_id,
                name=name[:120],
                scopes=msgspec.json.encode(list(scopes)).decode(),
                created_at=self._clock(),
                expires_at=expires_at,
            )
        )
        told = {
            "user": [None, user["email"]],
            "scopes": [None, list(scopes)],
            "expires_at": [None, expires_at],
        }
        await note(self._clock, "create", "token", name or user["email"], id=id, changes=told)
        return token

    async def user_of(self, token: str) -> dict[str, Any] | None:
        """Return the columns of the active user whose valid token this is, with ``scopes`` and ``token_name``."""
        if not token.startswith(TOKEN_PREFIX):
            return None
        secret_hash = hash_of(token)
        row = self._remembered(secret_hash)
        if row is None:
            changes = self._changes.of(*_TABLES)
            row = await holder(ApiToken, _COLUMNS, secret_hash)
            if row is None or row["revoked_at"] is not None or not row["user_active"]:
                return None
            row["scopes"] = msgspec.json.decode(row["scopes"], type=list[str])
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            self._known[secret_hash] = (monotonic() + KNOWN_S, changes, row)
        if row["expires_at"] is not None and row["expires_at"] <= self._clock():
            return None
        await self._note_use(row["id"])
        return row

    async def users_of(self, hashes: Collection[str]) -> dict[str, dict[str, Any]]:
        """Return the same for the valid tokens with these hashes, by hash, as they are at this moment."""
        now = self._clock()
        valid = {}
        for hash, row in (await holders(ApiToken, _COLUMNS, hashes)).items():
            ended = row["expires_at"] is not None and row["expires_at"] <= now
            if row["revoked_at"] is None and row["user_active"] and not ended:
                valid[hash] = row | {"scopes": msgspec.json.decode(row["scopes"], type=list[str])}
        return valid

    async def _note_use(self, id: UUID) -> None:
        now = self._clock()
        before = self._used.get(id)
        if before is not None and abs(now - before) < USED_EVERY:
            return
        if len(self._used) >= MAX_KNOWN:
            self._used.clear()
        self._used[id] = now
        try:
            # Nobody waits with his request for another's long write; it is written down with the next one.
            async with asyncio.timeout(_NOTED_S):
                await TokenUse.insert(TokenUse(token=id, used_at=now)).on_conflict(
                    target=TokenUse.token, action="DO UPDATE", values=[TokenUse.used_at]
                )
        except (TimeoutError, Unavailable):
            self._used[id] = now - USED_EVERY + NOTED_AGAIN

    def _remembered(self, secret_hash: str) -> dict[str, Any] | None:
        until, changes, row = self._known.get(secret_hash, (0.0, 0, None))
        return row if monotonic() < until and changes == self._changes.of(*_TABLES) else None

    async def revoke(self, id: UUID) -> None:
        """End a token at once; revoking it again is no error. Raises NotFound."""
        columns = (ApiToken.name, ApiToken.user.email.as_alias("email"))
        row = await ApiToken.select(*columns).where(ApiToken.id == id).first()
        if row is None:
            raise NotFound
        ended = ApiToken.update({ApiToken.revoked_at: self._clock()}).where(
            ApiToken.id == id, ApiToken.revoked_at.is_null()
        )
        if await ended.returning(ApiToken.id):
            told = {"user": [row["email"], row["email"]]}
            await note(self._clock, "revoke", "token", row["name"] or row["email"], id=id, changes=told)

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
        rows = await query
        used = (
            {
                row["token"]: row["used_at"]
                for row in await TokenUse.select(TokenUse.token, TokenUse.used_at).where(
                    TokenUse.token.is_in([row["id"] for row in rows])
                )
            }
            if rows
            else {}
        )
        return [
            TokenEntry(
                **{**row, "scopes": msgspec.json.decode(row["scopes"], type=list[str])},
                last_used_at=used.get(row["id"]),
            )
            for row in rows
        ]
