"""Tags hang on records that are there."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from crmcore.database.statement import fetch
from crmcore.soundness.finding import Looked

if TYPE_CHECKING:
    from crmcore.workspace import Crm


async def taggings(crm: "Crm") -> AsyncIterator[Looked | tuple[str, str]]:
    """Look for tags of records that are gone; records of plugins that are away are passed over."""
    for key, record_type in crm.records.types.items():
        if not record_type.tags:
            continue
        name = record_type.table._meta.tablename
        rows = await fetch(
            "SELECT count(*) AS number, sum(CASE WHEN EXISTS "  # noqa: S608 - a table class's name
            f'(SELECT 1 FROM "{name}" AS owner WHERE owner.id = tagging.record_id) THEN 0 ELSE 1 END) AS lost '
            "FROM tagging WHERE record_type = {}",
            key,
        )
        yield Looked(int(rows[0]["number"]))
        if lost := int(rows[0]["lost"] or 0):
            yield f"record type {key}", f"{lost} tags hang on records that are not there"
