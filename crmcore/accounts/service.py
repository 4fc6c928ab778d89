"""Users, how they sign in, and the tokens of their programs."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

import msgspec

from crmcore.accounts.account_holder import active_holder
from crmcore.accounts.attempts import PER_PAIR, SignInAttempts
from crmcore.accounts.entrance import Entrance
from crmcore.accounts.keys import own_keys
from crmcore.accounts.new_user import (
    email_key,
    no_such_role,
    password_problems,
    user_problems,
)
from crmcore.accounts.passwords import Passwords
from crmcore.accounts.patterns import both
from crmcore.accounts.role import Limits, limits_of
from crmcore.accounts.role_table import role_keys
from crmcore.accounts.scopes import ACTIONS, check_scopes, patterns_in
from crmcore.accounts.second_factor import SecondFactors
from crmcore.accounts.sessions import BY_PASSWORD, Sessions
from crmcore.accounts.tables import PasswordReset, User
from crmcore.accounts.tokens import TokenEntry, Tokens
from crmcore.audit.note import note
from crmcore.clock import Clock, uuid7
from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.contracts.scopes import RowScope
from crmcore.database.errors import Duplicate
from crmcore.errors import Invalid, NotFound

if TYPE_CHECKING:
    from crmcore.database.database import Database

_WRONG_PASSWORD: Label = {"en": "This is not your password.", "ru": "Это не ваш пароль."}
_TAKEN: Label = {
    "en": "There is already a user with this address.",
    "ru": "Пользователь с этим адресом уже есть.",
}


class Accounts:
    """Users, sessions and tokens of one workspace.

    ``record_types`` returns the keys of all record types, so that scopes cover those of plugins;
    ``row_scopes`` those that roles name.
    """

    def __init__(
        self,
        database: "Database",
        clock: Clock,
        *,
        record_types: Callable[[], Collection[str]] = tuple,
        second_factors: SecondFactors | None = None,
        second_factor_roles: Collection[str] = (),
        workspace: str = "",
        row_scopes: Callable[[], Mapping[str, RowScope]] = dict,
        permissions: Callable[[], Collection[str]] = tuple,
    ) -> None:
        self._permissions = permissions
        self._database = database
        self._clock = clock
        self._row_scopes = row_scopes
        self._record_types = record_types
        self._workspace = workspace
        self.attempts = SignInAttempts(clock)
        self._passwords = Passwords()
        self.sessions = Sessions(clock)
        self._tokens = Tokens(clock, database.changes)
        self.entrance = Entrance(
            database,
            clock,
            attempts=self.attempts,
            passwords=self._passwords,
            sessions=self.sessions,
            second_factors=second_factors,
            required_of=second_factor_roles,
        )

    async def create_user(
        self,
        email: str,
        name: str,
        password: str | None,
        role: str = "agent",
        language: str = "en",
        time_zone: str = "UTC",
    ) -> UUID:
        """Create a user and return the id; without a password nobody can sign in as them.

        Raises :class:`~crmcore.errors.Invalid` with everything that is wrong.
        """
        email = email_key(email)
        problems = user_problems(email, name, language, time_zone)
        if role not in (known := await role_keys()):
            problems.append(no_such_role(known))
        if password is not None:
            problems += password_problems(password, email, name, self._workspace)
        if problems:
            raise Invalid(problems=tuple(problems))
        password_hash = "" if password is None else await self._passwords.hash(password)
        now = self._clock()
        user = User(
            id=uuid7(),
            email=email,
            name=name.strip(),
            role=role,
            language=language,
            time_zone=time_zone,
            password_hash=password_hash,
            created_at=now,
            updated_at=now,
        )
        id: UUID = user.id
        try:
            async with self._database.transaction():
                async with self._database.savepoint():
                    await User.insert(user)
                told = {"email": [None, email], "name": [None, user.name], "role": [None, role]}
                await note(self._clock, "create", "user", user.name, id=id, changes=told)
        except Duplicate as error:
            raise Invalid(problems=(Problem(path="/email", code="taken", message=_TAKEN),)) from error
        return id

    async def set_password(self, user_id: UUID, password: str, *, reason: str = "") -> None:
        """Change a user's password and end all their sessions. Raises NotFound, Invalid."""
        row = await User.select(User.email, User.name).where(User.id == user_id).first()
        if row is None:
            raise NotFound
        if problems := password_problems(password, row["email"], row["name"], self._workspace):
            raise Invalid(problems=tuple(problems))
        password_hash = await self._passwords.hash(password)
        async with self._database.transaction():
            await User.update({User.password_hash: password_hash, User.updated_at: self._clock()}).where(
                User.id == user_id
            )
            await note(self._clock, "update", "password", row["email"], id=user_id, reason=reason)
            await self.sessions.close_all(user_id)
            await PasswordReset.delete().where(PasswordReset.user == user_id)

    async def is_password_of(self, user_id: UUID, password: str, path: str = "/current") -> None:
        """Ask a signed-in user for their password again. Raises Invalid at ``path``, TooMany after several."""
        subject = f"password:{user_id}"
        attempt = await self.attempts.spend({subject: PER_PAIR})
        row = await User.select(User.password_hash).where(User.id == user_id).first()
        if not await self._passwords.verify(row["password_hash"] if row else "", password):
            raise Invalid(problems=(Problem(path=path, code="wrong_password", message=_WRONG_PASSWORD),))
        await self.attempts.clear(subject)
        await self.attempts.forget(attempt)

    async def change_password(
        self, user_id: UUID, current: str, password: str, *, address: str, user_agent: str
    ) -> str:
        """Change one's own password, end all sessions and return the secret of a new one for this browser.

        Raises Invalid, and TooMany after several wrong current passwords.
        """
        await self.is_password_of(user_id, current)
        await self.set_password(user_id, password)
        return await self.sessions.open(user_id, user_agent, address)

    async def sign_in(self, email: str, password: str, *, address: str, user_agent: str) -> str:
        """Begin a session; see :meth:`~crmcore.accounts.entrance.Entrance.sign_in`."""
        return await self.entrance.sign_in(email, password, address=address, user_agent=user_agent)

    async def sign_out(self, secret: str) -> None:
        """End the session of ``secret``."""
        await self.sessions.close(secret)

    async def end_sessions(self, user_id: UUID) -> None:
        """End every session of a user."""
        await self.sessions.close_all(user_id)

    async def actor_for_session(self, secret: str) -> Actor | None:
        """Return the user whose session this is; None when it is unknown or has ended."""
        row = await self.sessions.user_of(secret)
        return self._of_session(row) if row is not None else None

    async def actors_now(
        self, sessions: Collection[str], tokens: Collection[str]
    ) -> tuple[dict[str, Actor], dict[str, Actor]]:
        """Return who is behind the hashes of ``sessions`` and ``tokens`` at this moment; ended ones are left out.

        One statement for each of both, for streams that stay open while roles change. Looking is no use of them.
        """
        by_session = {
            hash: actor
            for hash, row in (await self.sessions.users_of(sessions)).items()
            if (actor := self._of_session(row)) is not None
        }
        by_token = {hash: self._of_token(row) for hash, row in (await self._tokens.users_of(tokens)).items()}
        return by_session, by_token

    async def actor_for_user(self, user_id: UUID) -> Actor | None:
        """Return an active user with what he may do now, for work that he left to be done later; None for nobody."""
        row = await active_holder(user_id)
        return self._actor("user", row, self._limits(row)) if row else None

    async def create_token(
        self, user_id: UUID, name: str, scopes: Sequence[str], expires_at: datetime | None = None
    ) -> str:
        """Make a token for a user's program and return its text, which is shown this once.

        Raises :class:`~crmcore.accounts.scopes.UnknownScope` (a ValueError) with the valid scopes, and NotFound.
        """
        check_scopes(scopes, self._record_types(), self._permissions())
        return await self._tokens.create(user_id, name, scopes, expires_at)

    async def actor_for_token(self, token: str) -> Actor | None:
        """Return the user's program whose token this is; None when it is unknown, expired or revoked.

        It may do what both the user's role and the token's scopes allow.
        """
        row = await self._tokens.user_of(token)
        return self._of_token(row) if row is not None else None

    async def list_tokens(self, user_id: UUID | None = None) -> list[TokenEntry]:
        """Return the tokens of one user or of all, the newest first; never their texts."""
        return await self._tokens.entries(user_id)

    async def revoke_token(self, token_id: UUID) -> None:
        """End a token at once. Raises NotFound."""
        await self._tokens.revoke(token_id)

    async def forget_old(self) -> None:
        """Delete sessions that have ended and failed sign-ins that no longer count."""
        await self.sessions.forget_old()
        await self.attempts.forget_old()

    def _of_session(self, row: dict[str, Any]) -> Actor | None:
        return None if self._lacks_second_factor(row) else self._actor("user", row, self._limits(row))

    def _of_token(self, row: dict[str, Any]) -> Actor:
        limits = self._limits(row)
        narrowed = msgspec.structs.replace(
            limits, permissions=both(limits.permissions, patterns_in(row["scopes"]))
        )
        return self._actor("token", row, narrowed, f" · {row['token_name']}" if row["token_name"] else "")

    def _lacks_second_factor(self, row: dict[str, Any]) -> bool:
        # Whoever signed in before their role needed one signs in again and sets it up then.
        return (
            row["user_role"] in self.entrance.required_of
            and row["second_factor_at"] is None
            and row["method"] == BY_PASSWORD
        )

    def _limits(self, row: dict[str, Any]) -> Limits:
        types = [key for key in self._record_types() if key not in ACTIONS]
        return limits_of(row, types, self._row_scopes())

    @staticmethod
    def _actor(
        kind: Literal["user", "token"], row: dict[str, Any], limits: Limits, suffix: str = ""
    ) -> Actor:
        return Actor(
            kind=kind,
            id=str(row["user_id"]),
            label=f"{row['user_name']}{suffix}"[:200],
            permissions=limits.permissions,
            rows=limits.rows,
            hidden=limits.hidden,
            read_only=limits.read_only,
            team_ids=row["team_ids"],
            language=row["user_language"],
            time_zone=row["user_time_zone"],
            density=row["user_density"],
            keys=own_keys(row["user_keys"]),
        )
