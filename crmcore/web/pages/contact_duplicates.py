"""What is decided about those who may be the same person."""

from uuid import UUID

from litestar.response.base import ASGIResponse

from crmcore.errors import NotFound
from crmcore.web.route import Route
from crmcore.web.visit import Visit

ONE = "/contacts/{id:uuid}/duplicates/{other:uuid}"


async def merge(visit: Visit) -> ASGIResponse:
    """Make the other contact a part of this one; the page then offers to take that back."""
    contact, other = _both(visit)
    done = await visit.crm.contacts.merge(contact, other, actor=visit.actor)
    return visit.redirect(f"/contacts/{contact}", done="merged", undo=str(done))


async def dismiss(visit: Visit) -> ASGIResponse:
    """Remember that the two are two people, and lead back to where that was said."""
    contact, other = _both(visit)
    await visit.crm.duplicates.suggestions.dismiss_pair(contact, other, actor=visit.actor)
    back = (await visit.form()).get("back")
    return visit.redirect(
        back if back == "/contacts/duplicates" else f"/contacts/{contact}", done="not_duplicate"
    )


def _both(visit: Visit) -> tuple[UUID, UUID]:
    contact: UUID = visit.request.path_params["id"]
    other: UUID = visit.request.path_params["other"]
    if contact == other:
        raise NotFound
    return contact, other


ROUTES = (
    Route("POST", f"{ONE}/merge", merge, permission="contact.write"),
    Route("POST", f"{ONE}/dismiss", dismiss, permission="contact.write"),
)
