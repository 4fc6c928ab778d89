"""A panel by itself: a part for the page it stands in, or a page of its own without scripts; and how all stand."""

from typing import Any
from uuid import UUID

from litestar.response.base import ASGIResponse

from crmcore.contracts.panels import Panel
from crmcore.contributions.arrangement import Arranged
from crmcore.contributions.subjects import SLOTS, slot_of
from crmcore.errors import NotFound
from crmcore.plugins.registry import Registered
from crmcore.web.panels import HAPPENED, in_order, load_panel
from crmcore.web.route import Route
from crmcore.web.texts import N_
from crmcore.web.timeline import BACK, by_day, of_plugins
from crmcore.web.visit import Visit

ARRANGE = "/settings/panels"
SLOT_LABELS = {"conversation": N_("Conversation"), "contact": N_("Contact"), "company": N_("Company")}


async def show_panel(visit: Visit) -> ASGIResponse:
    """Load the panel in the path about the record in ``ref``."""
    kind, _, text = visit.query.get("ref", "").partition(":")
    slot = slot_of(kind)
    try:
        id = UUID(text)
    except ValueError:
        raise NotFound from None
    again = visit.query.get("again") == "1"
    panel = await load_panel(visit, visit.request.path_params["panel"], slot, id, again=again)
    if visit.wants_fragment:
        if panel is None:
            return ASGIResponse(status_code=204, media_type="text/html")
        return visit.render("panel_fragment.html", panel=panel)
    if panel is None:
        raise NotFound
    return await visit.page("panel_page.html", area="", panel=panel, back=f"{BACK[slot]}/{id}")


async def show_happened(visit: Visit) -> ASGIResponse:
    """Show what plugins know to have happened around a record, the newest first."""
    slot = slot_of(str(visit.request.path_params["slot"]))
    id: UUID = visit.request.path_params["id"]
    await visit.crm.records.get(slot, id, actor=visit.actor)
    values: dict[str, Any] = {
        "days": by_day(visit, await of_plugins(visit, slot, id)),
        "heading": visit.texts.gettext(HAPPENED),
        "of_plugins_alone": True,
    }
    if visit.wants_fragment:
        return visit.render("happened_fragment.html", **values)
    return await visit.page("happened.html", area="", back=f"{BACK[slot]}/{id}", **values)


async def fold(visit: Visit) -> ASGIResponse:
    """Remember that a panel is folded, or open again; our script tells."""
    key = _known(visit, str(visit.request.path_params["panel"]))
    folded = (await visit.form()).get("folded") == "1"
    await visit.crm.contributions.arrangement.fold(key, folded, actor=visit.actor)
    return ASGIResponse(status_code=204, media_type="text/html")


async def show_arrangement(visit: Visit) -> ASGIResponse:
    """List all panels in the visitor's order, with what can be done to each."""
    chosen = await visit.crm.contributions.arrangement.of(visit.actor)
    return await visit.page(
        "settings_panels.html",
        area="settings",
        panels=[
            {
                "key": key,
                "title": visit.say(owned.item.title),
                "icon": owned.item.icon,
                "plugin": owned.plugin,
                "slots": [
                    visit.texts.gettext(SLOT_LABELS[slot]) for slot in SLOTS if slot in owned.item.slots
                ],
                "choice": chosen.get(key, Arranged()),
            }
            for key, owned in _ordered(visit, chosen)
        ],
    )


async def arrange(visit: Visit) -> ASGIResponse:
    """Keep which panels are shown and open; ``up`` and ``down`` move one of them by a place."""
    form = await visit.form()
    chosen = await visit.crm.contributions.arrangement.of(visit.actor)
    keys = [key for key, _ in _ordered(visit, chosen)]
    moved, step = (form.get("up"), -1) if form.get("up") else (form.get("down"), 1)
    if moved in keys:
        place = keys.index(moved)
        other = min(max(place + step, 0), len(keys) - 1)
        keys[place], keys[other] = keys[other], keys[place]
    kept = {
        key: Arranged(
            folded=f"folded:{key}" in form,
            hidden=f"shown:{key}" not in form,
            position=place if moved in keys else chosen.get(key, Arranged()).position,
        )
        for place, key in enumerate(keys)
    }
    await visit.crm.contributions.arrangement.keep(kept, actor=visit.actor)
    return visit.redirect(ARRANGE, done="" if moved else "saved")


def _ordered(visit: Visit, chosen: dict[str, Arranged]) -> list[tuple[str, Registered[Panel]]]:
    panels = visit.crm.registry.panels
    found = sorted(panels.items(), key=lambda entry: (entry[1].item.order, entry[0]))
    return sorted(found, key=lambda entry: in_order(chosen.get(entry[0], Arranged())))


def _known(visit: Visit, key: str) -> str:
    if key not in visit.crm.registry.panels:
        raise NotFound
    return key


ROUTES = (
    Route("GET", "/ui/panels/{panel:str}", show_panel),
    Route("GET", "/ui/timelines/{slot:str}/{id:uuid}", show_happened),
    Route("POST", "/ui/panels/{panel:str}/fold", fold),
    Route("GET", ARRANGE, show_arrangement),
    Route("POST", ARRANGE, arrange),
)
