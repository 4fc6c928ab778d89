"""Which user somebody is whom a provider has recognised."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from msgspec import Struct

from crmcore.accounts.new_user import email_key, is_email
from crmcore.accounts.noted import note_of
from crmcore.accounts.tables import ExternalIdentityRow, Team, User
from crmcore.accounts.teams import set_teams
from crmcore.clock import uuid7
from crmcore.contracts.actors import Actor, plugin_actor
from crmcore.contracts.authenticators import Admission, ExternalIdentity
from crmcore.contracts.labels import Label
from crmcore.database.errors import Duplicate
from crmcore.errors import Invalid, NotFound, NotSignedIn

if TYPE_CHECKING:
    from datetime import datetime

    from crmcore.workspace import Crm

_NOT_LET_IN: Label = {
    "en": "You are not let in with this account. Ask an administrator.",
    "ru": "С этой учётной записью войти нельзя. Обратитесь к администратору.",
}
_NOT_LINKED: Label = {
    "en": "Nobody here is linked to this account. Sign in with your password and link it, or ask for an invitation.",
    "ru": "К этой учётной записи никто не привязан. Войдите с паролем и привяжите её или попросите приглашение.",
}
_NO_EMAIL: Label = {
    "en": "The provider did not confirm an e-mail address for this account.",
    "ru": "Провайдер не подтвердил адрес почты этой учётной записи.",
}
_TAKEN: Label = {
    "en": "Somebody else here is linked to this account.",
    "ru": "К этой учётной записи привязан кто-то другой.",
}
_AWAY: Label = {
    "en": "Your user is not active any more. Ask an administrator.",
    "ru": "Ваша учётная запись отключена. Обратитесь к администратору.",
}


class LinkedAccount(Struct, frozen=True, kw_only=True):
    """A provider's account that signs a user in."""

    id: UUID
    provider: str
    issuer: str
    email: str
    last_used_at: "datetime"


class ExternalUsers:
    """Finds, links and makes users. A link goes by issuer and subject; an address alone never makes one."""

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm

    async def enter(self, identity: ExternalIdentity, admission: Admission | None) -> UUID:
        """Return the user who comes in. Raises NotSignedIn with the reason for nobody."""
        if admission is not None and not admission.allowed:
            raise NotSignedIn(_both(admission.reason) or _NOT_LET_IN, code="not_let_in")
        actor = plugin_actor(identity.provider)
        async with self._crm.database.transaction():
            user = await self._linked(identity)
            if user is None:
                user = await self._found_or_made(identity, admission, actor)
            if not user["active"]:
                raise NotSignedIn(_AWAY, code="not_active")
            id: UUID = user["id"]
            if admission is not None:
                await self._follow(id, user, admission, actor)
        return id

    async def link(self, user_id: UUID, identity: ExternalIdentity) -> UUID:
        """Let this account sign the user in from now on. Raises NotSignedIn when it is somebody else's."""
        user = await self._linked(identity)
        if user is None:
            await self._remember(user_id, identity)
            await note_of(
                self._crm.clock,
                "link",
                "linked_account",
                user_id,
                changes={"provider": [None, identity.provider]},
            )
        elif user["id"] != user_id:
            raise NotSignedIn(_TAKEN, code="linked_elsewhere")
        return user_id

    async def entries(self, user_id: UUID) -> list[LinkedAccount]:
        """Return the accounts that sign a user in."""
        rows = (
            await ExternalIdentityRow.select(
                *(getattr(ExternalIdentityRow, name) for name in LinkedAccount.__struct_fields__)
            )
            .where(ExternalIdentityRow.user == user_id)
            .order_by(ExternalIdentityRow.id)
        )
        return [LinkedAccount(**row) for row in rows]

    async def unlink(self, user_id: UUID, id: UUID) -> None:
        """Let an account sign the user in no more. Raises NotFound."""
        gone = ExternalIdentityRow.delete().where(
            ExternalIdentityRow.id == id, ExternalIdentityRow.user == user_id
        )
        rows = await gone.returning(ExternalIdentityRow.provider)
        if not rows:
            raise NotFound
        told = {"provider": [rows[0]["provider"], None]}
        await note_of(self._crm.clock, "unlink", "linked_account", user_id, changes=told)

    async def _linked(self, identity: ExternalIdentity) -> dict[str, Any] | None:
        row = (
            await ExternalIdentityRow.select(ExternalIdentityRow.id, ExternalIdentityRow.user)
            .where(
                ExternalIdentityRow.provider == identity.provider,
                ExternalIdentityRow.issuer == identity.issuer[:300],
                ExternalIdentityRow.subject == identity.subject[:255],
            )
            .first()
        )
        if row is None:
            return None
        await ExternalIdentityRow.update({ExternalIdentityRow.last_used_at: self._crm.clock()}).where(
            ExternalIdentityRow.id == row["id"]
        )
        return await self._user(User.id == row["user"])

    async def _found_or_made(
        self, identity: ExternalIdentity, admission: Admission | None, actor: Actor
    ) -> dict[str, Any]:
        if admission is None or not (admission.link_by_email or admission.create):
            raise NotSignedIn(_NOT_LINKED, code="not_linked")
        email = email_key(identity.email)
        if not identity.email_verified or not is_email(email):
            raise NotSignedIn(_NO_EMAIL, code="email_not_verified")
        user = await self._user(User.email == email)
        if user is not None and not admission.link_by_email:
            raise NotSignedIn(_NOT_LINKED, code="not_linked")
        if user is None:
            if not admission.create:
                raise NotSignedIn(_NOT_LINKED, code="not_linked")
            document = {
                "email": email,
                "name": identity.name.strip()[:200] or email.partition("@")[0],
                "language": "ru" if identity.language.startswith("ru") else "en",
            } | ({"role": admission.role} if admission.role else {})
            record = await self._crm.records.create("user", document, actor=actor, reason="single sign-on")
            user = await self._user(User.id == record.id)
        if user is None:
            raise NotSignedIn(_NOT_LINKED, code="not_linked")
        await self._remember(user["id"], identity)
        return user

    async def _follow(self, id: UUID, user: dict[str, Any], admission: Admission, actor: Actor) -> None:
        """Give the user the role and teams that the provider's groups mean."""
        if admission.role and admission.role != user["role"]:
            try:
                await self._crm.records.update(
                    "user", id, {"role": admission.role}, actor=actor, reason="single sign-on"
                )
            except Invalid as error:
                # The last administrator stays one, and who has an unknown role keeps the known one.
                self._crm.host.context(actor.id).log.warning("role kept", reason=error.problems[0].sentence())
        if admission.teams is None:
            return
        teams: dict[UUID, bool] = {}
        if admission.teams:
            named = Team.select(Team.id).where(Team.name.is_in(list(admission.teams)), _is_there())
            teams = {row["id"]: False for row in await named}
        first = user["team"] if user["team"] in teams else next(iter(teams), None)
        if first != user["team"]:
            await self._crm.records.update(
                "user",
                id,
                {"team_id": str(first) if first else None},
                actor=actor,
                reason="single sign-on",
            )
        await set_teams(id, teams, self._crm.clock)

    async def _remember(self, user_id: UUID, identity: ExternalIdentity) -> None:
        now = self._crm.clock()
        try:
            async with self._crm.database.savepoint():
                await ExternalIdentityRow.insert(
                    ExternalIdentityRow(
                        id=uuid7(now),
                        user=user_id,
                        provider=identity.provider,
                        issuer=identity.issuer[:300],
                        subject=identity.subject[:255],
                        email=identity.email[:254],
                        created_at=now,
                        last_used_at=now,
                    )
                )
        except Duplicate as error:
            raise NotSignedIn(_TAKEN, code="linked_elsewhere") from error

    async def _user(self, condition: Any) -> dict[str, Any] | None:
        columns = (User.id, User.role, User.team, User.active)
        return await User.select(*columns).where(condition).first()


def _is_there() -> Any:
    return Team.deleted_at.is_null()


def _both(label: Label) -> dict[str, str] | None:
    if not label:
        return None
    return {"en": label, "ru": label} if isinstance(label, str) else dict(label)
