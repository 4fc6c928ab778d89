"""The audit as a file: JSON Lines or CSV, in constant memory."""

from collections.abc import AsyncIterator
from typing import Literal

import msgspec

from crmcore.audit.query import AuditEntry
from crmcore.exporting.csv_file import CsvFile

Format = Literal["jsonl", "csv"]
MEDIA_TYPES: dict[str, str] = {"jsonl": "application/jsonl", "csv": "text/csv; charset=utf-8"}
BATCH = 200


async def audit_file(entries: AsyncIterator[AuditEntry], kind: Format) -> AsyncIterator[bytes]:
    """Yield the file's pieces."""
    if kind == "jsonl":
        async for entry in entries:
            yield msgspec.json.encode(entry) + b"\n"
        return
    names = AuditEntry.__struct_fields__
    table = CsvFile(names)
    count = 0
    async for entry in entries:
        table.add([_cell(getattr(entry, name)) for name in names])
        count += 1
        if count % BATCH == 0:
            yield table.taken()
    yield table.taken()


def _cell(value: object) -> object:
    if isinstance(value, dict):
        return msgspec.json.encode(value).decode()
    return value.isoformat() if hasattr(value, "isoformat") else str(value) if value is not None else ""
