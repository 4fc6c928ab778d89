"""A backup is the workspace at one moment, and a restore is that workspace again, on either engine."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from crmcore.backup.faults import BackupRefused
from crmcore.backup.making import make_backup
from crmcore.backup.manifest import Manifest
from crmcore.backup.reading import Archive
from crmcore.backup.restoring import Restore
from crmcore.backup.verdict import RestoreVerdict
from crmcore.contracts.actors import system_actor
from crmcore.secrets.keys import SecretError
from crmcore.settings import WorkspaceSettings
from crmcore.testing.postgres import PostgresServer
from crmcore.workspace import Crm

ACTOR = system_actor("test")


def quiet(what: str, done: int, total: int) -> None:
    return None


@pytest.fixture(params=["sqlite", "postgres"])
async def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of a place of each kind where nothing is."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'there' / 'crm.sqlite'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    server.make("crmcore_restored")
    yield server.url_of("crmcore_restored")
    server.run("DROP DATABASE crmcore_restored WITH (FORCE)")


async def restored(file: Path, url: str, folder: Path, secret_key: str = "") -> tuple[Crm, RestoreVerdict]:
    """Restore ``file`` and return the started workspace."""
    settings = WorkspaceSettings(data_dir=str(folder), database_url=url, secret_key=secret_key)

    def build(url: str) -> Crm:
        return Crm.build(msgspec.structs.replace(settings, database_url=url), entry_points=[])

    verdict = await Restore(Archive.checked(file), settings, build, quiet).run(verify=True)
    assert verdict is not None
    copy = build(url)
    await copy.start(migrate=False)
    return copy, verdict


async def contents(crm: Crm, file: Path) -> dict[str, list[Any]]:
    """Return every row of every table; JSON as what it means, because jsonb keeps no spaces."""
    await make_backup(crm, file, told=quiet)
    found: dict[str, list[Any]] = {}
    for name, content in Archive.checked(file).members():
        if name.startswith("tables/"):
            rows = [[_meant(value) for value in msgspec.json.decode(line)] for line in content]
            found.setdefault(name.split("/")[1], []).extend(rows)
    return {table: sorted(rows, key=str) for table, rows in found.items()}


def _meant(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("[", "{"):
        return msgspec.json.decode(value)
    return value


async def fill(crm: Crm, tmp_path: Path) -> None:
    for number in range(30):
        fields = {"first_name": "Анна", "last_name": f'Соловьёва-{number} 😀 \\ " \t'}
        await crm.records.create("contact", fields, actor=ACTOR)
    await crm.files.keep_bytes("договор.txt", "Договор № 1".encode(), actor=ACTOR)
    await crm.audit.verify(actor=ACTOR)  # seals, which are bytes


async def test_a_backup_is_restored_on_either_engine(crm: Crm, empty_url: str, tmp_path: Path) -> None:
    await fill(crm, tmp_path)
    (tmp_path / "data" / "imports").mkdir(parents=True, exist_ok=True)
    (tmp_path / "data" / "imports" / "люди.csv").write_text("имя\nАнна\n", encoding="utf-8")
    file = tmp_path / "crm.tar.gz"
    await make_backup(crm, file, with_key=True, told=quiet)
    assert file.stat().st_mode & 0o777 == 0o600

    copy, verdict = await restored(file, empty_url, tmp_path / "there")
    try:
        assert verdict.sound and verdict.audit_entries >= 30 and verdict.audit_seals and verdict.uploads == 1
        assert (tmp_path / "there" / "imports" / "люди.csv").read_text(encoding="utf-8") == "имя\nАнна\n"
        with copy.bound():
            before = await contents(crm, tmp_path / "before.tar.gz")
            after = await contents(copy, tmp_path / "after.tar.gz")
            assert {table for table in before if before[table] != after.get(table)} <= {
                "plugin",
                "audit_seal",
            }
            # The sequences go on behind what is there, and the index was made again.
            await copy.records.create("contact", {"last_name": "Новая"}, actor=ACTOR)
            await copy.audit.verify(actor=ACTOR)
    finally:
        await copy.stop()


async def test_what_is_written_meanwhile_is_in_it_whole_or_not_at_all(crm: Crm, tmp_path: Path) -> None:
    await fill(crm, tmp_path)
    stopping = False

    async def write() -> int:
        written = 0
        while not stopping:
            await crm.records.create("contact", {"last_name": f"Щукин {written}"}, actor=ACTOR)
            written += 1
        return written

    writing = [asyncio.create_task(write()) for _ in range(3)]
    manifests = []
    for number in range(3):
        await asyncio.sleep(0.1)
        manifests.append(await make_backup(crm, tmp_path / f"{number}.tar.gz", told=quiet))
    stopping = True
    written = sum(await asyncio.gather(*writing))

    assert written > 10
    for manifest in manifests:
        # Each contact is written with one line of history, in one transaction.
        assert manifest.rows("contact") == manifest.rows("history") >= 30
    assert manifests[0].rows("contact") < manifests[-1].rows("contact")


def damaged(file: Path, tmp_path: Path, change: Callable[[bytes], bytes]) -> str:
    other = tmp_path / "damaged.tar.gz"
    other.write_bytes(change(file.read_bytes()))
    with pytest.raises(BackupRefused) as refusal:
        Archive.checked(other)
    return str(refusal.value)


async def test_a_damaged_archive_is_refused_and_the_place_stays_empty(crm: Crm, tmp_path: Path) -> None:
    await fill(crm, tmp_path)
    file = tmp_path / "crm.tar.gz"
    await make_backup(crm, file, told=quiet)

    def other_name(packed: bytes) -> bytes:
        text = gzip.decompress(packed)
        assert "Соловьёва-7".encode() in text
        return gzip.compress(text.replace("Соловьёва-7".encode(), "Соловьёва-9".encode(), 1))

    assert "not what it was" in damaged(file, tmp_path, other_name)
    for change in (
        lambda packed: packed[: len(packed) // 2],
        lambda packed: packed[:-9],
        lambda packed: packed[:2000] + bytes([packed[2000] ^ 1]) + packed[2001:],
        lambda packed: b"",
        lambda packed: b"crmcore",
        lambda packed: gzip.compress(gzip.decompress(packed)[:-20_480]),
    ):
        assert damaged(file, tmp_path, change)
    with pytest.raises(BackupRefused, match="already"):
        await make_backup(crm, file, told=quiet)
    # No key in it, and none where it should go.
    with pytest.raises(SecretError, match="no key"):
        await restored(file, f"sqlite:///{tmp_path / 'x' / 'crm.sqlite'}", tmp_path / "x")
    assert not (tmp_path / "x").exists()


async def test_a_backup_of_a_newer_version_is_refused(crm: Crm, tmp_path: Path) -> None:
    async with crm.database.transaction():
        from crmcore.database.migrating import Migration

        await Migration.raw(
            "INSERT INTO migration (name, app_name, ran_on) VALUES ('2099-01-01T00:00:00:000000', 'crmcore', "
            "'2099-01-01 00:00:00')"
        )
    file = tmp_path / "crm.tar.gz"
    manifest: Manifest = await make_backup(crm, file, with_key=True, told=quiet)
    assert manifest.with_key

    with pytest.raises(BackupRefused, match="newer version"):
        await restored(file, f"sqlite:///{tmp_path / 'x' / 'crm.sqlite'}", tmp_path / "x")
    assert not list((tmp_path / "x").glob("crm.sqlite*"))
