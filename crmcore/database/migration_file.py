"""One migration file of Piccolo's form, loaded and run on the workspace's engine."""

import importlib.util
import inspect
import sys
from dataclasses import fields
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.apps.migrations.auto.schema_snapshot import SchemaSnapshot
from piccolo.columns import ForeignKey
from piccolo.conf.apps import AppConfig
from piccolo.table import Table, create_table_class

from crmcore.database.current import WORKSPACE_ENGINE

# Kept by Piccolo or by the core's own checks, not by SQLite's columns.
_NO_MATTER_TO_SQLITE = frozenset(
    {"length", "default", "choices", "help_text", "secret", "required", "auto_update", "db_column_name"}
)


def _workspace_table_class(*arguments: Any, **named: Any) -> type[Table]:
    """Make a table class as Piccolo does, on the workspace's engine."""
    return bind_to_workspace(create_table_class(*arguments, **named))


# Piccolo's method asks a table it has just made for its engine, before we could give it one. This is the same
# method with another `create_table_class`; Piccolo itself stays as it is.
_PICCOLOS_ALTER = FunctionType(
    MigrationManager._run_alter_columns.__code__,
    {**MigrationManager._run_alter_columns.__globals__, "create_table_class": _workspace_table_class},
    argdefs=MigrationManager._run_alter_columns.__defaults__,
)


class MigrationFile:
    """A file with ``ID`` and ``async def forwards()``; ``name`` is the ID, by which files are ordered."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self.name: str = module.ID
        self.description: str = getattr(module, "DESCRIPTION", "") or ""

    async def manager(self) -> MigrationManager | None:
        """Return what the file wants to be done; None if calling it has done it already."""
        result = await self._module.forwards()
        return result if isinstance(result, MigrationManager) else None

    async def forwards(self, app: AppConfig) -> None:
        """Run the file in the transaction that is open."""
        manager = await self.manager()
        if manager is not None and not manager.fake:
            values = {field.name: getattr(manager, field.name) for field in fields(MigrationManager)}
            await WorkspaceMigration(app, **values).apply()


class WorkspaceMigration(MigrationManager):
    """Piccolo's migration manager on the workspace's engine instead of the one in ``piccolo_conf.py``."""

    def __init__(self, app: AppConfig, **values: Any) -> None:
        super().__init__(**values)
        self._app = app

    async def apply(self) -> None:
        """Do everything the migration asks for, in Piccolo's order."""
        if self.change_table_schemas:
            raise ValueError("a table cannot move to another schema: SQLite has none")
        for raw in self.raw:
            done = raw()
            if inspect.isawaitable(done):
                await done
        await self._run_add_tables()
        await self._run_rename_tables()
        await self._run_add_columns()
        await self._run_drop_columns()
        await self._run_drop_tables()  # type: ignore[no-untyped-call]  # Piccolo's has no types
        await self._run_rename_columns()
        await self._run_alter_columns()
        await self._run_add_constraints()
        await self._run_drop_constraints()

    async def _run_alter_columns(self, backwards: bool = False) -> None:
        """Alter columns as far as both engines can: SQLite knows no other type and no other NOT NULL."""
        if WORKSPACE_ENGINE.engine_type == "sqlite":
            for change in self.alter_columns.alter_columns:
                new_type = change.column_class is not change.old_column_class
                beyond = {name for name in change.params if name not in _NO_MATTER_TO_SQLITE}
                if new_type or not beyond <= {"index", "index_method"}:
                    raise ValueError(
                        f"SQLite cannot alter {change.tablename}.{change.column_name}: add a column and copy to it"
                    )
                change.params = {name: change.params[name] for name in beyond}
        await _PICCOLOS_ALTER(self, backwards)

    async def _run_query(self, query: Any) -> None:
        bind_to_workspace(query.table)
        await query.run()

    async def get_table_from_snapshot(
        self, table_class_name: str, app_name: str | None, offset: int = 0, migration_id: str | None = None
    ) -> type[Table]:
        """Return a table as the migrations up to this one have made it."""
        last = migration_id or self.migration_id
        managers = []
        for file in migration_files(self._app):
            if (manager := await file.manager()) is not None:
                managers.append(manager)
            if file.name == last:
                break
        snapshot = SchemaSnapshot(managers=managers[:offset] if offset else managers)
        return bind_to_workspace(snapshot.get_table_from_snapshot(table_class_name).to_table_class())


def bind_to_workspace(table: type[Table]) -> type[Table]:
    """Give a table that names no engine, and those it refers to, the workspace's engine."""
    if table._meta._db is None:
        table._meta.db = WORKSPACE_ENGINE
        for column in table._meta.columns:
            if isinstance(column, ForeignKey):
                bind_to_workspace(column._foreign_key_meta.resolved_references)
    return table


def migration_files(app: AppConfig) -> list[MigrationFile]:
    """Return the migration files of ``app``, oldest first."""
    folder = Path(app.resolved_migrations_folder_path)
    found = [_load(app.app_name, path) for path in sorted(folder.glob("*.py")) if path.name != "__init__.py"]
    return sorted(
        (MigrationFile(module) for module in found if hasattr(module, "ID")), key=lambda file: file.name
    )


def _load(app_name: str, path: Path) -> ModuleType:
    """Load ``path`` under a name of its own: two apps may have files of the same name.

    A file is loaded once a process, like any module: the frozen tables of each load would stay in memory, because
    Piccolo's tables remember who refers to them.
    """
    name = f"crmcore_migration_{app_name}_{path.stem}"
    stamp = (str(path), path.stat().st_mtime_ns)
    loaded = sys.modules.get(name)
    if loaded is not None and getattr(loaded, "__crmcore_stamp__", None) == stamp:
        return loaded
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None  # noqa: S101  # a file that ends in .py has both
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, Table) and value.__module__ == module.__name__:
            bind_to_workspace(value)
    module.__dict__["__crmcore_stamp__"] = stamp
    sys.modules[name] = module
    return module
