"""Running Piccolo's migration files for one workspace, without a ``piccolo_conf.py``."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

from piccolo.columns import Timestamp, Varchar
from piccolo.conf.apps import AppConfig
from piccolo.table import Table

from crmcore.database.current import WORKSPACE_ENGINE
from crmcore.database.deadlines import patience
from crmcore.database.errors import MigrationFailed
from crmcore.database.migration_file import MigrationFile, migration_files

if TYPE_CHECKING:
    from crmcore.database.database import Database

# Any number that no other program uses for an advisory lock: the first digits of pi.
_LOCK = 3141592653
_PATIENCE_S = 600.0


class Migration(Table, db=WORKSPACE_ENGINE, tablename="migration"):
    """Piccolo's own table of what ran, so that Piccolo's commands read it too."""

    name = Varchar(length=200)
    app_name = Varchar(length=200)
    ran_on = Timestamp()


class Migrating:
    """The migrations of some apps on one database."""

    def __init__(self, database: "Database", apps: Sequence[AppConfig]) -> None:
        self._database = database
        self._apps = _dependencies_first(apps)

    async def pending(self) -> list[str]:
        """Return the names of the migrations that have not run yet, in the order they would."""
        done = await self._done()
        return [name for app in self._apps for name in self._names(app) if (app.app_name, name) not in done]

    async def run(
        self,
        progress: Callable[[str], None] | None = None,
        *,
        only: Collection[tuple[str, str]] | None = None,
    ) -> list[str]:
        """Run what has not run yet; see :meth:`Database.migrate`.

        ``only`` names (app, migration): the tables become those of the time when these were all there were.
        """
        if not await self.pending():
            return []
        ran: list[str] = []
        with patience(_PATIENCE_S):
            async with self._waiting_for_others():
                async with self._alone():
                    await Migration.create_table(if_not_exists=True)
                for app in self._apps:
                    for file in migration_files(app):
                        if only is not None and (app.app_name, file.name) not in only:
                            continue
                        if await self._run_one(app, file):
                            ran.append(file.name)
                            if progress is not None:
                                progress(f"{app.app_name}: {file.name} {file.description}".rstrip())
        return ran

    async def _run_one(self, app: AppConfig, file: MigrationFile) -> bool:
        try:
            async with self._alone():
                # Asked again in the lock: another process may have done it meanwhile.
                if (app.app_name, file.name) in await self._done():
                    return False
                await file.forwards(app)
                await Migration(
                    name=file.name, app_name=app.app_name, ran_on=datetime.now(UTC).replace(tzinfo=None)
                ).save()
                return True
        except Exception as error:
            raise MigrationFailed(app.app_name, file.name, error) from error

    @asynccontextmanager
    async def _waiting_for_others(self) -> AsyncIterator[None]:
        """Wait for another process's migration as long as it takes; afterwards forget the old schema."""
        await self._database.engine.before_migrating(_PATIENCE_S)
        try:
            yield
        finally:
            await self._database.engine.after_migrating()

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Open a transaction that no other process migrates beside."""
        async with self._database.transaction():
            if self._database.kind == "postgres":
                await Migration.raw(f"SET LOCAL lock_timeout = '{_PATIENCE_S:.0f}s'")
                await Migration.raw(f"SELECT pg_advisory_xact_lock({_LOCK})")
            yield

    async def _done(self) -> set[tuple[str, str]]:
        if not await self._table_exists():
            return set()
        rows = await Migration.select(Migration.app_name, Migration.name)
        return {(row["app_name"], row["name"]) for row in rows}

    async def _table_exists(self) -> bool:
        if self._database.kind == "postgres":
            rows = await Migration.raw("SELECT to_regclass('migration') IS NOT NULL AS there")
        else:
            rows = await Migration.raw("SELECT count(*) AS there FROM sqlite_master WHERE name = 'migration'")
        return bool(rows[0]["there"])

    def _names(self, app: AppConfig) -> list[str]:
        return [file.name for file in migration_files(app)]


def _dependencies_first(apps: Sequence[AppConfig]) -> list[AppConfig]:
    given = {app.app_name: app for app in apps}
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for app in apps:
        needs = [needed.app_name for needed in app.migration_dependency_app_configs]
        sorter.add(app.app_name, *(name for name in needs if name in given))
    sorter.prepare()
    ordered: list[AppConfig] = []
    position = {app.app_name: number for number, app in enumerate(apps)}
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=position.__getitem__)
        ordered.extend(given[name] for name in ready)
        sorter.done(*ready)
    return ordered
