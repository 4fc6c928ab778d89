"""Where the custom values of a record come from, as its history tells."""

from datetime import datetime

import msgspec
from msgspec import Struct

from crmcore.contracts.records import Record
from crmcore.records.history import REVEAL
from crmcore.records.reasons import said_reason
from crmcore.records.tables import History

BATCH = 100


class ValueOrigin(Struct, frozen=True, kw_only=True):
    """Who gave a custom value the form it has: ``version`` is the record's after that change.

    ``actor_kind`` is user, token, plugin, contact, import or system; ``plugin_version`` is that of a plugin.
    """

    at: datetime
    actor_kind: str
    actor_id: str
    actor_label: str
    plugin_version: str
    version: int
    action: str
    reason: str


async def origins_of(record: Record, language: str) -> dict[str, ValueOrigin]:
    """Return the origin of each custom value, by key: the newest change of it in the history.

    Reasons of the product's own are in ``language``.
    """
    missing = set(record.document.get("custom") or {})
    origins: dict[str, ValueOrigin] = {}
    query = History.select().where(
        History.record_type == record.type, History.record_id == record.id, History.action != REVEAL
    )
    offset = 0
    while missing:
        rows = await query.order_by(History.at, History.id, ascending=False).limit(BATCH).offset(offset)
        for row in rows:
            changed = msgspec.json.decode(row["changes"])
            for key in [key for key in missing if f"custom.{key}" in changed]:
                missing.discard(key)
                told = {name: row[name] for name in ValueOrigin.__struct_fields__}
                told["reason"] = said_reason(row["reason"], language)
                origins[key] = ValueOrigin(**told)
        if len(rows) < BATCH:
            break
        offset += BATCH
    return origins
