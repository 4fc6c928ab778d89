"""The history is as it was written."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from crmcore.audit.verify import Verification
from crmcore.soundness.finding import Looked

if TYPE_CHECKING:
    from crmcore.workspace import Crm


async def audit_chain(crm: "Crm") -> AsyncIterator[Looked | tuple[str, str]]:
    """Go through the chain over the history; what is too new to be sealed is not looked at."""
    verdict = await Verification(crm.keys).run()
    yield Looked(verdict.entries)
    for fault in verdict.faults:
        subject = f"history {fault.entry}" if fault.entry else f"seal {fault.seal}"
        yield subject, f"{fault.kind.replace('_', ' ')}: crmcore audit verify"
