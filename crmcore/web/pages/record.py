"""One company, or one record of a plugin's: what is known, what happened, who belongs to it."""

from typing import Any
from uuid import UUID

from litestar.response.base import ASGIResponse

from crmcore.contracts.records import Record
from crmcore.contracts.subjects import Slot
from crmcore.errors import NotFound
from crmcore.records.query import ListQuery, Page
from crmcore.records.scope import demand
from crmcore.web.buttons import record_buttons
from crmcore.web.company_twins import twins_of
from crmcore.web.lists.places import kind_in, place_of
from crmcore.web.merges_view import merge_to_undo, merges_view
from crmcore.web.of_people import conversations_of, tab_counts, tasks_of
from crmcore.web.pages.record_list import area_of
from crmcore.web.panels import places
from crmcore.web.record_facts import facts_of
from crmcore.web.route import Route
from crmcore.web.texts import N_
from crmcore.web.timeline import timeline
from crmcore.web.visit import Visit

PREFIXES = ("/companies", "/records/{plural:str}")
TIMELINE = ("timeline", N_("Timeline"))
OF_PEOPLE = (
    ("contacts", N_("Contacts")),
    ("conversations", N_("Conversations")),
    ("tasks", N_("Tasks")),
)
# Of a company with more people the newest are looked at: a filter names at most two hundred.
MOST_PEOPLE = 200
COMPANY: Slot = "company"


async def show_record(visit: Visit) -> ASGIResponse:
    """Show one record; one that was merged leads to the record it became a part of."""
    kind = kind_in(visit)
    demand(visit.actor, f"{kind.key}.read")
    id: UUID = visit.request.path_params["id"]
    place = place_of(kind)
    try:
        record = await visit.crm.records.get(kind.key, id, actor=visit.actor)
    except NotFound as error:
        if "merged_into" in error.extra:
            return visit.redirect(f"{place}/{error.extra['merged_into']}")
        raise
    company = kind.key == "company"
    people = company and visit.actor.may("contact.read")
    tabs = (TIMELINE, *(OF_PEOPLE if people else ()))
    names = [name for name, _ in tabs]
    tab = visit.query.get("tab", "")
    tab = tab if tab in (*names, "about") else "contacts" if people else "timeline"
    return await visit.page(
        "record.html",
        area=area_of(kind.key, kind.plural),
        place=place,
        kind=kind,
        record=record,
        record_title=kind.title(record.document),
        groups=await facts_of(visit, record, editing=True),
        twins=await twins_of(visit, record) if company else [],
        merges=await merges_view(visit, record) if company else [],
        merge_to_undo=merge_to_undo(visit, kind.key) if company else None,
        may_write=visit.actor.may(f"{kind.key}.write"),
        may_delete=kind.deletable and visit.actor.may(f"{kind.key}.delete"),
        tab=tab,
        tabs=[(name, visit.texts.gettext(label)) for name, label in tabs],
        panels=await places(visit, COMPANY, id) if company else [],
        buttons=record_buttons(visit, kind.key, id, f"{place}/{id}"),
        **await _of_tab(visit, record, tab, people=people),
    )


async def _of_tab(visit: Visit, record: Record, tab: str, *, people: bool) -> dict[str, Any]:
    if not people:
        return {"counts": {}, "days": await timeline(visit, record, [])}
    filter = {"field": "company_id", "op": "eq", "value": str(record.id)}
    query = ListQuery(filter=filter, limit=MOST_PEOPLE)
    page = await visit.crm.records.list("contact", query, actor=visit.actor)
    ids = [person.id for person in page.items]
    counts = await tab_counts(visit, ids)
    if page.items:
        counts["contacts"] = f"{len(page.items)}{'+' if page.next else ''}"
    return {"counts": counts, **await _of_people(visit, record, tab, page, ids)}


async def _of_people(visit: Visit, record: Record, tab: str, page: Page, ids: list[UUID]) -> dict[str, Any]:
    if tab in ("contacts", "about"):
        return {"people": [person.document for person in page.items], "more_people": bool(page.next)}
    if tab == "conversations":
        return {"rows": await conversations_of(visit, ids)}
    if tab == "tasks":
        return {"tasks": await tasks_of(visit, ids)}
    return {"days": await timeline(visit, record, ids)}


ROUTES = tuple(Route("GET", f"{prefix}/{{id:uuid}}", show_record) for prefix in PREFIXES)
