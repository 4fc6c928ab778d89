"""Browsers between password and code."""

from datetime import timedelta
from uuid import UUID

from crmcore.accounts.credentials import hash_of, new_session_secret
from crmcore.accounts.tables import PendingSignIn
from crmcore.clock import Clock, uuid7
from crmcore.contracts.labels import Label
from crmcore.errors import NotSignedIn

LIFETIME = timedelta(minutes=10)

_OVER: Label = {
    "en": "That took too long. Sign in again.",
    "ru": "Прошло слишком много времени. Войдите ещё раз.",
}


class SecondStepNeeded(NotSignedIn):
    """The password is right and a code is still to come.

    ``pending`` is the secret for the cookie; ``enrol`` says that the user has to set up an authenticator first.
    """

    code = "second_step"
    message = {
        "en": "Enter the code of your authenticator app.",
        "ru": "Введите код из приложения-аутентификатора.",
    }

    def __init__(self, pending: str, *, enrol: bool) -> None:
        super().__init__()
        self.pending = pending
        self.enrol = enrol


class PendingSignIns:
    """Half signed in, by the secret in the browser's cookie; it lasts ten minutes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def open(self, user_id: UUID) -> str:
        """Note that the password was right and return the secret for the cookie."""
        secret, now = new_session_secret(), self._clock()
        await PendingSignIn.insert(
            PendingSignIn(
                id=uuid7(),
                secret_hash=hash_of(secret),
                user=user_id,
                created_at=now,
                expires_at=now + LIFETIME,
            )
        )
        return secret

    async def user_of(self, secret: str) -> UUID:
        """Return whose it is. Raises NotSignedIn when it is over, unknown, or the user is no longer active."""
        row = (
            await PendingSignIn.select(PendingSignIn.user, PendingSignIn.user.active.as_alias("active"))
            .where(PendingSignIn.secret_hash == hash_of(secret), PendingSignIn.expires_at > self._clock())
            .first()
        )
        if row is None or not row["active"]:
            raise NotSignedIn(_OVER, code="sign_in_over")
        user: UUID = row["user"]
        return user

    async def close(self, secret: str) -> None:
        """End it. Raises NotSignedIn when somebody else just did."""
        gone = PendingSignIn.delete().where(PendingSignIn.secret_hash == hash_of(secret))
        if not await gone.returning(PendingSignIn.id):
            raise NotSignedIn(_OVER, code="sign_in_over")
