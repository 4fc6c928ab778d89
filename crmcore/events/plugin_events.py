"""Events that plugins write themselves: told to endpoints under the plugin's name."""

import re
from collections.abc import Container, Mapping
from typing import Any
from uuid import UUID

import msgspec

from crmcore.contracts.actors import plugin_actor
from crmcore.database.database import Database
from crmcore.events.outbox import Outbox

MAX_DATA_BYTES = 16_000
NAME = re.compile(r"[a-z][a-z0-9_]{1,27}")
"""With a plugin's name of at most 31 characters and the dot it fits where names of events are kept."""


async def emit(
    database: Database,
    outbox: Outbox,
    record_types: Container[str],
    plugin: str,
    name: str,
    record_type: str,
    record_id: UUID,
    data: Mapping[str, Any],
) -> None:
    """Write the event ``PLUGIN.name``, in the open transaction when there is one. Raises ValueError."""
    if not NAME.fullmatch(name):
        raise ValueError("the name of an event has 2 to 28 small letters, digits and underscores")
    if record_type not in record_types:
        raise ValueError(f"there is no record type {record_type!r}")
    if len(msgspec.json.encode(data)) > MAX_DATA_BYTES:
        raise ValueError(f"the data of an event has more than {MAX_DATA_BYTES} bytes: send ids")
    async with database.transaction():
        await outbox.write(f"{plugin}.{name}", record_type, record_id, plugin_actor(plugin), data=data)
