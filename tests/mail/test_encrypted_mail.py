"""Mails through a mail server with TLS and a password: STARTTLS, TLS from the first byte, and what is refused."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from crmcore.mail.contract import Mail, MailFailed
from crmcore.mail.post import Post
from crmcore.settings import WorkspaceSettings

MAIL = Mail(to="anna@example.com", subject="Hello", text="A link", html="<p>A link</p>")
PASSWORD = "canary-mail-7713"


class Inbox:
    """What a mail server was given, and whether it came encrypted and from whom."""

    def __init__(self) -> None:
        self.mails: list[tuple[bool, str, bytes]] = []

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        encrypted = server.transport.get_extra_info("ssl_object") is not None
        who = session.auth_data.login.decode() if session.auth_data else ""
        self.mails.append((encrypted, who, envelope.content))
        return "250 OK"


def _authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    right = data.password == PASSWORD.encode()
    return AuthResult(success=right, handled=right, auth_data=data)


def _certificate(folder: Path, name: x509.GeneralName) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    file, key_file = folder / "mail.pem", folder / "mail.key"
    file.write_bytes(made.public_bytes(Encoding.PEM))
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return file, key_file


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


Serve = Callable[..., Any]


@pytest.fixture
async def serve(tmp_path: Path, inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Serve]:
    """Call it for the port of a server; its certificate is for 127.0.0.1, or for ``name``, and is trusted."""
    async with AsyncExitStack() as stack:

        async def started(
            *, tls: bool = True, implicit: bool = False, name: str = "", trusted: bool = True
        ) -> int:
            known = x509.DNSName(name) if name else x509.IPAddress(ip_address("127.0.0.1"))
            certificate, key = _certificate(tmp_path, known)
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate, key)
            if trusted:
                monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

            def protocol() -> SMTP:
                return SMTP(
                    inbox,
                    tls_context=context if tls and not implicit else None,
                    require_starttls=tls and not implicit,
                    authenticator=_authenticate,
                    auth_require_tls=not implicit,
                )

            server = await asyncio.get_running_loop().create_server(
                protocol, "127.0.0.1", 0, ssl=context if implicit else None
            )

            async def stop() -> None:
                server.close()
                await server.wait_closed()

            stack.push_async_callback(stop)
            port: int = server.sockets[0].getsockname()[1]
            return port

        yield started


def post(scheme: str, port: int, password: str = PASSWORD) -> Post:
    return Post.from_settings(WorkspaceSettings(smtp_url=f"{scheme}://crm:{password}@127.0.0.1:{port}"))


@pytest.mark.parametrize("implicit", [False, True], ids=["starttls", "tls"])
async def test_a_mail_travels_encrypted_and_with_the_password(
    serve: Serve, inbox: Inbox, implicit: bool
) -> None:
    port = await serve(implicit=implicit)
    await post("smtps" if implicit else "smtp", port).send(MAIL)
    ((encrypted, who, content),) = inbox.mails
    assert encrypted and who == "crm" and b"Subject: Hello" in content


@pytest.mark.parametrize(
    "server",
    [{"tls": False}, {"trusted": False}, {"name": "other.example.com"}],
    ids=["no STARTTLS", "unknown certificate", "another's certificate"],
)
async def test_without_the_right_encryption_nothing_is_sent(
    serve: Serve, inbox: Inbox, server: dict[str, Any]
) -> None:
    port = await serve(**server)
    with pytest.raises(MailFailed) as failed:
        await post("smtp", port).send(MAIL)
    assert inbox.mails == []
    assert PASSWORD not in str(failed.value) and "anna" not in str(failed.value)


async def test_a_wrong_password_is_told_without_repeating_it(serve: Serve, inbox: Inbox) -> None:
    port = await serve()
    with pytest.raises(MailFailed, match="535") as failed:
        await post("smtp", port, "canary-wrong-7713").send(MAIL)
    assert inbox.mails == [] and "7713" not in str(failed.value)
