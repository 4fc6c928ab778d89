"""The overview: tiles of plugins, each loaded by itself."""

from typing import TYPE_CHECKING

from litestar.response.base import ASGIResponse

from crmcore.errors import NotFound
from crmcore.web.buttons import Buttons
from crmcore.web.panels import PanelPlace, panel_view
from crmcore.web.route import Route

if TYPE_CHECKING:
    from crmcore.web.visit import Visit

HERE = "/overview"


async def show_overview(visit: "Visit") -> ASGIResponse:
    """Show the places of the tiles that the visitor may see."""
    fresh = visit.query.get("fresh", "")
    tiles = [
        PanelPlace(
            title=visit.say(owned.item.title),
            icon=owned.item.icon,
            address=f"/ui/tiles/{key}" + ("?again=1" if owned.plugin == fresh else ""),
        )
        for key, owned in visit.crm.contributions.tiles.of(visit.actor)
    ]
    return await visit.page("overview.html", area="overview", tiles=tiles)


async def show_tile(visit: "Visit") -> ASGIResponse:
    """Load one tile: a part of the overview, or a page of its own without scripts."""
    key = str(visit.request.path_params["tile"])
    loaded = await visit.crm.contributions.tiles.load(
        key, actor=visit.actor, language=visit.language, again=visit.query.get("again") == "1"
    )
    if loaded is None:
        if visit.wants_fragment:
            return ASGIResponse(status_code=204, media_type="text/html")
        raise NotFound
    buttons = Buttons(visit, loaded.plugin, back=HERE, at=f"tile:{key}")
    panel = panel_view(visit, loaded, f"/ui/tiles/{key}", buttons)
    if visit.wants_fragment:
        return visit.render("panel_fragment.html", panel=panel)
    return await visit.page("panel_page.html", area="overview", panel=panel, back=HERE)


ROUTES = (Route("GET", HERE, show_overview), Route("GET", "/ui/tiles/{tile:str}", show_tile))
