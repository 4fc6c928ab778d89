"""A statement in two words: what it does and to which table. Its values are nobody's business."""

import re
from functools import lru_cache
from typing import Any

from crmcore.telemetry.tracing import Attributes

_TABLE = re.compile(r"\b(?:INSERT\s+INTO|UPDATE|FROM)\s+\"?(\w+)\"?", re.IGNORECASE)
_SYSTEMS = {"sqlite": "sqlite", "postgres": "postgresql"}


def describe_statement(engine: Any, sql: str, arguments: Any) -> tuple[str, Attributes]:
    """Return the name and the attributes of a span, after OpenTelemetry's conventions for databases."""
    verb, table = _words(sql)
    attributes = {
        "db.system.name": _SYSTEMS.get(engine.engine_type, engine.engine_type),
        "db.operation.name": verb,
    }
    if not table:
        return verb, attributes
    return f"{verb} {table}", {**attributes, "db.collection.name": table}


@lru_cache(maxsize=2048)
def _words(sql: str) -> tuple[str, str]:
    verb = sql.lstrip().partition(" ")[0].strip()[:20].upper()
    found = _TABLE.search(sql)
    return verb, found[1].lower() if found else ""
