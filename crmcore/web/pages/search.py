"""One search over contacts and conversations."""

from litestar.response.base import ASGIResponse

from crmcore.records.query import ListQuery
from crmcore.web.conversations_view import conversation_view
from crmcore.web.route import Route
from crmcore.web.visit import Visit

LIMIT = 20


async def search(visit: Visit) -> ASGIResponse:
    """Show the contacts and conversations that match ``q``."""
    q = visit.query.get("q", "").strip()[:200]
    actor, records = visit.actor, visit.crm.records
    contacts, conversations = [], []
    if q and actor.may("contact.read"):
        page = await records.list("contact", ListQuery(q=q, limit=LIMIT), actor=actor)
        contacts = [record.document for record in page.items]
    if q and actor.may("conversation.read"):
        query = ListQuery(q=q, sort="-last_activity_at", limit=LIMIT)
        page = await records.list("conversation", query, actor=actor)
        conversations = [conversation_view(visit, record) for record in page.items]
    return await visit.page("search.html", area="search", q=q, contacts=contacts, conversations=conversations)


ROUTES = (Route("GET", "/search", search),)
