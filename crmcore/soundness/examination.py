"""Runs the checks over one workspace."""

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from crmcore.soundness.chain import audit_chain
from crmcore.soundness.documents import documents
from crmcore.soundness.files import stored_files
from crmcore.soundness.finding import Check, Fault, Looked, Verdict
from crmcore.soundness.histories import histories
from crmcore.soundness.merges import merges
from crmcore.soundness.points import contact_points
from crmcore.soundness.rows import rows
from crmcore.soundness.search import search_index
from crmcore.soundness.taggings import taggings
from crmcore.soundness.talks import conversations
from crmcore.soundness.work import waiting_work

if TYPE_CHECKING:
    from crmcore.workspace import Crm

MOST_FAULTS = 100
"""So many faults of one check are told; more would say the same."""

CHECKS: Mapping[str, Check] = {
    "rows": rows,
    "documents": documents,
    "histories": histories,
    "contact points": contact_points,
    "merges": merges,
    "conversations": conversations,
    "tags": taggings,
    "search": search_index,
    "work": waiting_work,
    "files": stored_files,
    "audit": audit_chain,
}

Told = Callable[[str, int], None]


async def examine(
    crm: "Crm", *, told: Told = lambda check, looked: None, pause_s: float = 1.0, patience_s: float = 60.0
) -> Verdict:
    """Look through everything that is stored; nothing is changed.

    People may go on working: what a check finds it looks for a second time after ``pause_s``, and only what is still
    there is a fault. ``told`` hears the name of a check and how many things it has looked at. The workspace is bound.
    """
    verdict = Verdict()
    with crm.database.patience(patience_s):
        for name, check in CHECKS.items():
            looked, found = await _run(crm, check)
            told(name, looked)
            if found and pause_s:
                await asyncio.sleep(pause_s)
                _, again = await _run(crm, check)
                found = {fault: None for fault in found if fault in again}
            verdict.looked[name] = looked
            verdict.faults += [Fault(check=name, subject=subject, message=text) for subject, text in found]
    return verdict


async def _run(crm: "Crm", check: Check) -> tuple[int, dict[tuple[str, str], None]]:
    looked, found = 0, dict[tuple[str, str], None]()
    async for item in check(crm):
        if isinstance(item, Looked):
            looked += item.count
        else:
            found[item] = None
        if len(found) >= MOST_FAULTS:
            break
    return looked, found
