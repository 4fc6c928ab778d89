"""Signed-in browsers."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct

from crmcore.accounts.account_holder import holder, holders
from crmcore.accounts.credentials import hash_of, new_session_secret
from crmcore.accounts.noted import note_of
from crmcore.accounts.tables import LoginSession, PendingSignIn
from crmcore.clock import Clock, uuid7
from crmcore.errors import NotFound

LIFETIME = timedelta(days=30)
IDLE = timedelta(days=14)
SEEN_EVERY = timedelta(minutes=5)
"""How often a session notes that it is used: not at every request, each of which would become a write."""
BY_PASSWORD = "password"  # noqa: S105 - how a session was signed in, no secret

_COLUMNS = "held.id, held.last_seen_at, held.expires_at, held.method"


class SessionEntry(Struct, frozen=True, kw_only=True):
    """A session as its user sees it. ``current`` is the one that asks."""

    id: UUID
    user_agent: str
    address: str
    method: str
    created_at: datetime
    last_seen_at: datetime
    current: bool


class Sessions:
    """Sessions by the secret in the browser's cookie; a secret that was not given out here means nothing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def open(self, user_id: UUID, user_agent: str, address: str = "", method: str = BY_PASSWORD) -> str:
        """Begin a session and return its secret, which is kept nowhere."""
        secret = new_session_secret()
        now = self._clock()
        await LoginSession.insert(
            LoginSession(
                id=uuid7(),
                secret_hash=hash_of(secret),
                user=user_id,
                created_at=now,
                last_seen_at=now,
                expires_at=now + LIFETIME,
                user_agent=user_agent.replace("\0", "")[:300],
                address=address.replace("\0", "")[:45],
                method=method,
            )
        )
        return secret

    async def user_of(self, secret: str) -> dict[str, Any] | None:
        """Return the columns of the active user whose session this is, None when there is none."""
        row = await holder(LoginSession, _COLUMNS, hash_of(secret))
        now = self._clock()
        if row is None or not _lasts(row, now):
            return None
        if abs(now - row["last_seen_at"]) >= SEEN_EVERY:
            await LoginSession.update({LoginSession.last_seen_at: now}).where(LoginSession.id == row["id"])
        return row

    async def users_of(self, hashes: Collection[str]) -> dict[str, dict[str, Any]]:
        """Return the same for the sessions whose secrets have these hashes, by hash; looking is no use of them."""
        now = self._clock()
        found = await holders(LoginSession, _COLUMNS, hashes)
        return {hash: row for hash, row in found.items() if _lasts(row, now)}

    async def entries(self, user_id: UUID, secret: str = "") -> list[SessionEntry]:
        """Return a user's sessions that have not ended, the one used last first."""
        now = self._clock()
        rows = (
            await LoginSession.select()
            .where(
                LoginSession.user == user_id,
                LoginSession.expires_at > now,
                LoginSession.last_seen_at > now - IDLE,
            )
            .order_by(LoginSession.last_seen_at, ascending=False)
            .limit(200)
        )
        own = hash_of(secret) if secret else ""
        names = [name for name in SessionEntry.__struct_fields__ if name != "current"]
        return [
            SessionEntry(**{name: row[name] for name in names}, current=row["secret_hash"] == own)
            for row in rows
        ]

    async def close(self, secret: str) -> None:
        """End one session; a secret of none is no error."""
        gone = LoginSession.delete().where(LoginSession.secret_hash == hash_of(secret))
        for row in await gone.returning(LoginSession.user):
            await note_of(self._clock, "sign_out", "session", row["user"])

    async def close_one(self, user_id: UUID, id: UUID) -> None:
        """End the session ``id`` of a user. Raises NotFound."""
        gone = LoginSession.delete().where(LoginSession.id == id, LoginSession.user == user_id)
        if not await gone.returning(LoginSession.id):
            raise NotFound
        await note_of(self._clock, "end", "session", user_id)

    async def close_all(self, user_id: UUID, *, but: str = "") -> None:
        """End every session of a user, except that of the secret ``but``, and what is half signed in."""
        gone = LoginSession.delete().where(LoginSession.user == user_id)
        if but:
            gone = gone.where(LoginSession.secret_hash != hash_of(but))
        ended = await gone.returning(LoginSession.id)
        await PendingSignIn.delete().where(PendingSignIn.user == user_id)
        if ended:
            await note_of(self._clock, "end", "session", user_id, changes={"sessions": [len(ended), 0]})

    async def forget_old(self) -> None:
        """Delete the sessions that have ended by themselves."""
        now = self._clock()
        await LoginSession.delete().where(
            (LoginSession.expires_at <= now) | (LoginSession.last_seen_at <= now - IDLE)
        )
        await PendingSignIn.delete().where(PendingSignIn.expires_at <= now)


def _lasts(row: dict[str, Any], now: datetime) -> bool:
    return bool(row["expires_at"] > now and row["last_seen_at"] + IDLE > now and row["user_active"])
