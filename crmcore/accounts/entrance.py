"""Signing in: the password, the second step, and what comes from single sign-on."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any
from uuid import UUID

from crmcore.accounts.attempts import PER_CODE, SignInAttempts
from crmcore.accounts.new_user import email_key, is_email
from crmcore.accounts.noted import recognised
from crmcore.accounts.passwords import Passwords
from crmcore.accounts.pending import PendingSignIns, SecondStepNeeded
from crmcore.accounts.second_factor import SecondFactors, wrong_code
from crmcore.accounts.sessions import BY_PASSWORD, Sessions
from crmcore.accounts.tables import User
from crmcore.audit.note import note
from crmcore.contracts.labels import Label
from crmcore.errors import NotSignedIn

if TYPE_CHECKING:
    from crmcore.clock import Clock
    from crmcore.database.database import Database

_WRONG: Label = {
    "en": "The e-mail address or the password is wrong.",
    "ru": "Неверный адрес почты или пароль.",
}


class Entrance:
    """Lets people in. ``required_of`` are the roles that need a second factor beside their password."""

    def __init__(
        self,
        database: "Database",
        clock: "Clock",
        *,
        attempts: SignInAttempts,
        passwords: Passwords,
        sessions: Sessions,
        second_factors: SecondFactors | None,
        required_of: Collection[str],
    ) -> None:
        self._database = database
        self._clock = clock
        self._attempts = attempts
        self._passwords = passwords
        self._sessions = sessions
        self._second_factors = second_factors
        self._pending = PendingSignIns(clock)
        self.required_of = frozenset(required_of)

    async def sign_in(self, email: str, password: str, *, address: str, user_agent: str) -> str:
        """Begin a session and return the secret for the cookie, a new one every time.

        ``address`` is the browser's. Raises :class:`~crmcore.errors.NotSignedIn` in the same words and after the
        same time for an unknown address, a wrong password and a user who is not active;
        :class:`~crmcore.accounts.pending.SecondStepNeeded` when a code has to follow; and
        :class:`~crmcore.errors.TooMany` after too many failures of the account or from the address.
        """
        email = email_key(email)
        attempt = await self._attempts.begin(email, address)
        # What cannot be an address is not looked up: some engines refuse the question.
        user = await self._find(User.email == email) if is_email(email) else None
        fits = await self._passwords.verify(user["password_hash"] if user else "", password)
        if user is None or not fits or not user["active"]:
            # An address that nobody has may be a password in the wrong place: it is written nowhere.
            await self._failed(user, "password")
            raise NotSignedIn(_WRONG, code="wrong_credentials")
        if self._passwords.outdated(user["password_hash"]):
            new_hash = await self._passwords.hash(password)
            await User.update({User.password_hash: new_hash}).where(
                User.id == user["id"], User.password_hash == user["password_hash"]
            )
        async with self._database.transaction():
            await self._attempts.succeeded(email, address, attempt)
            secret, step = await self._enter(user, address, user_agent)
        # Raised after the commit, or there would be nothing to come back to.
        if step is not None:
            raise step
        return secret

    async def enter(self, user_id: UUID, *, address: str, user_agent: str) -> str:
        """Begin a session of a user who has just chosen a password. Raises SecondStepNeeded, NotSignedIn."""
        async with self._database.transaction():
            user = await self._find(User.id == user_id)
            if user is None or not user["active"]:
                raise NotSignedIn(_WRONG, code="wrong_credentials")
            secret, step = await self._enter(user, address, user_agent)
        if step is not None:
            raise step
        return secret

    async def enter_from_outside(self, user_id: UUID, provider: str, *, address: str, user_agent: str) -> str:
        """Begin a session of a user whom ``provider`` has proven: a second factor is the provider's business."""
        async with self._database.transaction():
            user = await self._find(User.id == user_id)
            if user is None or not user["active"]:
                raise NotSignedIn(_WRONG, code="wrong_credentials")
            return await self._open(user, address, user_agent, provider)

    async def half_signed_in(self, pending: str) -> UUID:
        """Return whose second step ``pending`` is. Raises NotSignedIn."""
        return await self._pending.user_of(pending)

    async def give_code(self, pending: str, code: str, *, address: str, user_agent: str) -> str:
        """Finish a sign-in with a code of the app or a recovery code; return the secret for the cookie.

        Raises Invalid for a wrong code, TooMany after several, NotSignedIn when it took too long.
        """
        user_id = await self._pending.user_of(pending)
        subject = f"code:{user_id}"
        attempt = await self._attempts.spend({subject: PER_CODE})
        if self._second_factors is None or not await self._second_factors.accepts(user_id, code):
            await self._failed(await self._find(User.id == user_id), "code")
            raise wrong_code()
        async with self._database.transaction():
            await self._attempts.clear(subject)
            await self._attempts.forget(attempt)
            return await self._finish(pending, user_id, address, user_agent)

    async def enrol(self, pending: str, code: str, *, address: str, user_agent: str) -> tuple[str, list[str]]:
        """Finish a sign-in by setting up the authenticator; return the session's secret and recovery codes.

        Raises as :meth:`give_code` does, and Conflict when there is an authenticator already.
        """
        user_id = await self._pending.user_of(pending)
        if self._second_factors is None:
            raise wrong_code()
        attempt = await self._attempts.spend({f"code:{user_id}": PER_CODE})
        if (user := await self._find(User.id == user_id)) is not None:
            recognised(user_id, user["name"])
        codes = await self._second_factors.confirm(user_id, code)
        async with self._database.transaction():
            await self._attempts.forget(attempt)
            return await self._finish(pending, user_id, address, user_agent), codes

    async def _finish(self, pending: str, user_id: UUID, address: str, user_agent: str) -> str:
        await self._pending.close(pending)
        user = await self._find(User.id == user_id)
        if user is None or not user["active"]:
            raise NotSignedIn(_WRONG, code="wrong_credentials")
        await self._attempts.remember_place(user["email"], address)
        return await self._open(user, address, user_agent)

    async def _enter(
        self, user: dict[str, Any], address: str, user_agent: str
    ) -> tuple[str, SecondStepNeeded | None]:
        if self._second_factors is not None:
            has_one = await self._second_factors.is_on(user["id"])
            if has_one or user["role"] in self.required_of:
                return "", SecondStepNeeded(await self._pending.open(user["id"]), enrol=not has_one)
        await self._attempts.remember_place(user["email"], address)
        return await self._open(user, address, user_agent), None

    async def _open(
        self, user: dict[str, Any], address: str, user_agent: str, method: str = BY_PASSWORD
    ) -> str:
        person = recognised(user["id"], user["name"])
        changes = {"method": [None, method]}
        await note(
            self._clock, "sign_in", "session", user["email"], id=user["id"], changes=changes, actor=person
        )
        return await self._sessions.open(user["id"], user_agent, address, method)

    async def _failed(self, user: dict[str, Any] | None, what: str) -> None:
        # The limit comes first: nobody fills the audit by guessing.
        await note(
            self._clock,
            "sign_in_failed",
            "session",
            user["email"] if user else "",
            id=user["id"] if user else None,
            changes={"wrong": [None, what]},
        )

    async def _find(self, condition: Any) -> dict[str, Any] | None:
        columns = (User.id, User.email, User.name, User.password_hash, User.active, User.role)
        return await User.select(*columns).where(condition).first()
