"""Restoring a workspace: made whole beside its place, looked at, and only then put there."""

import hashlib
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any

import msgspec

from crmcore.backup.faults import BackupRefused
from crmcore.backup.kinds import KINDS
from crmcore.backup.manifest import FOLDERS, SECRET_KEY, Table
from crmcore.backup.reading import Archive
from crmcore.backup.verdict import RestoreVerdict, verdict_of
from crmcore.database.core_app import core_app
from crmcore.database.migrating import Migrating
from crmcore.database.migration_file import migration_files
from crmcore.files.where import storage_of
from crmcore.secrets.keys import SecretError, parse_keys, write_keys

if TYPE_CHECKING:
    from crmcore.settings import WorkspaceSettings
    from crmcore.workspace import Crm

Told = Callable[[str, int, int], None]
BATCH = 500


class Restore:
    """One archive on its way into the place that ``settings`` name. ``build`` makes a workspace on another URL."""

    def __init__(
        self, archive: Archive, settings: "WorkspaceSettings", build: Callable[[str], "Crm"], told: Told
    ) -> None:
        self._archive = archive
        self._settings = settings
        self._build = build
        self._told = told
        self._staging = staging_of(settings.effective_database_url())

    async def run(self, *, verify: bool) -> RestoreVerdict | None:
        """Restore, and return the verdict when one was asked for. With problems nothing is put in place.

        Raises :class:`BackupRefused`; the place is then as it was, apart from uploads that nobody names.
        """
        await self._take_key()
        await self._staging.prepare()
        try:
            verdict = await self._make(verify)
            if verdict is None or verdict.sound:
                await self._staging.put_in_place()
            else:
                await self._staging.discard()
            return verdict
        except BaseException:
            await self._staging.close()
            await self._staging.discard()
            raise

    async def _make(self, verify: bool) -> RestoreVerdict | None:
        crm = self._build(self._staging.url)
        await crm.database.open()
        try:
            with crm.bound():
                await self._migrate_as_then(crm)
                await self._load()
                await crm.migrate()
                await crm.search_rebuild.run(
                    lambda what, done, total: self._told(f"index of {what}", done, total), restart=True
                )
                return await verdict_of(crm) if verify else None
        finally:
            await crm.database.close()
            crm.host.close()

    async def _migrate_as_then(self, crm: "Crm") -> None:
        """Make the tables as they were when the backup was made."""
        apps = {app.app_name: app for app in crm.apps()}
        then = set(self._archive.header.migrations)
        known = {(name, file.name) for name, app in apps.items() for file in migration_files(app)}
        for app, migration in sorted(then - known):
            if app not in apps:
                raise BackupRefused(
                    f"The backup has tables of {app}, which is not loaded here: install its plugin and switch it on."
                )
            raise BackupRefused(
                f"The backup was made by a newer version of {app} ({migration} is not known here): it is from "
                f"crmcore {self._archive.header.version}. Install that version or a later one."
            )
        needed = [core_app(), *(app for name, app in apps.items() if any(name == other for other, _ in then))]
        own = {app.app_name: app for app in needed}
        await Migrating(crm.database, list(own.values())).run(only=then)

    async def _load(self) -> None:
        staging = self._staging
        there = {table.name: table for table in await staging.begin()}
        try:
            tables = {table.name: table for table in self._archive.header.tables}
            for name, table in tables.items():
                if name not in there or {c.name for c in table.columns} - {
                    c.name for c in there[name].columns
                }:
                    raise BackupRefused(
                        f"The backup has a table {name} that this crmcore and its plugins do not."
                    )
            done: dict[str, int] = dict.fromkeys(tables, 0)
            for name, content in self._archive.members():
                kind, _, rest = name.partition("/")
                if kind == "tables":
                    table = tables[rest.partition("/")[0]]
                    done[table.name] += await self._load_part(table, content)
                    self._told(table.name, done[table.name], self._archive.manifest.rows(table.name))
                elif kind == "files":
                    await self._put_upload(rest, content)
                elif kind == "data":
                    self._put_file(rest, content)
            for name, table in tables.items():
                if (found := await staging.count(table)) != self._archive.manifest.rows(name):
                    raise BackupRefused(
                        f"{name} has {found} of {self._archive.manifest.rows(name)} rows after the restore."
                    )
            await staging.end()
        finally:
            await staging.close()

    async def _load_part(self, table: Table, content: IO[bytes]) -> int:
        row_type: Any = tuple[tuple(KINDS[column.kind] | None for column in table.columns)]  # type: ignore[misc]
        decoder = msgspec.json.Decoder(row_type)
        rows: list[Sequence[Any]] = []
        count = 0
        for line in content:
            try:
                rows.append(decoder.decode(line))
            except msgspec.DecodeError as error:
                raise BackupRefused(f"A row of {table.name} cannot be read: {error}.") from error
            if len(rows) == BATCH:
                await self._staging.insert(table, rows)
                count, rows = count + BATCH, []
        if rows:
            await self._staging.insert(table, rows)
        return count + len(rows)

    async def _put_upload(self, sha256: str, content: IO[bytes]) -> None:
        with TemporaryDirectory(prefix="crmcore-") as folder:
            file = Path(folder) / "upload"
            with file.open("wb") as written:
                shutil.copyfileobj(content, written)
            with file.open("rb") as copied:
                if hashlib.file_digest(copied, "sha256").hexdigest() != sha256:
                    raise BackupRefused(f"The archive was changed while it was read: {sha256}.")
            await storage_of(self._settings).put(sha256, file)

    def _put_file(self, name: str, content: IO[bytes]) -> None:
        path = PurePosixPath(name)
        if path.parts[0] not in FOLDERS or ".." in path.parts or len(path.parts) < 2:
            raise BackupRefused(f"The archive has a file for a place that is not its own: {name}.")
        target = self._settings.data_path.joinpath(*path.parts)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as written:
            shutil.copyfileobj(content, written)

    async def _take_key(self) -> None:
        """Put the archive's key in place where there is none; refuse where nobody has one."""
        file = self._settings.data_path / SECRET_KEY
        if self._settings.secret_key or file.is_file():
            return
        for name, content in self._archive.members():
            if name == SECRET_KEY:
                file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                write_keys(file, parse_keys(content.read().decode("ascii"), SECRET_KEY))
                return
        raise SecretError(
            f"The backup has no key in it, and {file} is not there: without the workspace's own key its "
            "secrets cannot be read. Put the key there, or into CRMCORE_SECRET_KEY, and restore again."
        )


def staging_of(url: str) -> Any:
    """Return where a database for ``url`` is made."""
    if url.startswith("sqlite"):
        from crmcore.backup.sqlite_staging import SqliteStaging

        return SqliteStaging(url)
    from crmcore.backup.postgres_staging import PostgresStaging

    return PostgresStaging(url)
