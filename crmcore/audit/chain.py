"""Seals new rows of the history into the chain."""

from typing import Any

from crmcore.audit.digest import digest_of, packed, seal_hash
from crmcore.audit.tables import AuditSeal
from crmcore.clock import Clock
from crmcore.database.database import Database
from crmcore.records.tables import History
from crmcore.secrets.keyring import KeyRing

BATCH = 1000


def place_of(number: int) -> tuple[str, str, str]:
    """Return what the signature of a seal is bound to."""
    return "audit_seal", "signature", str(number)


class AuditChain:
    """Seals what has been committed, a batch in a transaction of its own, so that no write waits for the chain.

    A row is open to unnoticed change until the job has sealed it: ten seconds with a worker.
    """

    def __init__(self, database: Database, keys: KeyRing, clock: Clock) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock

    async def seal(self) -> int:
        """Seal every row that is in no seal yet; return how many."""
        sealed = 0
        while batch := await self._seal_batch():
            sealed += batch
            if batch < BATCH:
                break
        return sealed

    async def _seal_batch(self) -> int:
        async with self._database.transaction():
            last = await self._last()
            rows = await History.select().where(History.seal.is_null()).order_by(History.id).limit(BATCH)
            if not rows:
                return 0
            number = last["number"] + 1 if last else 1
            previous = last["hash"] if last else ""
            entries = packed((row["id"], digest_of(row)) for row in rows)
            value = seal_hash(number, previous, entries)
            await AuditSeal.insert(
                AuditSeal(
                    number=number,
                    entries=entries,
                    previous=previous,
                    hash=value,
                    signature=self._keys.encrypt(value, *place_of(number)),
                    at=self._clock(),
                )
            )
            ids = [row["id"] for row in rows]
            await History.update({History.seal: number}).where(History.id.is_in(ids))
            return len(rows)

    async def _last(self) -> dict[str, Any] | None:
        query = AuditSeal.select(AuditSeal.number, AuditSeal.hash)
        query = query.order_by(AuditSeal.number, ascending=False).limit(1)
        if self._database.kind == "postgres":
            query = query.lock_rows("UPDATE")
        rows = await query
        return rows[0] if rows else None
