"""Records by what people call them: for form fields that refer to a record."""

from typing import TYPE_CHECKING
from uuid import UUID

from crmcore.errors import CrmError
from crmcore.records.query import ListQuery

if TYPE_CHECKING:
    from crmcore.web.visit import Visit

SUGGESTED = 20


async def title_of(visit: "Visit", record_type: str, id: str) -> str:
    """Return what the record is called; its id when the visitor may not see it or it is gone."""
    try:
        record = await visit.crm.records.get(record_type, UUID(id), actor=visit.actor)
    except (CrmError, ValueError):
        return id
    return visit.crm.records.record_type(record_type).title(record.document) or id


async def records_called(visit: "Visit", record_type: str, text: str = "") -> list[tuple[str, str]]:
    """Return ids and titles of the records that are found by ``text``, the newest when there is none."""
    try:
        page = await visit.crm.records.list(
            record_type, ListQuery(q=text[:200], limit=SUGGESTED), actor=visit.actor
        )
    except CrmError:
        return []
    kind = visit.crm.records.record_type(record_type)
    return [(str(record.id), kind.title(record.document)) for record in page.items]


def exactly(found: list[tuple[str, str]], text: str) -> list[tuple[str, str]]:
    """Return those of ``found`` that are called ``text``, whatever its case; all of them when none is."""
    wanted = " ".join(text.casefold().split())
    return [one for one in found if " ".join(one[1].casefold().split()) == wanted] or found
