"""Other companies that may be the same one: by their name, by their domain."""

from typing import TYPE_CHECKING
from uuid import UUID

from msgspec import Struct

from crmcore.contracts.records import Record
from crmcore.records.query import ListQuery
from crmcore.web.texts import N_

if TYPE_CHECKING:
    from crmcore.web.visit import Visit

MOST_SHOWN = 5
SAME_NAME = N_("Has the same name")
SAME_DOMAIN = N_("Has the same domain")


class Twin(Struct, frozen=True, kw_only=True):
    """Another company, and why it may be the same one."""

    id: UUID
    name: str
    reason: str


async def twins_of(visit: "Visit", company: Record) -> list[Twin]:
    """Return the companies that the visitor may see and that share a name or a domain with ``company``."""
    name, domain = company.document.get("name"), company.document.get("domain")
    asked = [("name", name, SAME_NAME), ("domain", domain, SAME_DOMAIN)]
    hidden = await visit.crm.records.hidden("company", actor=visit.actor)
    found: dict[UUID, Twin] = {}
    for field, value, reason in asked:
        if not value or field in hidden:
            continue
        query = ListQuery(filter={"field": field, "op": "eq", "value": value}, limit=MOST_SHOWN + 1)
        page = await visit.crm.records.list("company", query, actor=visit.actor)
        for record in page.items:
            if record.id != company.id:
                words = visit.texts.gettext(reason)
                found.setdefault(
                    record.id, Twin(id=record.id, name=str(record.document["name"]), reason=words)
                )
    return list(found.values())[:MOST_SHOWN]
