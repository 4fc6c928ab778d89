"""The people that work may be given to, for the choices of forms."""

from typing import TYPE_CHECKING

from crmcore.records.query import ListQuery

if TYPE_CHECKING:
    from crmcore.web.visit import Visit

MOST = 200


async def active_people(visit: "Visit") -> list[tuple[str, str]]:
    """Return ids and names of active users, the visitor alone when he may not see the others."""
    if not visit.actor.may("user.read"):
        return [(visit.actor.id, visit.actor.label)]
    active = {"field": "active", "op": "eq", "value": True}
    page = await visit.crm.records.list(
        "user", ListQuery(filter=active, sort="name", limit=MOST), actor=visit.actor
    )
    return [(str(user.id), user.document["name"]) for user in page.items]
