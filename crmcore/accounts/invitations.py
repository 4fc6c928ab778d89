"""Inviting people: who is asked, with which role, and the link by which they come."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from msgspec import Struct

from crmcore.accounts.links import dead_link, new_link_token, token_hash
from crmcore.accounts.mails import invitation_mail
from crmcore.accounts.new_user import email_key, is_email, no_such_role, password_problems
from crmcore.accounts.role_grants import demand_teams, more_than_own
from crmcore.accounts.role_table import role_keys
from crmcore.accounts.tables import Invitation, Team, User
from crmcore.audit.note import note
from crmcore.clock import uuid7
from crmcore.contracts.actors import Actor, system_actor
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.errors import Invalid, NotFound
from crmcore.mail.contract import MailFailed

if TYPE_CHECKING:
    from crmcore.workspace import Crm

LIFETIME = timedelta(days=7)

_NOT_EMAIL: Label = {"en": "This is not an e-mail address.", "ru": "Это не адрес электронной почты."}
_TAKEN: Label = {
    "en": "There is already a user with this address.",
    "ru": "Пользователь с этим адресом уже есть.",
}
_NO_TEAM: Label = {"en": "There is no such team.", "ru": "Такой команды нет."}


class InvitationEntry(Struct, frozen=True, kw_only=True):
    """An invitation as it is listed. ``state`` is ``open``, ``expired``, ``accepted`` or ``revoked``."""

    id: UUID
    email: str
    name: str
    role: str
    team_id: UUID | None
    language: str
    state: str
    invited_by: str
    created_at: datetime
    expires_at: datetime


class Invitations:
    """The invitations of one workspace."""

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm

    async def create(
        self,
        email: str,
        *,
        actor: Actor,
        role: str = "agent",
        name: str = "",
        team_id: UUID | None = None,
        language: str = "en",
    ) -> UUID:
        """Note an invitation and return its id; an earlier open one to the same address ends.

        Nothing is sent: :meth:`send` does. Raises Invalid with everything that is wrong, and Forbidden for a
        role that may more than ``actor``.
        """
        email = email_key(email)[:255]
        problems = []
        if not is_email(email):
            problems.append(Problem(path="/email", code="not_an_email", message=_NOT_EMAIL))
        elif await User.exists().where(User.email == email):
            problems.append(Problem(path="/email", code="taken", message=_TAKEN))
        if role not in (known := await role_keys()):
            problems.append(no_such_role(known))
        if team_id is not None and not await Team.exists().where(
            Team.id == team_id, Team.deleted_at.is_null()
        ):
            problems.append(Problem(path="/team_id", code="no_such_record", message=_NO_TEAM))
        if problems:
            raise Invalid(problems=tuple(problems))
        if not await self._crm.roles.may_give(role, actor):
            raise more_than_own()
        if team_id is not None:
            demand_teams([team_id], actor)
        for open in await Invitation.select(Invitation.role).where(Invitation.email == email, *_open()):
            await self._demand_over(open["role"], actor)
        now = self._crm.clock()
        async with self._crm.database.transaction():
            await Invitation.update({Invitation.revoked_at: now}).where(Invitation.email == email, *_open())
            row = Invitation(
                id=uuid7(now),
                email=email,
                name=name.strip()[:200],
                role=role,
                team=team_id,
                language=language,
                # Nobody knows this token: the link is made when it is sent or shown.
                secret_hash=token_hash(new_link_token()),
                invited_by=UUID(actor.id) if actor.kind in ("user", "token") else None,
                created_at=now,
                expires_at=now + LIFETIME,
            )
            await Invitation.insert(row)
            id: UUID = row.id
            told: dict[str, list[Any]] = {"role": [None, role], "team": [None, team_id]}
            await note(self._crm.clock, "create", "invitation", email, id=id, changes=told, actor=actor)
        return id

    async def send(self, id: UUID, *, actor: Actor) -> str:
        """Queue the mail and return nothing, or the link itself when this workspace sends no mails.

        Raises NotFound, and Forbidden when the invited may more than ``actor``: a link is as good as the role.
        """
        row = await self._row(id)
        await self._demand_over(row["role"], actor)
        await note(self._crm.clock, "send", "invitation", row["email"], id=id, actor=actor)
        if not self._crm.post.configured:
            return await self._link(id)
        # The days begin anew with every mail.
        await self._renew(row["id"])
        await self._crm.jobs.enqueue("core", "send_invitation", {"invitation": str(id)}, key=str(id))
        return ""

    async def link(self, id: UUID, *, actor: Actor) -> str:
        """Make a new link, good for seven days, and return it; the one before is dead.

        Raises NotFound, and Forbidden when the invited may more than ``actor``.
        """
        row = await self._row(id)
        await self._demand_over(row["role"], actor)
        await note(self._crm.clock, "send", "invitation", row["email"], id=id, actor=actor)
        return await self._link(id)

    async def _link(self, id: UUID) -> str:
        token = new_link_token()
        await self._renew(id, token)
        return f"{self._crm.settings.base_url.rstrip('/')}/invitation/{token}"

    async def mail(self, id: UUID) -> None:
        """Send the mail, with a new link; an invitation that was revoked or accepted meanwhile is none.

        Raises MailFailed.
        """
        try:
            row = await self._row(id)
        except NotFound:
            return
        if not self._crm.post.configured:
            raise MailFailed("No mail server is configured: set smtp_url.")
        await self._crm.post.send(
            invitation_mail(
                to=row["email"],
                language=row["language"],
                workspace=self._crm.settings.name,
                inviter=row["inviter"] or "",
                link=await self._link(id),
            )
        )

    async def revoke(self, id: UUID, *, actor: Actor) -> None:
        """End an invitation; its link is dead. Raises NotFound, and Forbidden when the invited may more."""
        await self._demand_over((await self._row(id))["role"], actor)
        ended = Invitation.update({Invitation.revoked_at: self._crm.clock()}).where(
            Invitation.id == id, *_open()
        )
        rows = await ended.returning(Invitation.email)
        if not rows:
            raise NotFound
        await note(self._crm.clock, "revoke", "invitation", rows[0]["email"], id=id, actor=actor)

    async def entries(self, *, everything: bool = False) -> list[InvitationEntry]:
        """Return the invitations nobody has accepted or revoked, or all of them; the newest first."""
        query = Invitation.select(*Invitation.all_columns(), Invitation.invited_by.name.as_alias("inviter"))
        if not everything:
            query = query.where(*_open())
        rows = await query.order_by(Invitation.id, ascending=False).limit(500)
        return [self._entry(row) for row in rows]

    async def find(self, token: str) -> InvitationEntry:
        """Return the open invitation of a link. Raises NotFound in the same words for every dead one."""
        rows = await self._selected().where(Invitation.secret_hash == token_hash(token), *_open())
        if not rows or rows[0]["expires_at"] <= self._crm.clock():
            raise dead_link()
        return self._entry(rows[0])

    async def accept(self, token: str, *, name: str, password: str, language: str, time_zone: str) -> UUID:
        """Make the user and return the id; the link is used up. Raises NotFound, Invalid."""
        invitation = await self.find(token)
        workspace = self._crm.settings.name
        if problems := password_problems(password, invitation.email, name, workspace):
            raise Invalid(problems=tuple(problems))
        now = self._crm.clock()
        async with self._crm.database.transaction():
            taken = (
                await Invitation.update({Invitation.accepted_at: now})
                .where(Invitation.secret_hash == token_hash(token), *_open())
                .returning(Invitation.id)
            )
            if not taken:
                raise dead_link()
            document: dict[str, Any] = {
                "email": invitation.email,
                "name": name,
                "role": invitation.role,
                "language": language,
                "time_zone": time_zone,
            }
            if invitation.team_id is not None:
                document["team_id"] = str(invitation.team_id)
            # The one who accepts acts with the power of the one who invited.
            actor = msgspec.structs.replace(system_actor("invitation"), label=invitation.email)
            user = await self._crm.records.create("user", document, actor=actor, reason="invitation")
            await note(
                self._crm.clock, "accept", "invitation", invitation.email, id=invitation.id, actor=actor
            )
            await self._crm.accounts.set_password(user.id, password, reason="invitation")
        return user.id

    async def _renew(self, id: UUID, token: str = "") -> None:
        values: dict[Any, Any] = {Invitation.expires_at: self._crm.clock() + LIFETIME}
        if token:
            values[Invitation.secret_hash] = token_hash(token)
        await Invitation.update(values).where(Invitation.id == id, *_open())

    async def _demand_over(self, role: str, actor: Actor) -> None:
        # A role that is gone gives nobody anything.
        if role in await role_keys() and not await self._crm.roles.may_give(role, actor):
            raise more_than_own()

    async def _row(self, id: UUID) -> dict[str, Any]:
        rows = await self._selected().where(Invitation.id == id, *_open())
        if not rows:
            raise NotFound
        row: dict[str, Any] = rows[0]
        return row

    def _selected(self) -> Any:
        return Invitation.select(*Invitation.all_columns(), Invitation.invited_by.name.as_alias("inviter"))

    def _entry(self, row: dict[str, Any]) -> InvitationEntry:
        if row["accepted_at"]:
            state = "accepted"
        elif row["revoked_at"]:
            state = "revoked"
        else:
            state = "open" if row["expires_at"] > self._crm.clock() else "expired"
        return InvitationEntry(
            **{name: row[name] for name in ("id", "email", "name", "role", "language")},
            team_id=row["team"],
            state=state,
            invited_by=row["inviter"] or "",
            created_at=row["created_at"],
            expires_at=row["expires_at"],
        )


def _open() -> tuple[Any, Any]:
    return Invitation.accepted_at.is_null(), Invitation.revoked_at.is_null()
