"""Users and teams as record types."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from crmcore.accounts.new_user import no_such_role
from crmcore.accounts.role_grants import demand_teams, more_than_own
from crmcore.accounts.role_table import Role, role_keys
from crmcore.accounts.tables import LoginSession, PasswordReset, PendingSignIn, Team, User
from crmcore.accounts.teams import move_to
from crmcore.clock import Clock
from crmcore.contracts.actors import Actor
from crmcore.contracts.fields import JsonSchema
from crmcore.contracts.labels import Label
from crmcore.contracts.records import Draft, RecordType
from crmcore.database.current import WORKSPACE_ENGINE
from crmcore.records.properties import NAMED_RECORD, choice, kept, named, reference, text

_TAKEN: Label = {"en": "Somebody has this already.", "ru": "Это уже занято."}
_LAST_ADMINISTRATOR: Label = {
    "en": "This is the only administrator. Make somebody else one first.",
    "ru": "Это единственный администратор. Сначала назначьте администратором кого-то ещё.",
}
_NOT_EMAIL: Label = {"en": "This is not an e-mail address.", "ru": "Это не адрес электронной почты."}

MayGive = Callable[[str, Actor], Awaitable[bool]]
"""Tells whether the actor may all that the role of this key may."""

USER_PROPERTIES: dict[str, JsonSchema] = {
    "email": text("E-mail address", "Адрес почты", limit=254, minLength=3),
    "name": text("Name", "Имя", limit=200, minLength=1),
    "role": text("Role", "Роль", limit=30, minLength=1),
    "team": kept("Team", "Команда", NAMED_RECORD),
    "team_id": reference("Team", "Команда", "team"),
    "language": choice("Language", "Язык", "en", "ru"),
    "time_zone": text("Time zone", "Часовой пояс", limit=64),
    "theme": choice("Theme", "Тема", "system", "light", "dark"),
    "density": choice("Density", "Плотность", "comfortable", "compact"),
    "active": {"type": "boolean", "x-crm": {"label": {"en": "Active", "ru": "Работает"}}},
}


class UserType(RecordType, frozen=True, kw_only=True):
    """A person who works here; passwords are set elsewhere and never read."""

    clock: Clock
    may_give: MayGive

    async def prepare(self, draft: Draft) -> None:
        """Keep the address in lower case and unique; let nobody change or make a user who may more than he."""
        await self._check_role(draft)
        team = draft.values.get("team")
        if team is not None and team != (draft.before or {}).get("team"):
            demand_teams([team], draft.actor)
        await self._keep_an_administrator(draft)
        email = draft.values.get("email")
        if not isinstance(email, str):
            return
        email = email.strip().lower()
        draft.values["email"] = email
        local, at, domain = email.partition("@")
        if not (local and at and domain) or "@" in domain or " " in email:
            draft.problem("/email", "not_an_email", _NOT_EMAIL)
        elif await User.exists().where(User.email == email, User.id != draft.id):
            draft.problem("/email", "taken", _TAKEN)

    async def _check_role(self, draft: Draft) -> None:
        role = draft.values.get("role")
        if isinstance(role, str) and role not in (known := await role_keys()):
            draft.problems.append(no_such_role(known))
            return
        roles = {draft.now("role") or "agent"} | ({draft.before["role"]} if draft.before else set())
        for key in sorted(roles):
            if not await self.may_give(key, draft.actor):
                raise more_than_own()

    @staticmethod
    async def _keep_an_administrator(draft: Draft) -> None:
        before = draft.before
        if before is None or before["role"] != "admin" or not before["active"]:
            return
        if draft.now("role") == "admin" and draft.now("active"):
            return
        if WORKSPACE_ENGINE.engine_type == "postgres":
            # One at a time: of two who are demoted at the same moment, each would see the other still there.
            await Role.select(Role.id).where(Role.key == "admin").lock_rows("UPDATE")
        others = User.exists().where(User.role == "admin", User.active.eq(True), User.id != draft.id)
        if not await others:
            path = "/role" if draft.now("active") else "/active"
            draft.problem(path, "last_administrator", _LAST_ADMINISTRATOR)

    async def store(self, draft: Draft) -> None:
        """Keep the members of the first team in step; end the sessions of who may something else from now on."""
        before = draft.before
        if "team" in draft.values:
            await move_to(draft.id, draft.values["team"], before["team"] if before else None, self.clock)
        if before and any(draft.now(name) != before[name] for name in ("role", "active", "email")):
            await LoginSession.delete().where(LoginSession.user == draft.id)
            await PendingSignIn.delete().where(PendingSignIn.user == draft.id)
            await PasswordReset.delete().where(PasswordReset.user == draft.id)

    def document(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the user without anything secret."""
        document = super().document(row)
        document["team"] = named(row["team"], row.get("team.name") or "")
        return document


class TeamType(RecordType, frozen=True, kw_only=True):
    """A team; its name is unique."""

    async def prepare(self, draft: Draft) -> None:
        """Refuse a name that another team has."""
        name = draft.values.get("name")
        if isinstance(name, str) and await Team.exists().where(Team.name == name, Team.id != draft.id):
            draft.problem("/name", "taken", _TAKEN)


def user_type(clock: Clock, may_give: MayGive) -> UserType:
    """Return the record type of users; ``may_give`` tells whether an actor may give a role to somebody."""
    return UserType(
        clock=clock,
        may_give=may_give,
        key="user",
        plural="users",
        label={"en": "User", "ru": "Сотрудник"},
        label_plural={"en": "Users", "ru": "Сотрудники"},
        table=User,
        properties=USER_PROPERTIES,
        required=("email", "name"),
        joined=(User.team.name,),
        list_columns=("name", "email", "role", "active"),
        filters=("email", "name", "role", "active", "team_id"),
        sorts=("created_at", "name", "email"),
        default_sort="name",
        shared=True,
        deletable=False,
    )


def team_type() -> TeamType:
    """Return the record type of teams."""
    return TeamType(
        key="team",
        plural="teams",
        label={"en": "Team", "ru": "Команда"},
        label_plural={"en": "Teams", "ru": "Команды"},
        table=Team,
        properties={"name": text("Name", "Название", limit=120, minLength=1)},
        required=("name",),
        list_columns=("name",),
        filters=("name",),
        sorts=("created_at", "name"),
        default_sort="name",
        shared=True,
    )
