"""A panel by itself: a part for the page it stands in, or a page of its own without scripts."""

from uuid import UUID

from litestar.response.base import ASGIResponse

from crmcore.errors import NotFound
from crmcore.web.panels import SLOTS, load_panel
from crmcore.web.route import Route
from crmcore.web.visit import Visit


async def show_panel(visit: Visit) -> ASGIResponse:
    """Load the panel in the path about the record in ``ref``."""
    kind, _, text = visit.query.get("ref", "").partition(":")
    slot = next((known for known in SLOTS if known == kind), None)
    if slot is None:
        raise NotFound
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
    back = f"/inbox/{id}" if slot == "conversation" else f"/contacts/{id}"
    return await visit.page("panel_page.html", area="", panel=panel, back=back)


ROUTES = (Route("GET", "/ui/panels/{panel:str}", show_panel),)
