"""Check a plugin's tables: their names, their engine and what they do to the core's rows."""

from typing import Any

from piccolo.columns import ForeignKey
from piccolo.columns.base import OnDelete
from piccolo.conf.apps import AppConfig
from piccolo.table import Table

from crmcore.contracts.records import RecordType
from crmcore.database.current import WORKSPACE_ENGINE
from crmcore.plugins import reasons
from crmcore.plugins.failures import LoadProblem
from crmcore.plugins.names import CORE

RECORD_COLUMNS = ("id", "version", "created_at", "updated_at")


def check_app(plugin: str, app: AppConfig) -> None:
    """Raise :class:`LoadProblem` unless the app and its tables carry the plugin's name."""
    if app.app_name != plugin:
        raise LoadProblem(reasons.wrong_app(app.app_name, plugin))
    for table in app.table_classes:
        check_table(plugin, table)


def check_table(plugin: str, table: type[Table]) -> None:
    """Raise :class:`LoadProblem` unless ``table`` may stand beside the core's tables."""
    meta, prefix = table._meta, f"{plugin}_"
    if not meta.tablename.startswith(prefix):
        raise LoadProblem(reasons.unprefixed("table", meta.tablename, prefix))
    if meta.tablename in core_tables():
        raise LoadProblem(reasons.key_taken("table", meta.tablename, CORE, plugin))
    if meta._db is not WORKSPACE_ENGINE:
        raise LoadProblem(reasons.unbound_table(meta.tablename))
    for column in meta.foreign_key_columns:
        if not _lets_go(column, prefix):
            raise LoadProblem(reasons.blocking_foreign_key(meta.tablename, column._meta.name))


def core_tables() -> frozenset[str]:
    """Return the names of the core's own tables, some of which look as if a plugin named them."""
    # Imported here: the list of all tables is only needed where a plugin has some.
    from crmcore.database.core_app import core_app

    return frozenset(table._meta.tablename for table in core_app().table_classes) | {"migration"}


def check_record_table(record_type: RecordType) -> None:
    """Raise :class:`LoadProblem` unless the record type's table has the columns that the gate keeps."""
    columns = {column._meta.name for column in record_type.table._meta.columns}
    wanted = (*RECORD_COLUMNS, "custom") if record_type.custom_fields else RECORD_COLUMNS
    for column in wanted:
        if column not in columns:
            raise LoadProblem(reasons.missing_column(record_type.key, column))


def _lets_go(column: ForeignKey[Any], prefix: str) -> bool:
    target = column._foreign_key_meta.resolved_references
    own = target._meta.tablename.startswith(prefix)
    return own or column._foreign_key_meta.on_delete in (OnDelete.cascade, OnDelete.set_null)
