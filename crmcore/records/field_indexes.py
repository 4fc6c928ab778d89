"""Indexes of filterable custom fields: on the same expression that filters compare and lists sort by, on both engines."""

import hashlib

import structlog

from crmcore.contracts.records import RecordType
from crmcore.database.database import Database
from crmcore.records.custom_filters import expression, stored_form
from crmcore.records.definition import Definition
from crmcore.records.tables import CustomFieldRow

# PostgreSQL's B-tree refuses a value of more than 2,704 bytes; a character may need four.
MAX_INDEXED_CHARACTERS = 600
_COMPARING = frozenset({"eq", "in", "lt", "gt"})


class FieldIndexes:
    """Makes and drops indexes as definitions change; an index is named after its field and what it is on."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._log = structlog.get_logger("crmcore.records")

    async def keep(self, record_type: RecordType, definition: Definition) -> None:
        """Bring the index of one field in step with its definition; a retired or dormant field keeps its index."""
        prefix = f"custom_{definition.id.hex}_"
        sql = self._statement(record_type, definition)
        wanted = f"{prefix}{hashlib.sha256(sql.encode()).hexdigest()[:8]}" if sql else ""
        there = await self._names(prefix)
        for name in there - {wanted}:
            await CustomFieldRow.raw(f'DROP INDEX IF EXISTS "{name}"')
        if not wanted or wanted in there:
            return
        try:
            async with self._database.transaction():
                await CustomFieldRow.raw(f'CREATE INDEX IF NOT EXISTS "{wanted}" ON {sql}')
        except Exception as error:  # filters work without it, more slowly
            self._log.warning("field_not_indexed", field=definition.key, error=str(error))

    async def drop(self, definition: Definition) -> None:
        """Drop the index of a field that is gone for good."""
        for name in await self._names(f"custom_{definition.id.hex}_"):
            await CustomFieldRow.raw(f'DROP INDEX IF EXISTS "{name}"')

    def _statement(self, record_type: RecordType, definition: Definition) -> str:
        if not definition.filterable:
            return ""
        table, engine = record_type.table._meta.tablename, self._database.kind
        compared = expression(definition, '"custom"', engine)
        if stored_form(definition) == "array":
            # SQLite has no index over the members of a list: such a filter reads the lists.
            return f'"{table}" USING gin ({compared} jsonb_path_ops)' if engine == "postgres" else ""
        if not _COMPARING & set(definition.operators):
            return ""
        if stored_form(definition) == "text" and (
            definition.schema.get("type") != "string" or _longest(definition) > MAX_INDEXED_CHARACTERS
        ):
            return ""
        # With the id behind it, a list sorted by the field goes along the index too.
        return f'"{table}" (({compared}), "id")' if engine == "postgres" else f'"{table}" ({compared}, "id")'

    async def _names(self, prefix: str) -> set[str]:
        if self._database.kind == "postgres":
            sql = "SELECT indexname AS name FROM pg_indexes WHERE indexname LIKE {}"
        else:
            sql = "SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE {}"
        # The underscores of the prefix match any character: no other name is like it all the same.
        return {row["name"] for row in await CustomFieldRow.raw(sql, f"{prefix}%")}


def _longest(definition: Definition) -> int:
    schema = definition.schema
    longest = max((len(choice) for choice in schema.get("enum", ())), default=0)
    if "enum" in schema:
        return longest
    return 36 if schema.get("format") == "uuid" else int(schema.get("maxLength", 10**9))
