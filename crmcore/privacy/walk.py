"""Goes through the rows of a table whose text may name a person, in batches of constant memory."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from piccolo.columns import Column

from crmcore.privacy.naming import Naming

BATCH = 1_000


async def rows_naming(
    naming: Naming, columns: Sequence[Column], *conditions: Any
) -> AsyncIterator[dict[str, Any]]:
    """Yield the rows, key and ``columns``, in which one of ``columns`` names the person or something of theirs."""
    table = columns[0]._meta.table
    key = table._meta.primary_key
    last: Any = None
    while True:
        query = table.select(key, *columns).order_by(key).limit(BATCH)
        for condition in conditions:
            query = query.where(condition)
        rows = await (query if last is None else query.where(key > last))
        for row in rows:
            if any(naming.stands_in(text_of(row[column._meta.name])) for column in columns):
                yield row
        if len(rows) < BATCH:
            return
        last = rows[-1][key._meta.name]


def text_of(stored: Any) -> str:
    """Return what is stored as text: JSON and bytes too."""
    if isinstance(stored, str):
        return stored
    return bytes(stored).decode("utf-8", "replace") if stored is not None else ""
