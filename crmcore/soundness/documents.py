"""Records can be read, and what is in them is what the gate would let in."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import msgspec

from crmcore.contracts.actors import system_actor
from crmcore.contracts.records import Record, RecordType
from crmcore.records.composite import base_properties
from crmcore.records.query import MAX_LIMIT, ListQuery
from crmcore.records.scope import has_column
from crmcore.soundness.finding import Looked

if TYPE_CHECKING:
    from crmcore.records.checking import CompiledSchema
    from crmcore.workspace import Crm


async def documents(crm: "Crm") -> AsyncIterator[Looked | tuple[str, str]]:
    """Read every record of every type, deleted ones too, and hold its own fields to its schema.

    Custom fields are not held to their rules: a rule that came later leaves old values as they are, and
    ``crmcore fields plan`` lists them.
    """
    actor = system_actor("crmcore")
    for record_type in crm.records.types.values():
        compiled = await crm.catalog.compiled(record_type, creating=False)
        for deleted in (False, True) if has_column(record_type, "deleted_at") else (False,):
            cursor = ""
            while True:
                query = ListQuery(limit=MAX_LIMIT, cursor=cursor, deleted=deleted)
                page = await crm.records.list(record_type.key, query, actor=actor)
                yield Looked(len(page.items))
                for record in page.items:
                    for path in _odd(record_type, record, compiled):
                        yield f"{record_type.key} {record.id}", f"“{path}” has a value that the gate refuses"
                if page.next is None:
                    break
                cursor = page.next


def _odd(record_type: RecordType, record: Record, compiled: "CompiledSchema") -> list[str]:
    document: dict[str, Any] = {}
    for name in base_properties(record_type):
        value = record.document.get(name)
        # An empty text is how a column says that there is nothing.
        if value not in (None, ""):
            document[name] = value
    return [problem.path for problem in compiled.problems(msgspec.to_builtins(document))]
