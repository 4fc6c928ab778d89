"""A new password by a link, for who has forgotten the old one."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from crmcore.accounts.attempts import Limit, account_of, place_of
from crmcore.accounts.links import dead_link, new_link_token, token_hash
from crmcore.accounts.mails import reset_mail
from crmcore.accounts.new_user import email_key, is_email
from crmcore.accounts.noted import note_of, recognised
from crmcore.accounts.tables import PasswordReset, User
from crmcore.clock import uuid7
from crmcore.errors import NotFound
from crmcore.mail.contract import MailFailed

if TYPE_CHECKING:
    from crmcore.workspace import Crm

LIFETIME = timedelta(hours=1)
# A mailbox is not filled by strangers, and one address does not ask for everybody.
PER_MAILBOX = Limit(3, 300, 3600)
PER_ADDRESS = Limit(20, 60, 3600)


class PasswordResets:
    """Links for a new password. One person has one link at a time."""

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm

    async def ask(self, email: str, *, address: str) -> None:
        """Queue a mail with a link for whoever has this address; the same happens when nobody has it.

        Raises TooMany after several, for an account and for none alike.
        """
        email = email_key(email)
        limits = {f"reset {account_of(email)}": PER_MAILBOX, f"reset {place_of(address)}": PER_ADDRESS}
        await self._crm.accounts.attempts.spend(limits)
        if self._crm.post.configured and is_email(email):
            # Who has it is looked up later: the answer takes as long for an account as for none.
            await self._crm.jobs.enqueue("core", "send_password_reset", {"email": email}, key=email)

    async def link(self, user_id: UUID) -> str:
        """Make a link, good for an hour, and return it; the one before is dead. Raises NotFound."""
        if not await User.exists().where(User.id == user_id, User.active.eq(True)):
            raise NotFound
        await note_of(self._crm.clock, "reset_link", "password", user_id)
        token, now = new_link_token(), self._crm.clock()
        async with self._crm.database.transaction():
            await PasswordReset.delete().where(PasswordReset.user == user_id)
            await PasswordReset.insert(
                PasswordReset(
                    id=uuid7(now),
                    user=user_id,
                    secret_hash=token_hash(token),
                    created_at=now,
                    expires_at=now + LIFETIME,
                )
            )
        return f"{self._crm.settings.base_url.rstrip('/')}/password/{token}"

    async def send(self, user_id: UUID) -> str:
        """Queue the mail for a user and return nothing, or the link when this workspace sends no mails."""
        row = await User.select(User.email).where(User.id == user_id, User.active.eq(True)).first()
        if row is None:
            raise NotFound
        if not self._crm.post.configured:
            return await self.link(user_id)
        await self._crm.jobs.enqueue("core", "send_password_reset", {"email": row["email"]}, key=row["email"])
        return ""

    async def mail(self, email: str) -> None:
        """Send the mail when somebody active has this address. Raises MailFailed."""
        columns = (User.id, User.email, User.language)
        row = await User.select(*columns).where(User.email == email, User.active.eq(True)).first()
        if row is None:
            return
        if not self._crm.post.configured:
            raise MailFailed("No mail server is configured: set smtp_url.")
        await self._crm.post.send(
            reset_mail(
                to=row["email"],
                language=row["language"],
                workspace=self._crm.settings.name,
                link=await self.link(row["id"]),
            )
        )

    async def find(self, token: str) -> dict[str, Any]:
        """Return ``user`` and ``email`` of a link. Raises NotFound in the same words for every dead one."""
        row = (
            await PasswordReset.select(
                PasswordReset.user,
                PasswordReset.user.email.as_alias("email"),
                PasswordReset.user.name.as_alias("name"),
                PasswordReset.user.active.as_alias("active"),
            )
            .where(
                PasswordReset.secret_hash == token_hash(token),
                PasswordReset.used_at.is_null(),
                PasswordReset.expires_at > self._crm.clock(),
            )
            .first()
        )
        if row is None or not row["active"]:
            raise dead_link()
        found: dict[str, Any] = row
        return found

    async def redeem(self, token: str, password: str) -> UUID:
        """Set the password, end all sessions and return the user; the link is used up. Raises NotFound, Invalid."""
        found = await self.find(token)
        user_id: UUID = found["user"]
        async with self._crm.database.transaction():
            # The first of two at the same moment takes it; a password that is refused leaves it as it was.
            used = (
                await PasswordReset.update({PasswordReset.used_at: self._crm.clock()})
                .where(PasswordReset.secret_hash == token_hash(token), PasswordReset.used_at.is_null())
                .returning(PasswordReset.id)
            )
            if not used:
                raise dead_link()
            # Who holds the link is taken for the user.
            recognised(user_id, found["name"])
            await self._crm.accounts.set_password(user_id, password, reason="reset link")
        return user_id

    async def forget_old(self) -> None:
        """Delete the links that are over."""
        await PasswordReset.delete().where(PasswordReset.expires_at <= self._crm.clock())
