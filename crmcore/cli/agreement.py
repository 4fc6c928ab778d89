"""``crmcore doctor --stored``: does what is stored agree with itself?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crmcore.cli.finding import Finding

if TYPE_CHECKING:
    from crmcore.workspace import Crm

TOLD = 20
"""So many faults of one check are named; then they are counted."""


async def stored_findings(crm: Crm) -> list[Finding]:
    """Return a finding for each check that found nothing, and one for each fault of the others."""
    from crmcore.soundness.examination import examine

    verdict = await examine(crm)
    findings: list[Finding] = []
    for check, looked in verdict.looked.items():
        name = f"stored: {check}"
        faults = [fault for fault in verdict.faults if fault.check == check]
        if not faults:
            findings.append(Finding(check=name, result="ok", message=f"{looked:,} looked at"))
        for fault in faults[:TOLD]:
            findings.append(
                Finding(check=name, result="problem", message=f"{fault.subject}: {fault.message}")
            )
        if len(faults) > TOLD:
            more = f"at least {len(faults) - TOLD} more"
            findings.append(Finding(check=name, result="problem", message=more))
    return findings
