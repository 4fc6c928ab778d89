"""Signed-in browsers."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from crmcore.accounts.account_holder import holder
from crmcore.accounts.credentials import hash_of, new_session_secret
from crmcore.accounts.tables import LoginSession
from crmcore.clock import Clock, uuid7

LIFETIME = timedelta(days=30)
IDLE = timedelta(days=14)
SEEN_EVERY = timedelta(minutes=5)
"""How often a session notes that it is used: not at every request, each of which would become a write."""


class Sessions:
    """Sessions by the secret in the browser's cookie; a secret that was not given out here means nothing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def open(self, user_id: UUID, user_agent: str) -> str:
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
            )
        )
        return secret

    async def user_of(self, secret: str) -> dict[str, Any] | None:
        """Return the columns of the active user whose session this is, None when there is none."""
        row = await holder(LoginSession, "held.id, held.last_seen_at, held.expires_at", hash_of(secret))
        now = self._clock()
        if row is None or row["expires_at"] <= now or row["last_seen_at"] + IDLE <= now:
            return None
        if not row["user_active"]:
            return None
        if abs(now - row["last_seen_at"]) >= SEEN_EVERY:
            await LoginSession.update({LoginSession.last_seen_at: now}).where(LoginSession.id == row["id"])
        return row

    async def close(self, secret: str) -> None:
        """End one session; a secret of none is no error."""
        await LoginSession.delete().where(LoginSession.secret_hash == hash_of(secret))

    async def close_all(self, user_id: UUID) -> None:
        """End every session of a user."""
        await LoginSession.delete().where(LoginSession.user == user_id)

    async def forget_old(self) -> None:
        """Delete the sessions that have ended by themselves."""
        now = self._clock()
        await LoginSession.delete().where(
            (LoginSession.expires_at <= now) | (LoginSession.last_seen_at <= now - IDLE)
        )
