"""The canned reply that was chosen on a page of its own, without scripts."""

from typing import TYPE_CHECKING
from uuid import UUID

from crmcore.canned.reply import FilledReply
from crmcore.errors import Forbidden, NotFound

if TYPE_CHECKING:
    from crmcore.web.visit import Visit


async def canned_reply(visit: "Visit", conversation: UUID) -> FilledReply:
    """Return the canned reply in the address, filled for the conversation; an empty one without one."""
    chosen = visit.query.get("canned", "")
    nothing = FilledReply(text="", missing=[], attachments=[])
    if not chosen:
        return nothing
    try:
        return await visit.crm.canned.fill(UUID(chosen), conversation, actor=visit.actor)
    except (ValueError, NotFound, Forbidden):
        return nothing
