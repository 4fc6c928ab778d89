"""What is decided on a contact's page about those who may be the same person."""

from uuid import UUID

from litestar.response.base import ASGIResponse

from crmcore.errors import NotFound
from crmcore.web.route import Route
from crmcore.web.visit import Visit

HERE = "/contacts/{id:uuid}"
ONE = f"{HERE}/duplicates/{{other:uuid}}"


async def merge(visit: Visit) -> ASGIResponse:
    """Make the other contact a part of this one; the page then offers to take that back."""
    contact, other = _both(visit)
    done = await visit.crm.contacts.merge(contact, other, actor=visit.actor)
    return visit.redirect(f"/contacts/{contact}", done="merged", undo=str(done))


async def dismiss(visit: Visit) -> ASGIResponse:
    """Remember that the two are two people."""
    contact, other = _both(visit)
    await visit.crm.duplicates.suggestions.dismiss_pair(contact, other, actor=visit.actor)
    return visit.redirect(f"/contacts/{contact}", done="not_duplicate")


async def undo(visit: Visit) -> ASGIResponse:
    """Take a merge back."""
    contact: UUID = visit.request.path_params["id"]
    merged: UUID = visit.request.path_params["merge"]
    await visit.crm.contacts.undo_merge(merged, actor=visit.actor)
    return visit.redirect(f"/contacts/{contact}", done="unmerged")


def merge_to_undo(visit: Visit) -> UUID | None:
    """Return the merge that was made just now, so that the page offers to take it back."""
    if visit.query.get("done") != "merged" or not visit.actor.may("contact.write"):
        return None
    try:
        return UUID(visit.query.get("undo", ""))
    except ValueError:
        return None


def _both(visit: Visit) -> tuple[UUID, UUID]:
    contact: UUID = visit.request.path_params["id"]
    other: UUID = visit.request.path_params["other"]
    if contact == other:
        raise NotFound
    return contact, other


ROUTES = (
    Route("POST", f"{ONE}/merge", merge, permission="contact.write"),
    Route("POST", f"{ONE}/dismiss", dismiss, permission="contact.write"),
    Route("POST", f"{HERE}/merges/{{merge:uuid}}/undo", undo, permission="contact.write"),
)
