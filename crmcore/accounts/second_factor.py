"""The second factor: codes of an authenticator app (TOTP, RFC 6238) and recovery codes."""

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from msgspec import Struct

from crmcore.accounts.credentials import hash_of
from crmcore.accounts.noted import note_of
from crmcore.accounts.tables import RecoveryCode, SecondFactor, User
from crmcore.clock import Clock, uuid7
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.errors import Conflict, Invalid, NotFound

if TYPE_CHECKING:
    from crmcore.database.database import Database
    from crmcore.secrets.keyring import KeyRing

STEP_S = 30
SHOWN_FOR = timedelta(minutes=10)
RECOVERY_CODES = 10
# 80 bits: too many to try, so a plain SHA-256 keeps them.
_RECOVERY_GROUPS, _GROUP = 4, 4
_SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"

_WRONG: Label = {
    "en": "This code is not right. Codes change every 30 seconds, and each is good once.",
    "ru": "Код не подходит. Коды меняются каждые 30 секунд, и каждый действует один раз.",
}
_ALREADY: Label = {
    "en": "A second factor is set up already. Remove it first.",
    "ru": "Второй фактор уже настроен. Сначала отключите его.",
}


class Enrolment(Struct, frozen=True, kw_only=True):
    """What an authenticator app needs: the address in the QR code, and the same as letters to type."""

    uri: str
    secret: str

    def __repr__(self) -> str:
        return "Enrolment(…)"


class SecondFactorState(Struct, frozen=True, kw_only=True):
    """``since`` is None while it is off; ``codes_left`` counts the recovery codes that were not used."""

    since: datetime | None
    codes_left: int


class SecondFactors:
    """Authenticator apps of one workspace; ``issuer`` is what the app calls it."""

    def __init__(self, database: "Database", clock: Clock, keys: "KeyRing", issuer: str) -> None:
        self._database = database
        self._clock = clock
        self._keys = keys
        self._issuer = issuer

    async def state(self, user_id: UUID) -> SecondFactorState:
        """Return whether a user has one, and how many recovery codes are left."""
        row = await self._row(user_id)
        left = await RecoveryCode.count().where(RecoveryCode.user == user_id, RecoveryCode.used_at.is_null())
        return SecondFactorState(since=row["confirmed_at"] if row else None, codes_left=left)

    async def is_on(self, user_id: UUID) -> bool:
        """Tell whether a user has confirmed one."""
        return await SecondFactor.exists().where(
            SecondFactor.user == user_id, SecondFactor.confirmed_at.is_not_null()
        )

    async def begin(self, user_id: UUID) -> Enrolment:
        """Return what to put into the app; the same again for ten minutes. Raises Conflict, NotFound.

        What somebody saw before, in another's browser or with a password that has leaked, is not what counts later.
        """
        import pyotp

        user = await User.select(User.email).where(User.id == user_id).first()
        if user is None:
            raise NotFound
        row = await self._row(user_id)
        if row is not None and row["confirmed_at"] is not None:
            raise Conflict(_ALREADY, code="second_factor_on")
        if row is not None and abs(self._clock() - row["created_at"]) >= SHOWN_FOR:
            await SecondFactor.delete().where(
                SecondFactor.user == user_id,
                SecondFactor.confirmed_at.is_null(),
                SecondFactor.created_at == row["created_at"],
            )
            row = await self._row(user_id)
            if row is not None and row["confirmed_at"] is not None:
                raise Conflict(_ALREADY, code="second_factor_on")
        if row is None:
            sealed = self._keys.encrypt(pyotp.random_base32(), *_place(user_id))
            await SecondFactor.insert(
                SecondFactor(id=uuid7(), user=user_id, secret=sealed, created_at=self._clock())
            ).on_conflict(target=SecondFactor.user, action="DO NOTHING")
            row = await self._row(user_id)
        if row is None:
            raise NotFound
        secret = self._keys.decrypt(row["secret"], *_place(user_id))
        totp = pyotp.TOTP(secret)
        return Enrolment(
            uri=totp.provisioning_uri(name=user["email"], issuer_name=self._issuer), secret=secret
        )

    async def confirm(self, user_id: UUID, code: str) -> list[str]:
        """Switch it on with the app's first code and return the recovery codes. Raises Invalid, Conflict."""
        async with self._database.transaction():
            row = await self._row(user_id)
            if row is not None and row["confirmed_at"] is not None:
                raise Conflict(_ALREADY, code="second_factor_on")
            if row is None or not await self._is_code(row, user_id, code):
                raise wrong_code()
            await SecondFactor.update({SecondFactor.confirmed_at: self._clock()}).where(
                SecondFactor.user == user_id
            )
            await note_of(self._clock, "enable", "second_factor", user_id)
            return await self._new_codes(user_id)

    async def new_recovery_codes(self, user_id: UUID) -> list[str]:
        """Replace a user's recovery codes and return the new ones, which are shown this once."""
        async with self._database.transaction():
            await note_of(self._clock, "renew_codes", "second_factor", user_id)
            return await self._new_codes(user_id)

    async def _new_codes(self, user_id: UUID) -> list[str]:
        codes = [_new_recovery_code() for _ in range(RECOVERY_CODES)]
        async with self._database.transaction():
            await RecoveryCode.delete().where(RecoveryCode.user == user_id)
            await RecoveryCode.insert(
                *(
                    RecoveryCode(id=uuid7(), user=user_id, code_hash=hash_of(_plain(code)), used_at=None)
                    for code in codes
                )
            )
        return codes

    async def accepts(self, user_id: UUID, code: str) -> bool:
        """Tell whether ``code`` is the app's now or an unused recovery code; either is good once."""
        row = await self._row(user_id)
        if row is None or row["confirmed_at"] is None:
            return False
        if await self._is_code(row, user_id, code):
            return True
        used = (
            await RecoveryCode.update({RecoveryCode.used_at: self._clock()})
            .where(
                RecoveryCode.user == user_id,
                RecoveryCode.code_hash == hash_of(_plain(code)),
                RecoveryCode.used_at.is_null(),
            )
            .returning(RecoveryCode.id)
        )
        if used:
            await note_of(self._clock, "recovery_code", "second_factor", user_id)
        return bool(used)

    async def remove(self, user_id: UUID) -> None:
        """Switch it off and forget its recovery codes; a user without one is no error."""
        async with self._database.transaction():
            gone = SecondFactor.delete().where(SecondFactor.user == user_id)
            removed = await gone.returning(SecondFactor.confirmed_at)
            await RecoveryCode.delete().where(RecoveryCode.user == user_id)
            if any(row["confirmed_at"] is not None for row in removed):
                await note_of(self._clock, "disable", "second_factor", user_id)

    async def _row(self, user_id: UUID) -> dict[str, Any] | None:
        columns = (
            SecondFactor.secret,
            SecondFactor.last_step,
            SecondFactor.created_at,
            SecondFactor.confirmed_at,
        )
        found: dict[str, Any] | None = (
            await SecondFactor.select(*columns).where(SecondFactor.user == user_id).first()
        )
        return found

    async def _is_code(self, row: dict[str, Any], user_id: UUID, code: str) -> bool:
        """Tell whether the app shows ``code`` now, or did or will within half a minute; note that it was used."""
        import pyotp

        digits = "".join(code.split())
        if len(digits) != 6 or not digits.isascii() or not digits.isdecimal():
            return False
        totp = pyotp.TOTP(self._keys.decrypt(row["secret"], *_place(user_id)))
        last = int(row["last_step"])
        present = int(self._clock().timestamp()) // STEP_S
        fitting = [
            step
            for step in (present - 1, present, present + 1)
            if secrets.compare_digest(totp.generate_otp(step), digits)
        ]
        # What lies more than the tolerated step ahead was accepted before the clock was set back.
        fresh = [step for step in fitting if step > last or (step < last and last > present + 1)]
        if not fresh:
            return False
        taken = (
            await SecondFactor.update({SecondFactor.last_step: fresh[0]})
            .where(SecondFactor.user == user_id, SecondFactor.last_step == last)
            .returning(SecondFactor.id)
        )
        return bool(taken)


def wrong_code() -> Invalid:
    """Return the refusal of a code."""
    return Invalid(problems=(Problem(path="/code", code="wrong_code", message=_WRONG),))


def _place(user_id: UUID) -> tuple[str, str, str]:
    return "second_factor", "secret", str(user_id)


def _new_recovery_code() -> str:
    groups = ("".join(secrets.choice(_SIGNS) for _ in range(_GROUP)) for _ in range(_RECOVERY_GROUPS))
    return "-".join(groups)


def _plain(code: str) -> str:
    return "".join(sign for sign in code[:100].upper() if sign.isalnum())
