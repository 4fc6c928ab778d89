"""The workspace's post: whether it can send mails, and from whom."""

from urllib.parse import urlsplit

from crmcore.mail.contract import Mail, Mailer, MailFailed
from crmcore.mail.smtp import SmtpMailer, read_server, sender_of
from crmcore.settings import SettingsError, WorkspaceSettings


class Post:
    """Sends through ``mailer``; without one, links are shown to administrators instead."""

    def __init__(self, mailer: Mailer | None) -> None:
        self.mailer = mailer

    @classmethod
    def from_settings(cls, settings: WorkspaceSettings) -> "Post":
        """Return the post of ``smtp_url`` and ``mail_from``. Raises SettingsError."""
        if not settings.smtp_url:
            return cls(None)
        try:
            server = read_server(settings.smtp_url)
        except ValueError as error:
            raise SettingsError(f"smtp_url cannot be used: {error}.") from None
        try:
            sender = sender_of(settings.mail_from, urlsplit(settings.base_url).hostname or "localhost")
        except ValueError as error:
            raise SettingsError(f"mail_from cannot be used: {error}.") from None
        return cls(SmtpMailer(server, sender))

    @property
    def configured(self) -> bool:
        """Whether mails can be sent."""
        return self.mailer is not None

    async def send(self, mail: Mail) -> None:
        """Send one mail. Raises :class:`~crmcore.mail.MailFailed`."""
        if self.mailer is None:
            raise MailFailed("No mail server is configured: set smtp_url.")
        await self.mailer.send(mail)
