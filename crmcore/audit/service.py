"""The audit of a workspace."""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

from crmcore.audit.chain import AuditChain
from crmcore.audit.query import AuditEntry, AuditQuery, audit_entries, audit_page
from crmcore.audit.verify import Told, Verdict, Verification
from crmcore.clock import Clock, uuid7
from crmcore.contracts.actors import Actor
from crmcore.database.database import Database
from crmcore.records.scope import demand
from crmcore.records.tables import History
from crmcore.secrets.keyring import KeyRing

PERMISSION = "audit.read"


class Audit:
    """Every change of a record is in the history by itself; :meth:`note` adds what happens to anything else."""

    def __init__(self, database: Database, keys: KeyRing, clock: Clock) -> None:
        self._clock = clock
        self._keys = keys
        self.chain = AuditChain(database, keys, clock)

    async def note(
        self,
        action: str,
        kind: str,
        subject: str,
        *,
        actor: Actor,
        changes: Mapping[str, list[Any]] | None = None,
        reason: str = "",
        address: str = "",
        id: UUID | None = None,
    ) -> None:
        """Write that ``actor`` did ``action`` to ``subject``, in the caller's transaction when there is one.

        ``kind`` is what the subject is: session, token, plugin, role, export … ``changes`` map names to [before,
        after] and never hold a secret.
        """
        await History.insert(
            History(
                id=uuid7(self._clock()),
                record_type=kind[:60],
                record_id=id or uuid5(NAMESPACE_URL, f"crmcore:{kind}:{subject}"),
                version=0,
                action=action[:20],
                changes=msgspec.json.encode(dict(changes or {})).decode(),
                actor_kind=actor.kind,
                actor_id=actor.id,
                actor_label=actor.label[:200],
                reason=reason[:500],
                subject=subject[:200],
                address=address[:45],
                at=self._clock(),
            )
        )

    async def page(
        self, query: AuditQuery, *, actor: Actor, limit: int = 50, before: UUID | None = None
    ) -> tuple[list[AuditEntry], UUID | None]:
        """Return a page of entries, the newest first, and where the next begins. Raises Forbidden."""
        demand(actor, PERMISSION)
        return await audit_page(query, limit=limit, before=before)

    def entries(self, query: AuditQuery, *, actor: Actor) -> AsyncIterator[AuditEntry]:
        """Return every entry that fits, for an export. Raises Forbidden."""
        demand(actor, PERMISSION)
        return audit_entries(query)

    async def verify(
        self, *, actor: Actor, expect: str = "", told: Told = lambda done, total: None
    ) -> Verdict:
        """Seal what is new, then go through the whole chain. Raises Forbidden."""
        demand(actor, PERMISSION)
        await self.chain.seal()
        return await Verification(self._keys).run(expect=expect, told=told)
