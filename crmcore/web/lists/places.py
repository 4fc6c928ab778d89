"""Which record types have lists and pages here, and where."""

from typing import TYPE_CHECKING
from uuid import UUID

from crmcore.contracts.records import RecordType
from crmcore.errors import NotFound
from crmcore.plugins.names import CORE

if TYPE_CHECKING:
    from crmcore.web.visit import Visit
    from crmcore.workspace import Crm

OWN = {"contact": "/contacts", "company": "/companies"}
"""Record types of the core with lists of this kind. Conversations and tasks have pages of their own."""

PREFIXES = (*OWN.values(), "/records/{plural:str}")


def place_of(kind: RecordType) -> str:
    """Return where the list of ``kind`` is."""
    return OWN.get(kind.key, f"/records/{kind.plural}")


def listed_kinds(crm: "Crm") -> list[RecordType]:
    """Return the record types that plugins bring and that have lists, in the order of their keys."""
    kinds = crm.registry.record_types
    return [kinds[key].item for key in sorted(kinds) if kinds[key].plugin != CORE]


def kind_in(visit: "Visit") -> RecordType:
    """Return the record type whose list or page is visited; raises NotFound."""
    first = visit.path.split("/")[1]
    for key, place in OWN.items():
        if place == f"/{first}":
            return visit.crm.records.record_type(key)
    plural = str(visit.request.path_params.get("plural", ""))
    for kind in listed_kinds(visit.crm):
        if kind.plural == plural:
            return kind
    raise NotFound


def page_of(visit: "Visit", record_type: str, id: UUID | str) -> str:
    """Return the address of a record's page; empty when its kind has none, or the visitor may not read it."""
    if not visit.actor.may(f"{record_type}.read"):
        return ""
    if record_type == "conversation":
        return f"/inbox/{id}"
    kind = visit.crm.records.types.get(record_type)
    if kind is None or (record_type not in OWN and kind not in listed_kinds(visit.crm)):
        return ""
    return f"{place_of(kind)}/{id}"
