"""Making a backup of a workspace, while it works."""

import hashlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

import msgspec

from crmcore import __version__
from crmcore.backup.manifest import FOLDERS, SECRET_KEY, Header, Manifest, Table
from crmcore.backup.writing import PART_BYTES, ArchiveWriter
from crmcore.files.storage import CHUNK, Lost, Storage
from crmcore.files.where import storage_of

if TYPE_CHECKING:
    from crmcore.workspace import Crm

Told = Callable[[str, int, int], None]
_UPLOADS = (
    "SELECT sha256 FROM stored_file WHERE sha256 <> '' UNION "
    "SELECT thumbnail FROM stored_file WHERE thumbnail <> ''"
)


class Snapshot(Protocol):
    """A database at one moment."""

    @property
    def engine(self) -> Any: ...
    async def __aenter__(self) -> Any: ...
    async def __aexit__(self, *_: object) -> None: ...
    async def tables(self) -> list[Table]: ...
    async def values(self, sql: str) -> list[tuple[Any, ...]]: ...
    def rows(self, table: Table) -> AsyncIterator[list[tuple[Any, ...]]]: ...


async def make_backup(crm: "Crm", file: Path, *, with_key: bool = False, told: Told) -> Manifest:
    """Write all of ``crm`` into ``file`` and return what it holds; the database must not be open.

    The database is as at one moment, whatever is written meanwhile; uploads are read after it, so that every one it
    names is there. ``told`` hears (what, done, total). Raises :class:`~crmcore.backup.faults.BackupRefused`.
    """
    async with _snapshot_of(crm) as snapshot:
        tables = await snapshot.tables()
        header = Header(
            version=__version__,
            engine=snapshot.engine,
            created_at=crm.clock(),
            plugins={
                name: state.version for name, state in crm.host.plugins.items() if state.state == "loaded"
            },
            migrations=[
                (str(app), str(name))
                for app, name in await snapshot.values(
                    "SELECT app_name, name FROM migration ORDER BY app_name, name"
                )
            ],
            tables=tables,
        )
        with ArchiveWriter(file, header) as archive:
            for table in tables:
                await _add_table(snapshot, archive, table, told)
            await _add_uploads(snapshot, archive, storage_of(crm.settings), told)
            for folder in FOLDERS:
                _add_folder(archive, crm.settings.data_path, folder)
            if with_key:
                _add_key(crm, archive)
        return archive.manifest


def _snapshot_of(crm: "Crm") -> Any:
    url = crm.settings.effective_database_url()
    if crm.database.kind == "postgres":
        from crmcore.backup.postgres_snapshot import PostgresSnapshot
        from crmcore.backup.urls import plain_url

        return PostgresSnapshot(plain_url(url))
    from crmcore.backup.sqlite_snapshot import SqliteSnapshot
    from crmcore.backup.urls import sqlite_path

    return SqliteSnapshot(sqlite_path(url))


async def _add_table(snapshot: Snapshot, archive: ArchiveWriter, table: Table, told: Told) -> None:
    ((total,),) = await snapshot.values(f'SELECT count(*) FROM "{table.name}"')  # noqa: S608 - of the catalog
    encoder = msgspec.json.Encoder()
    lines: list[bytes] = []
    size = number = done = 0
    async for rows in snapshot.rows(table):
        for row in rows:
            line = encoder.encode(row) + b"\n"
            if lines and size + len(line) > PART_BYTES:
                archive.rows(table.name, number, lines, len(lines))
                lines, size, number = [], 0, number + 1
            lines.append(line)
            size += len(line)
        done += len(rows)
        told(table.name, done, total)
    if lines:
        archive.rows(table.name, number, lines, len(lines))


async def _add_uploads(snapshot: Snapshot, archive: ArchiveWriter, storage: Storage, told: Told) -> None:
    # Names of 64 characters: a million of them take 120 MB at worst, and an upload is much more than its name.
    names = [str(name) for (name,) in await snapshot.values(_UPLOADS)]
    for number, name in enumerate(sorted(names), 1):
        with TemporaryFile() as spool:
            try:
                found = await _copied(storage, name, spool)
            except Lost:
                found = ""
            if found == name:
                size = spool.tell()
                spool.seek(0)
                archive.upload(name, spool, size)
            else:
                archive.manifest.missing.append(name)
        told("uploads", number, len(names))


async def _copied(storage: Storage, name: str, spool: BinaryIO) -> str:
    digest = hashlib.sha256()
    async for chunk in storage.read(name, 0, 1 << 62):
        digest.update(chunk)
        spool.write(chunk)
    return digest.hexdigest()


def _add_folder(archive: ArchiveWriter, data: Path, folder: str) -> None:
    for path in sorted((data / folder).rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        name = f"data/{path.relative_to(data).as_posix()}"
        with TemporaryFile() as spool:
            digest = hashlib.sha256()
            try:
                with path.open("rb") as source:
                    while chunk := source.read(CHUNK):
                        digest.update(chunk)
                        spool.write(chunk)
            except FileNotFoundError:  # deleted meanwhile, as an old export is
                continue
            size = spool.tell()
            spool.seek(0)
            archive.other(name, spool, size, digest.hexdigest())


def _add_key(crm: "Crm", archive: ArchiveWriter) -> None:
    from io import BytesIO

    settings = crm.settings
    text = settings.secret_key or (settings.data_path / SECRET_KEY).read_text(encoding="ascii")
    content = text.replace(",", "\n").strip().encode("ascii") + b"\n"
    archive.other(SECRET_KEY, BytesIO(content), len(content), hashlib.sha256(content).hexdigest())
    archive.manifest.with_key = True
