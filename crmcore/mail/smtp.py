"""Sending through a mail server (SMTP, RFC 5321), encrypted."""

import ipaddress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import make_msgid, parseaddr
from urllib.parse import parse_qsl, unquote, urlsplit

from msgspec import Struct

from crmcore.mail.contract import Mail, MailFailed
from crmcore.markup.direction import undirected

TIMEOUT_S = 30.0


class SmtpServer(Struct, frozen=True, kw_only=True):
    """A server as its URL names it. ``implicit`` TLS is on from the first byte; else STARTTLS unless ``plain``."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    implicit: bool = False
    plain: bool = False

    def __repr__(self) -> str:
        return f"SmtpServer({self.host}:{self.port})"


def read_server(url: str) -> SmtpServer:
    """Return the server of ``smtp://user:password@host:587`` or ``smtps://user:password@host:465``.

    Over ``smtp`` the connection must turn to TLS by STARTTLS; ``?tls=off`` sends in the clear, which is refused
    for a server that is not on this machine when there is a password. Raises ValueError with a sentence that
    repeats nothing of the URL.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError("it is not a URL") from error
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("it must look like smtps://user:password@mail.example.com:465")
    options = dict(parse_qsl(parts.query))
    if parts.path.strip("/") or options.keys() - {"tls"} or options.get("tls", "off") != "off":
        raise ValueError("after the port it may only say ?tls=off")
    implicit, plain = parts.scheme == "smtps", "tls" in options
    if implicit and plain:
        raise ValueError("smtps:// is always encrypted, ?tls=off is not possible")
    password = unquote(parts.password or "")
    if plain and password and not _is_here(parts.hostname):
        raise ValueError("?tls=off would send the password in the clear")
    return SmtpServer(
        host=parts.hostname,
        port=port or (465 if implicit else 587),
        user=unquote(parts.username or ""),
        password=password,
        implicit=implicit,
        plain=plain,
    )


def sender_of(text: str, host: str) -> Address:
    """Return the sender in ``text`` (``CRM <crm@example.com>``), an address at ``host`` when it is empty.

    Raises ValueError.
    """
    name, address = parseaddr(text or f"crm@{host}")
    if "@" not in address:
        raise ValueError("it is not an e-mail address")
    return Address(display_name=name, addr_spec=address)


class SmtpMailer:
    """Implements :class:`~crmcore.mail.Mailer`; a connection a mail, because mails are few."""

    def __init__(self, server: SmtpServer, sender: Address) -> None:
        self._server = server
        self._sender = sender

    async def send(self, mail: Mail) -> None:
        """Hand one mail to the server. Raises :class:`~crmcore.mail.MailFailed`."""
        # Imported where mail is sent: most workspaces start without it.
        import aiosmtplib

        server = self._server
        try:
            await aiosmtplib.send(
                self._message(mail),
                hostname=server.host,
                port=server.port,
                username=server.user or None,
                password=server.password or None,
                use_tls=server.implicit,
                start_tls=not (server.implicit or server.plain),
                timeout=TIMEOUT_S,
            )
        except aiosmtplib.SMTPResponseException as error:
            raise MailFailed(f"{server.host} refused the mail with code {error.code}.") from None
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = ", ".join(str(refused.code) for refused in error.recipients)
            raise MailFailed(f"{server.host} refused the recipient with code {codes}.") from None
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            # The library's words may repeat an address; its kind is enough.
            raise MailFailed(
                f"{server.host}:{server.port} did not take the mail: {type(error).__name__}."
            ) from None

    def _message(self, mail: Mail) -> EmailMessage:
        # Not every server knows SMTPUTF8 (RFC 6531): asked for only where an address needs it.
        message = EmailMessage(policy=SMTP if mail.to.isascii() else SMTPUTF8)
        message["From"] = self._sender
        message["To"] = mail.to
        message["Subject"] = undirected(mail.subject)
        domain = self._sender.domain
        message["Message-ID"] = f"<{mail.id}@{domain}>" if mail.id else make_msgid(domain=domain)
        # RFC 3834: no holiday notices in answer to this.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(undirected(mail.text))
        message.add_alternative(mail.html, subtype="html")
        return message


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
