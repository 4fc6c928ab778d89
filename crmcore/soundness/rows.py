"""Rows by themselves: the file is whole, documents are JSON, and what a row refers to is there."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from piccolo.columns import JSON
from piccolo.table import Table

from crmcore.database.statement import fetch
from crmcore.soundness.finding import Looked

if TYPE_CHECKING:
    from crmcore.workspace import Crm


async def rows(crm: "Crm") -> AsyncIterator[Looked | tuple[str, str]]:
    """Look at every table of the core and of the loaded plugins; counts tables."""
    sqlite = crm.database.kind == "sqlite"
    if sqlite:
        for row in await fetch("PRAGMA quick_check(20)"):
            if (text := next(iter(row.values()))) != "ok":
                yield "database", str(text)
    for app in crm.apps():
        for table in app.table_classes:
            yield Looked(1)
            for found in await _broken(table, sqlite):
                yield found


async def _broken(table: type[Table], sqlite: bool) -> list[tuple[str, str]]:
    """Names come from table classes, values there are none."""
    found = []
    name = table._meta.tablename
    for column in table._meta.foreign_key_columns:
        other = column._foreign_key_meta.resolved_references
        target = column._foreign_key_meta.resolved_target_column._meta.db_column_name
        here = column._meta.db_column_name
        sql = (
            f'SELECT count(*) AS lost FROM "{name}" WHERE "{here}" IS NOT NULL AND NOT EXISTS '  # noqa: S608
            f'(SELECT 1 FROM "{other._meta.tablename}" AS other WHERE other."{target}" = "{name}"."{here}")'
        )
        if lost := await _number(sql, "lost"):
            found.append((f"table {name}", f"{lost} rows refer by “{here}” to what is not there"))
    # PostgreSQL takes nothing else into such a column.
    for json in (each for each in table._meta.columns if sqlite and isinstance(each, JSON)):
        here = json._meta.db_column_name
        sql = f'SELECT count(*) AS odd FROM "{name}" WHERE "{here}" IS NOT NULL AND NOT json_valid("{here}")'  # noqa: S608
        if odd := await _number(sql, "odd"):
            found.append((f"table {name}", f"{odd} rows have in “{here}” what is no JSON"))
    return found


async def _number(sql: str, name: str) -> int:
    rows: list[dict[str, Any]] = await fetch(sql)
    return int(rows[0][name])
