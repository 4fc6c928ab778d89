"""The manager interface over TLS, with certificates as Asterisk's own script makes them."""

import ssl
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ami_sessions import AmiServer, ami_server, session
from crm_telephony.tables import TelephonyCall
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from workspace import ADMIN, asterisk, listening, until, workspace

from crmcore.connections.listening_log import listening_states
from crmcore.connections.tables import ListeningRow
from crmcore.errors import Invalid
from crmcore.workspace import Crm


class Made:
    """A certificate for ``pbx.example``, in its common name alone, that is signed by itself."""

    def __init__(self, folder: Path) -> None:
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pbx.example")])
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .sign(key, hashes.SHA256())
        )
        self.pem = made.public_bytes(serialization.Encoding.PEM).decode()
        self.key = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        file = folder / "pbx.pem"
        file.write_text(self.pem + self.key)
        self.context.load_cert_chain(file)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
async def ami(made: Made) -> AsyncIterator[AmiServer]:
    async with ami_server(made.context) as server:
        yield server


@pytest.fixture
def no_pops(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    async def nothing(*_: Any) -> None: ...

    monkeypatch.setattr("crmcore.services.show_pop", nothing)
    yield


@pytest.fixture
async def crm(database_url: str, tmp_path: Path, ami: AmiServer) -> AsyncIterator[Crm]:
    async with workspace(database_url, tmp_path, f"127.0.0.1:{ami.port}") as crm:
        yield crm


async def test_only_the_certificate_that_the_settings_name_is_believed(
    crm: Crm, ami: AmiServer, made: Made, no_pops: None
) -> None:
    channel = crm.registry.channels["asterisk"].item
    context = crm.host.context("telephony")
    account = await asterisk(crm, ami, tls=True)

    async def tested(**changes: Any) -> Any:
        await crm.channel_accounts.update(account, {"config": changes}, actor=ADMIN)
        return await channel.check((await crm.channel_accounts.get(str(account))).account, context)

    strange = await tested()
    assert (
        not strange.ok and "its certificate is not valid (self-signed certificate)" in strange.message["en"]
    )
    assert "сертификат недействителен" in strange.message["ru"]
    assert not (await tested(certificate=made.pem)).ok  # nothing in it says 127.0.0.1
    assert not (await tested(certificate="", check_name=False)).ok  # a name is not checked for anybody's sake
    other = Made(Path(crm.settings.data_dir))
    assert not (await tested(certificate=other.pem, check_name=False)).ok
    for nonsense in (made.pem + made.key, "pbx.example"):
        with pytest.raises(Invalid):
            await tested(certificate=nonsense)
    assert (await tested(certificate=f"\n{made.pem}\n{other.pem}", check_name=False)).ok

    async with listening(crm, account):
        await ami.signed_in()
        await ami.play(session("missed"), speed=100)

        async def ended() -> bool:
            return bool(await TelephonyCall.exists().where(TelephonyCall.stage == "ended"))

        await until(ended)


async def test_the_page_of_the_account_says_what_is_in_the_way(
    crm: Crm, ami: AmiServer, no_pops: None
) -> None:
    account = await asterisk(crm, ami, tls=True)
    await ListeningRow.insert(ListeningRow(account=account, state="listening", since=crm.clock()))

    async def trouble() -> str:
        state = (await listening_states(crm.clock())).get(account, {})
        return str(state.get("error", ""))

    async with listening(crm, account):
        assert "its certificate is not valid" in await until(trouble)
        health = crm.registry.health["telephony.connected"].item.run

        async def told() -> Any:
            found = await health(crm.host.context("telephony"))
            return found if "сертификат недействителен" in found.message["ru"] else None

        assert not (await until(told)).ok
