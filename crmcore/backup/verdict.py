"""Is what was restored what was backed up?"""

from typing import TYPE_CHECKING

from msgspec import Struct, field

from crmcore.contracts.actors import system_actor
from crmcore.files.tables import StoredFile
from crmcore.files.where import storage_of
from crmcore.secrets.keys import SecretError

if TYPE_CHECKING:
    from crmcore.workspace import Crm


class RestoreVerdict(Struct, kw_only=True):
    """What was looked at, and what was found. ``head`` is the newest seal of the audit."""

    audit_entries: int = 0
    audit_seals: int = 0
    head: str = ""
    uploads: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


async def verdict_of(crm: "Crm") -> RestoreVerdict:
    """Return the verdict on the open, bound workspace ``crm``: its keys, its audit, its uploads."""
    verdict = RestoreVerdict()
    try:
        await crm.rotation.check()
    except SecretError as error:
        verdict.problems.append(str(error))
    audit = await crm.audit.verify(actor=system_actor("restore"))
    verdict.audit_entries, verdict.audit_seals, verdict.head = audit.entries, audit.seals, audit.head
    verdict.problems += [f"audit: {fault.kind}, seal {fault.seal}" for fault in audit.faults]
    storage = storage_of(crm.settings)
    last = None
    while True:
        query = StoredFile.select(StoredFile.id, StoredFile.sha256).order_by(StoredFile.id).limit(500)
        rows = await (query.where(StoredFile.id > last) if last else query)
        for row in rows:
            verdict.uploads += 1
            if await storage.written_at(row["sha256"]) is None:
                verdict.problems.append(f"the upload {row['sha256']} is missing")
        if not rows:
            return verdict
        last = rows[-1]["id"]
