"""What plugins show under one message: a part of the thread, or a page of its own without scripts."""

from uuid import UUID

from litestar.response.base import ASGIResponse

from crmcore.web.buttons import Buttons
from crmcore.web.route import Route
from crmcore.web.visit import Visit


async def show_blocks(visit: Visit) -> ASGIResponse:
    """Show the blocks under the message in the path."""
    id: UUID = visit.request.path_params["id"]
    found = await visit.crm.contributions.under_messages.of(id, actor=visit.actor, language=visit.language)
    if visit.wants_fragment and not found:
        return ASGIResponse(status_code=204, media_type="text/html")
    message = await visit.crm.records.get("message", id, actor=visit.actor)
    conversation = message.document["conversation_id"]
    back = f"/inbox/{conversation}"
    ref = f"conversation:{conversation}"
    shown = [
        (under.blocks, Buttons(visit, under.plugin, ref=ref, at=f"message:{id}", back=f"{back}#m{id}"))
        for under in found
    ]
    if visit.wants_fragment:
        return visit.render("message_blocks.html", under=shown)
    return await visit.page(
        "message_blocks_page.html", area="inbox_message", under=shown, back=f"{back}#m{id}"
    )


ROUTES = (Route("GET", "/ui/messages/{id:uuid}/blocks", show_blocks, permission="message.read"),)
