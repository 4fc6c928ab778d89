"""One contact with what happened and what plugins know."""

from typing import Any
from uuid import UUID

from litestar.response.base import ASGIResponse

from crmcore.contracts.records import Record
from crmcore.errors import Invalid, NotFound
from crmcore.records.reveal import MAX_REASON, PERMISSION, Revealed
from crmcore.web.buttons import record_buttons
from crmcore.web.duplicates_view import duplicates_view
from crmcore.web.merges_view import merge_to_undo, merges_view
from crmcore.web.of_people import conversations_of, tab_counts, tasks_of
from crmcore.web.panels import places
from crmcore.web.record_facts import facts_of
from crmcore.web.route import Route
from crmcore.web.texts import N_
from crmcore.web.timeline import timeline
from crmcore.web.visit import Visit

TABS = {
    "timeline": N_("Timeline"),
    "conversations": N_("Conversations"),
    "tasks": N_("Tasks"),
}


async def show_contact(visit: Visit) -> ASGIResponse:
    """Show one contact; one that was merged leads to the contact it became a part of."""
    return await _contact(visit)


async def reveal(visit: Visit) -> ASGIResponse:
    """Show one contact with one sensitive value in the clear, once; the value stands in no address."""
    form = await visit.form()
    try:
        revealed = await visit.crm.records.reveal(
            "contact",
            visit.request.path_params["id"],
            form.get("field")[:100],
            reason=form.get("reason")[:MAX_REASON],
            actor=visit.actor,
        )
    except Invalid as invalid:
        found = " ".join(problem.sentence(visit.language) for problem in invalid.problems)
        return await _contact(visit, trouble=found, status=422)
    return await _contact(visit, revealed)


async def _contact(
    visit: Visit, revealed: Revealed | None = None, *, trouble: str = "", status: int = 200
) -> ASGIResponse:
    id: UUID = visit.request.path_params["id"]
    try:
        record = await visit.crm.records.get("contact", id, actor=visit.actor)
    except NotFound as error:
        if "merged_into" in error.extra:
            return visit.redirect(f"/contacts/{error.extra['merged_into']}")
        raise
    tab = visit.query.get("tab", "timeline")
    document = record.document
    return await visit.page(
        "contact.html",
        status=status,
        area="contacts",
        contact=document,
        line=", ".join(part for part in (document["job_title"], document["company"]) if part),
        groups=await facts_of(visit, record, editing=True, revealed=revealed),
        duplicates=await duplicates_view(visit, id),
        merge_to_undo=merge_to_undo(visit, "contact"),
        merges=await merges_view(visit, record),
        trouble=trouble,
        tab=tab if tab in TABS or tab == "about" else "timeline",
        tabs=[(value, visit.texts.gettext(label)) for value, label in TABS.items()],
        counts=await tab_counts(visit, [id]),
        panels=await places(visit, "contact", id),
        buttons=record_buttons(visit, "contact", id, f"/contacts/{id}"),
        **await _of_tab(visit, record, tab),
    )


async def _of_tab(visit: Visit, record: Record, tab: str) -> dict[str, Any]:
    if tab == "conversations":
        return {"rows": await conversations_of(visit, [record.id])}
    if tab == "tasks":
        return {"tasks": await tasks_of(visit, [record.id])}
    return {"days": await timeline(visit, record, [record.id])}


ROUTES = (
    Route("GET", "/contacts/{id:uuid}", show_contact, permission="contact.read"),
    Route("POST", "/contacts/{id:uuid}/reveal", reveal, permission=PERMISSION),
)
