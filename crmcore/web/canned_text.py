"""The canned reply that was chosen on a page of its own, without scripts."""

from typing import TYPE_CHECKING
from uuid import UUID

from crmcore.errors import Forbidden, NotFound

if TYPE_CHECKING:
    from crmcore.web.visit import Visit


async def canned_text(visit: "Visit", conversation: UUID) -> str:
    """Return the text of the canned reply in the address, filled for the conversation; empty without one."""
    chosen = visit.query.get("canned", "")
    if not chosen:
        return ""
    try:
        filled = await visit.crm.canned.fill(UUID(chosen), conversation, actor=visit.actor)
    except (ValueError, NotFound, Forbidden):
        return ""
    return filled.text
