"""Writes into the history what was done to something that is no record."""

from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

from crmcore.audit.acting import acting_now
from crmcore.clock import Clock, uuid7
from crmcore.contracts.actors import Actor
from crmcore.records.reasons import stored_reason
from crmcore.records.tables import History


async def note(
    clock: Clock,
    action: str,
    kind: str,
    subject: str,
    *,
    actor: Actor | None = None,
    changes: Mapping[str, list[Any]] | None = None,
    reason: str = "",
    id: UUID | None = None,
) -> UUID:
    """Write that somebody did ``action`` to ``subject``, in the caller's transaction when there is one.

    ``kind`` is what the subject is: session, token, plugin, role, export … Without ``actor`` it was whoever is at
    work in this task. ``changes`` map names to [before, after] and never hold a secret. Returns the entry's id.
    """
    now = clock()
    worker, address = acting_now()
    actor = actor or worker
    entry = History(
        id=uuid7(now),
        record_type=kind[:60],
        record_id=id or uuid5(NAMESPACE_URL, f"crmcore:{kind}:{subject}"),
        version=0,
        action=action[:20],
        changes=msgspec.json.encode(dict(changes or {})).decode(),
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_label=actor.label[:200],
        reason=stored_reason(reason),
        subject=subject[:200],
        address=address[:45],
        at=now,
    )
    await History.insert(entry)
    return UUID(str(entry.id))
