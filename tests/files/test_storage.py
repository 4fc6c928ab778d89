"""Both storages keep the same promises: a folder, and a bucket of a real S3 server."""

import asyncio
import hashlib
import logging
import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from crmcore.contracts.actors import system_actor
from crmcore.files.bucket import BucketStorage
from crmcore.files.folder import FolderStorage
from crmcore.files.storage import Lost, Storage
from crmcore.files.where import storage_of
from crmcore.settings import SettingsError, WorkspaceSettings
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm


@pytest.fixture(scope="module")
def s3_address() -> Iterator[str]:
    """A server that speaks S3 over HTTP."""
    server_module = pytest.importorskip("moto.server", reason="install moto[s3,server]")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket_url(s3_address: str) -> str:
    name = f"crm-{uuid4().hex[:8]}"
    # A request that moto takes for signed: it asks for the header and checks nothing in it.
    head = {"Authorization": "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/s3/aws4_request"}
    assert httpx2.put(f"{s3_address}/{name}", headers=head).status_code == 200
    return f"s3://{name}/crm/files?endpoint={s3_address}"


@pytest.fixture(params=["folder", "bucket"])
async def storage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Storage]:
    if request.param == "folder":
        yield FolderStorage(tmp_path / "files")
        return
    yield BucketStorage(request.getfixturevalue("bucket_url"), "key", "secret")


async def read(storage: Storage, name: str, start: int = 0, end: int = 2**40) -> bytes:
    return b"".join([piece async for piece in storage.read(name, start, end)])


async def test_content_is_kept_by_its_name(storage: Storage, tmp_path: Path) -> None:
    content = os.urandom(700_001)
    source, name = tmp_path / "source", hashlib.sha256(content).hexdigest()
    source.write_bytes(content)
    assert await storage.written_at(name) is None
    with pytest.raises(Lost):
        await read(storage, name)
    before = datetime.now(UTC) - timedelta(seconds=2)
    await storage.put(name, source)
    await storage.put(name, source)
    written_at = await storage.written_at(name)
    assert written_at is not None and before < written_at
    assert await read(storage, name) == content
    assert await read(storage, name, 5, 700_000) == content[5:700_000]
    assert [item async for item in storage.names(before)] == []
    assert [item async for item in storage.names(datetime.now(UTC) + timedelta(hours=1))] == [name]
    await storage.delete(name)
    await storage.delete(name)
    assert await storage.written_at(name) is None
    await storage.check()
    assert [item async for item in storage.names(datetime.now(UTC) + timedelta(hours=1))] == []


async def test_a_name_is_a_hash_and_nothing_else(storage: Storage, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"x")
    for name in ("../../etc/passwd", "a" * 63, "A" * 64, ""):
        with pytest.raises(Lost):
            await storage.put(name, tmp_path / "source")


async def test_ten_at_once_store_one(storage: Storage, tmp_path: Path) -> None:
    content = os.urandom(50_000)
    name = hashlib.sha256(content).hexdigest()
    (tmp_path / "source").write_bytes(content)
    await asyncio.gather(*[storage.put(name, tmp_path / "source") for _ in range(10)])
    assert await read(storage, name) == content
    assert [item async for item in storage.names(datetime.now(UTC) + timedelta(hours=1))] == [name]


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    folder = FolderStorage(tmp_path)
    (tmp_path / "ab").mkdir()
    part = tmp_path / "ab" / ".1.part"
    part.write_bytes(b"half")
    os.utime(part, (0, 0))

    async def names() -> list[str]:
        return [name async for name in folder.names(datetime.now(UTC))]

    assert asyncio.run(names()) == [] and not part.exists()


async def test_a_workspace_keeps_its_files_in_a_bucket(bucket_url: str, tmp_path: Path) -> None:
    clock = TurnableClock()
    settings = WorkspaceSettings(
        data_dir=str(tmp_path / "data"), files_url=bucket_url, files_key="key", files_secret="secret"
    )
    crm = Crm.build(settings, clock=clock, entry_points=[])
    await crm.start()
    try:
        with crm.bound():
            content = b"%PDF-1.7 " + os.urandom(300_000)
            row = await crm.files.keep_bytes("a.pdf", content, actor=system_actor())
            assert b"".join([piece async for piece in crm.files.content(row)]) == content
            assert not (tmp_path / "data" / "files").exists()
            assert not list(crm.files.spool_folder.iterdir())
            assert (await crm.file_sweep.run()).contents == 0
            clock.advance(49 * 3600)
            swept = await crm.file_sweep.run()
            assert (swept.files, swept.contents) == (1, 1)
    finally:
        await crm.stop()


@pytest.mark.parametrize("url", ["http://bucket", "s3://", "s3:///prefix", "s3://bucket?key=1", "bucket"])
def test_an_address_that_is_no_bucket_is_told(url: str) -> None:
    with pytest.raises(SettingsError, match="s3://BUCKET"):
        storage_of(WorkspaceSettings(files_url=url))


async def test_the_doctor_says_when_nothing_can_be_stored(
    crm: Crm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crmcore.cli.doctor import _files

    assert (await _files(crm)).result == "ok"
    assert not Path(crm.files.storage.place).exists()  # noqa: ASYNC240
    (tmp_path / "file").write_bytes(b"")
    crm.files.storage = FolderStorage(tmp_path / "file" / "files")
    found = await _files(crm)
    assert found.result == "problem" and str(tmp_path) in found.message
    # A server that is not there.
    crm.files.storage = BucketStorage("s3://b/p?endpoint=http://127.0.0.1:9", "key", "hush-hush")
    found = await _files(crm)
    assert found.result == "problem" and "hush-hush" not in found.message
