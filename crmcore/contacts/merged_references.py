"""What refers to a merged record from afar: columns and custom fields of any record type, saved views, defaults.

All of it is found by the type of the reference, whichever plugin brought it, moved past the gate, and logged by the
names of tables and columns, so that a merge is undone also when a plugin is gone.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import msgspec

from crmcore.contacts.tables import Contact
from crmcore.contracts.records import RecordType
from crmcore.database.database import Database
from crmcore.database.errors import Duplicate
from crmcore.plugins.names import CORE
from crmcore.records.columns import reference_of
from crmcore.records.tables import CustomFieldRow
from crmcore.views.tables import SavedView

Path = list[str | int]


class References:
    """Points every reference to a record of one type at another one, and says which it pointed."""

    def __init__(self, database: Database, record_types: Mapping[str, RecordType]) -> None:
        self._database = database
        self._types = record_types

    async def move(self, record_type: str, kept: UUID, merged: UUID) -> list[dict[str, Any]]:
        """Move all references from ``merged`` to ``kept`` in the open transaction, and return what the log says."""
        logged = [
            *await self._columns(record_type, kept, merged),
            *await self._custom(record_type, kept, merged),
            *await self._documents(SavedView, "query", kept, merged),
            *await self._documents(CustomFieldRow, "default_value", kept, merged),
        ]
        return [group for group in logged if group["rows"]]

    async def _columns(self, record_type: str, kept: UUID, merged: UUID) -> list[dict[str, Any]]:
        logged = []
        for kind in self._types.values():
            for name, schema in kind.properties.items():
                if reference_of(schema) != record_type:
                    continue
                column = kind.table._meta.get_column_by_name(name.removesuffix("_id"))._meta.db_column_name
                logged.append(await self._column(kind, column, kept, merged))
        return logged

    async def _column(self, kind: RecordType, column: str, kept: UUID, merged: UUID) -> dict[str, Any]:
        table = kind.table._meta.tablename
        key = kind.table._meta.primary_key._meta.db_column_name
        update = f'UPDATE "{table}" SET "{column}" = {{}} WHERE "{column}" = {{}}'  # noqa: S608 - of table classes
        try:
            async with self._database.savepoint():
                rows = await Contact.raw(f'{update} RETURNING "{key}"', kept, merged)
        except Duplicate:
            # The kept record has a row of its own where there can be only one: the other's stays with the other.
            rows = []
        return _group(table, key, column, [str(row[key]) for row in rows])

    async def _custom(self, record_type: str, kept: UUID, merged: UUID) -> list[dict[str, Any]]:
        """Move the values of custom fields, also of those that are dormant or deleted and may come back."""
        logged = []
        fields = await CustomFieldRow.select(
            CustomFieldRow.record_type, CustomFieldRow.key, CustomFieldRow.schema
        )
        for field in fields:
            kind = self._types.get(field["record_type"])
            if kind is None or reference_of(msgspec.json.decode(field["schema"])) != record_type:
                continue
            table, name = kind.table._meta.tablename, field["key"]
            value = f"\"custom\" ->> '{name}'"  # the key of a field: small letters, digits, underscores
            if self._database.kind == "sqlite":
                value = f"json_extract(\"custom\", '$.{name}')"
            rows = await Contact.raw(
                f'SELECT id, "custom" FROM "{table}" WHERE {value} = {{}}',  # noqa: S608 - of table classes
                str(merged),
            )
            moved = []
            for row in rows:
                custom = msgspec.json.decode(row["custom"])
                custom[name] = str(kept)
                await _write(table, "custom", row["id"], custom)
                moved.append(str(row["id"]))
            logged.append({**_group(table, "id", "custom", moved), "paths": [[name]] * len(moved)})
        return logged

    async def _documents(self, kind: Any, column: str, kept: UUID, merged: UUID) -> list[dict[str, Any]]:
        """Move the id wherever it stands in a JSON document: the filter of a view, the default of a field."""
        table = kind._meta.tablename
        text = f'CAST("{column}" AS text)'
        rows = await Contact.raw(
            f'SELECT id, "{column}" FROM "{table}" WHERE {text} LIKE {{}}',  # noqa: S608 - of table classes
            f"%{merged}%",
        )
        logged = []
        for row in rows:
            document = msgspec.json.decode(row[column])
            for path in list(_places(document, str(merged))):
                document = _replaced(document, path, str(kept))
                logged.append({**_group(table, "id", column, [str(row["id"])]), "paths": [path]})
            await _write(table, column, row["id"], document)
        return logged


async def move_document_back(group: Mapping[str, Any], kept: UUID, merged: UUID) -> None:
    """Point what a merge moved inside JSON documents back, where nobody has changed it since."""
    table, column = group["table"], group["column"]
    for id, path in zip(group["rows"], group["paths"], strict=True):
        rows = await Contact.raw(
            f'SELECT id, "{column}" FROM "{table}" WHERE id = {{}}',  # noqa: S608 - names were matched
            UUID(id),
        )
        for row in rows:
            document = msgspec.json.decode(row[column])
            if _value_at(document, path) == str(kept):
                await _write(table, column, row["id"], _replaced(document, path, str(merged)))


async def _write(table: str, column: str, id: Any, document: Any) -> None:
    await Contact.raw(
        # Whoever has the row open is told that it changed.
        f'UPDATE "{table}" SET "{column}" = {{}}, version = version + 1 WHERE id = {{}}',  # noqa: S608 - matched
        msgspec.json.encode(document).decode(),
        id if isinstance(id, UUID) else UUID(str(id)),
    )


def _group(table: str, key: str, column: str, rows: list[str]) -> dict[str, Any]:
    return {"plugin": CORE, "table": table, "key": key, "column": column, "rows": rows}


def _places(value: Any, wanted: str) -> Iterator[Path]:
    """Yield the path of every text in ``value`` that is ``wanted``."""
    if value == wanted:
        yield []
    elif isinstance(value, dict):
        for name, part in value.items():
            for path in _places(part, wanted):
                yield [name, *path]
    elif isinstance(value, list):
        for index, part in enumerate(value):
            for path in _places(part, wanted):
                yield [index, *path]


def _value_at(value: Any, path: Path) -> Any:
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _replaced(value: Any, path: Path, new: Any) -> Any:
    if not path:
        return new
    inner = _value_at(value, path[:-1])
    inner[path[-1]] = new
    return value
