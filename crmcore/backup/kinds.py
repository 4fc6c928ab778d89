"""What a column holds, whatever its engine calls it."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from crmcore.backup.faults import BackupRefused

KINDS: dict[str, Any] = {
    "uuid": UUID,
    "text": str,
    "moment": datetime,
    "date": date,
    "time": time,
    "span": timedelta,
    "truth": bool,
    "whole": int,
    "real": float,
    "decimal": Decimal,
    "bytes": bytes,
}
"""Each kind with the type that a value of it has in Python. JSON stays the text that it is."""

_DECLARED = {
    "UUID": "uuid",
    "VARCHAR": "text",
    "CHARACTER VARYING": "text",
    "CHAR": "text",
    "CHARACTER": "text",
    "TEXT": "text",
    "JSON": "text",
    "JSONB": "text",
    "JSONB_TEXT": "text",
    "TIMESTAMP": "moment",
    "TIMESTAMPTZ": "moment",
    "TIMESTAMP WITH TIME ZONE": "moment",
    "TIMESTAMP WITHOUT TIME ZONE": "moment",
    "DATE": "date",
    "TIME": "time",
    "TIME WITHOUT TIME ZONE": "time",
    "INTERVAL": "span",
    "BOOLEAN": "truth",
    "INTEGER": "whole",
    "BIGINT": "whole",
    "SMALLINT": "whole",
    "REAL": "real",
    "DOUBLE PRECISION": "real",
    "NUMERIC": "decimal",
    "DECIMAL": "decimal",
    "BYTEA": "bytes",
    "BLOB": "bytes",
}


def kind_of(declared: str, column: str) -> str:
    """Return the kind of a column by the type that it was declared with. Raises :class:`BackupRefused`."""
    kind = _DECLARED.get(declared.partition("(")[0].strip().upper())
    if kind is None:
        raise BackupRefused(f"{column} is a column of the type {declared}, which a backup cannot hold.")
    return kind
