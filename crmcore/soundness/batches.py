"""Going through a table in the order of its key, a batch at a time: memory does not grow with the table."""

from collections.abc import AsyncIterator
from typing import Any

from piccolo.columns import Column
from piccolo.table import Table

BATCH = 500


async def batches(
    table: type[Table], *columns: Column, where: Any = None
) -> AsyncIterator[list[dict[str, Any]]]:
    """Yield the rows of ``table`` with ``columns`` and their key."""
    key = table._meta.primary_key
    after: Any = None
    while True:
        query = table.select(key, *columns)
        if where is not None:
            query = query.where(where)
        if after is not None:
            query = query.where(key > after)
        rows = await query.order_by(key).limit(BATCH)
        if rows:
            yield rows
        if len(rows) < BATCH:
            return
        after = rows[-1][key._meta.name]


def places(values: Any) -> str:
    """Return as many placeholders as there are ``values``."""
    return ", ".join("{}" for _ in values)
