"""The log by which a merge is undone."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from crmcore.clock import uuid7
from crmcore.contacts.tables import MergeLog
from crmcore.contracts.actors import Actor


async def write_log(
    record_type: str,
    kept: UUID,
    merged: UUID,
    moves: Sequence[Mapping[str, Any]],
    before: Mapping[str, Any],
    actor: Actor,
    now: datetime,
) -> UUID:
    """Write down what was moved and what both records were, in the open transaction; return the merge's id."""
    id = uuid7(now)
    await MergeLog.insert(
        MergeLog(
            id=id,
            record_type=record_type,
            kept=kept,
            merged=merged,
            moves=msgspec.json.encode(moves).decode(),
            before=msgspec.json.encode(before).decode(),
            actor_kind=actor.kind,
            actor_id=actor.id[:64],
            actor_label=actor.label[:200],
            at=now,
        )
    )
    return id
