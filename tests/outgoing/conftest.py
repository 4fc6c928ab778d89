"""A TLS server for ``shop.example`` with a certificate of its own authority."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Answer = Callable[[bytes], Awaitable[bytes]]
"""Is given a request as it came over the wire and returns the answer."""


class Certificates:
    """An authority, and a certificate for ``shop.example`` signed by it."""

    def __init__(self, folder: Path) -> None:
        now = datetime.now(UTC)
        authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        authority_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        base = (
            x509.CertificateBuilder()
            .issuer_name(authority_name)
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
        )
        identifier = x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key())
        authority = (
            base.subject_name(authority_name)
            .public_key(authority_key.public_key())
            .serial_number(1)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(identifier, critical=False)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=False,
                    content_commitment=False,
                    key_encipherment=False,
                    data_encipherment=False,
                    key_agreement=False,
                    key_cert_sign=True,
                    crl_sign=True,
                    encipher_only=False,
                    decipher_only=False,
                ),
                critical=True,
            )
            .sign(authority_key, hashes.SHA256())
        )
        certificate = (
            base.subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.example")]))
            .public_key(key.public_key())
            .serial_number(2)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("shop.example")]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
            )
            .sign(authority_key, hashes.SHA256())
        )
        self.authority_file = folder / "authority.pem"
        self.authority_file.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
        self.file = folder / "shop.pem"
        self.file.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )

    def client_context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.authority_file))

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file)
        return context


class Server:
    """Answers each connection's requests with ``answer``; remembers requests and the names asked for in TLS."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.names: list[str | None] = []
        self.connections = 0
        self.answer: Answer = ok
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    (
                        int(line[15:])
                        for line in head.lower().split(b"\r\n")
                        if line.startswith(b"content-length:")
                    ),
                    0,
                )
                request = head + await reader.readexactly(length)
                self.requests.append(request)
                writer.write(await self.answer(request))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            return
        finally:
            writer.close()


async def ok(request: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
async def server(certificates: Certificates) -> AsyncIterator[Server]:
    server = Server()
    context = certificates.server_context()

    def named(socket: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        server.names.append(name)

    context.sni_callback = named
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=context)
    server.port = listening.sockets[0].getsockname()[1]
    yield server
    listening.close()


@pytest.fixture
async def plain_server() -> AsyncIterator[Server]:
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    yield server
    listening.close()
