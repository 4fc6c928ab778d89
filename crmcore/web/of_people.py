"""The conversations and tasks of people, behind the tabs of a contact's or company's page, and how many there are."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from crmcore.contracts.records import Record
from crmcore.records.query import ListQuery
from crmcore.web.conversations_view import conversation_view
from crmcore.web.tasks_view import task_view
from crmcore.web.visit import Visit

# A tab lists a hundred: "99+" says as much as the number.
MOST = 100
OF_TYPE = {"conversations": "conversation", "tasks": "task"}


async def conversations_of(visit: Visit, contacts: Sequence[UUID]) -> list[Any]:
    """Return the rows of the newest conversations of ``contacts``, at most two hundred people; none without leave."""
    found = await _listed(visit, "conversation", contacts)
    return [conversation_view(visit, record) for record in found]


async def tasks_of(visit: Visit, contacts: Sequence[UUID]) -> list[Any]:
    """Return the rows of the newest tasks of ``contacts``, at most two hundred people; none without leave."""
    return [task_view(visit, record) for record in await _listed(visit, "task", contacts)]


async def tab_counts(visit: Visit, contacts: Sequence[UUID]) -> dict[str, str]:
    """Return by tab how many there are, as it is shown; a tab that has none, or is nobody's business, is left out."""
    if not contacts:
        return {}
    shown = {}
    for tab, key in OF_TYPE.items():
        if visit.actor.may(f"{key}.read"):
            many = await visit.crm.records.count(key, _about(contacts), actor=visit.actor, at_most=MOST)
            shown[tab] = f"{MOST - 1}+" if many == MOST else str(many) if many else ""
    return {tab: text for tab, text in shown.items() if text}


async def _listed(visit: Visit, record_type: str, contacts: Sequence[UUID]) -> list[Record]:
    if not contacts or not visit.actor.may(f"{record_type}.read"):
        return []
    return (await visit.crm.records.list(record_type, _about(contacts), actor=visit.actor)).items


def _about(contacts: Sequence[UUID]) -> ListQuery:
    filter = {"field": "contact_id", "op": "in", "value": [str(id) for id in contacts]}
    return ListQuery(filter=filter, limit=MOST)
