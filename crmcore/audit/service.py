"""The audit of a workspace."""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

from crmcore.audit.chain import AuditChain
from crmcore.audit.note import note
from crmcore.audit.query import AuditEntry, AuditQuery, audit_entries, audit_page
from crmcore.audit.verify import Told, Verdict, Verification
from crmcore.clock import Clock
from crmcore.contracts.actors import Actor
from crmcore.database.database import Database
from crmcore.records.scope import demand
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
        actor: Actor | None = None,
        changes: Mapping[str, list[Any]] | None = None,
        reason: str = "",
        id: UUID | None = None,
    ) -> UUID:
        """Write what was done to something that is no record; see :func:`crmcore.audit.note.note`."""
        return await note(
            self._clock, action, kind, subject, actor=actor, changes=changes, reason=reason, id=id
        )

    async def page(
        self, query: AuditQuery, *, actor: Actor, limit: int = 50, before: UUID | None = None
    ) -> tuple[list[AuditEntry], UUID | None]:
        """Return a page of entries, the newest first, and where the next begins. Raises Forbidden."""
        demand(actor, PERMISSION)
        return await audit_page(query, limit=limit, before=before, language=actor.language)

    def entries(self, query: AuditQuery, *, actor: Actor) -> AsyncIterator[AuditEntry]:
        """Return every entry that fits, for an export. Raises Forbidden."""
        demand(actor, PERMISSION)
        return audit_entries(query, actor.language)

    async def verify(
        self, *, actor: Actor, expect: str = "", told: Told = lambda done, total: None
    ) -> Verdict:
        """Seal what is new, then go through the whole chain. Raises Forbidden."""
        demand(actor, PERMISSION)
        await self.chain.seal()
        return await Verification(self._keys).run(expect=expect, told=told)
