"""References in custom fields: to records that there are, and that whoever writes may see."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from crmcore.contracts.actors import Actor
from crmcore.contracts.problems import Problem
from crmcore.contracts.records import RecordType
from crmcore.records.columns import reference_of
from crmcore.records.definition import Definition
from crmcore.records.scope import visible
from crmcore.records.sentences import NO_SUCH_RECORD


async def dangling_references(
    definitions: Iterable[Definition],
    changed: Mapping[str, Any],
    types: Mapping[str, RecordType],
    actor: Actor,
) -> list[Problem]:
    """Return a problem for each changed value that names no record; one statement per record type named."""
    wanted: dict[str, dict[str, UUID]] = {}
    for definition in definitions:
        target = reference_of(definition.schema)
        if target in types and definition.key in changed:
            try:
                wanted.setdefault(target, {})[definition.key] = UUID(changed[definition.key])
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
