"""References in custom fields: to records that there are, and that whoever writes may see."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crmcore.contracts.actors import Actor
from crmcore.contracts.fields import JsonSchema
from crmcore.contracts.problems import Problem
from crmcore.contracts.records import RecordType
from crmcore.records.columns import reference_of
from crmcore.records.scope import visible
from crmcore.records.sentences import NO_SUCH_RECORD


async def dangling_references(
    schemas: Mapping[str, JsonSchema],
    changed: Mapping[str, Any],
    types: Mapping[str, RecordType],
    actor: Actor,
) -> list[Problem]:
    """Return a problem for each changed value that names no record; one statement per record type named.

    ``schemas`` are the properties of the fields by their keys.
    """
    wanted: dict[str, dict[str, UUID]] = {}
    for field, schema in schemas.items():
        target = reference_of(schema)
        if target in types and field in changed:
            try:
                wanted.setdefault(target, {})[field] = UUID(changed[field])
            except (AttributeError, TypeError, ValueError):
                continue  # no id: the schema says so
    problems: list[Problem] = []
    for target, ids in wanted.items():
        kind = types[target]
        key = kind.table._meta.primary_key
        rows = await kind.table.select(key).where(key.is_in(list(set(ids.values()))), *visible(kind, actor))
        found = {row["id"] for row in rows}
        problems += [
            Problem(
                path=f"/custom/{name}", code="no_such_record", message=NO_SUCH_RECORD, params={"type": target}
            )
            for name, id in ids.items()
            if id not in found
        ]
    return problems
