"""How many conversations and tasks there are behind the tabs of a person's or company's page."""

from collections.abc import Sequence
from uuid import UUID

from crmcore.records.query import ListQuery
from crmcore.web.visit import Visit

# A tab lists a hundred: "99+" says as much as the number.
MOST = 100
OF_TYPE = {"conversations": "conversation", "tasks": "task"}


def about(contacts: Sequence[UUID]) -> ListQuery:
    """Return the query of what belongs to one of ``contacts``, at most two hundred, newest first."""
    filter = {"field": "contact_id", "op": "in", "value": [str(id) for id in contacts]}
    return ListQuery(filter=filter, limit=MOST)


async def tab_counts(visit: Visit, contacts: Sequence[UUID]) -> dict[str, str]:
    """Return by tab how many there are, as it is shown; a tab that has none, or is nobody's business, is left out."""
    if not contacts:
        return {}
    shown = {}
    for tab, key in OF_TYPE.items():
        if visit.actor.may(f"{key}.read"):
            many = await visit.crm.records.count(key, about(contacts), actor=visit.actor, at_most=MOST)
            shown[tab] = f"{MOST - 1}+" if many == MOST else str(many) if many else ""
    return {tab: text for tab, text in shown.items() if text}
