"""The lists of contacts, companies and of the records that plugins bring."""

from litestar.response.base import ASGIResponse

from crmcore.records.scope import demand
from crmcore.web.buttons import bulk_actions
from crmcore.web.lists.filter_form import checked, read_conditions
from crmcore.web.lists.places import PREFIXES, kind_in, place_of
from crmcore.web.lists.shown import Listing
from crmcore.web.lists.state import form_pairs, parameters
from crmcore.web.route import Route
from crmcore.web.visit import Visit


async def show_list(visit: Visit) -> ASGIResponse:
    """List records by name, with what was chosen and asked for."""
    kind = kind_in(visit)
    demand(visit.actor, f"{kind.key}.read")
    return await list_page(visit, await Listing.of(visit, kind))


async def put_filter_together(visit: Visit) -> ASGIResponse:
    """Read the filter's form: show it again while it is not ready, else lead to the list it asks for."""
    kind = kind_in(visit)
    demand(visit.actor, f"{kind.key}.read")
    values = parameters(visit)
    listing = await Listing.of(visit, kind)
    conditions = read_conditions(values, form_pairs(visit), await listing.fields())
    if values.get("add") or values.get("drop") or values.get("do") != "apply":
        return await list_page(visit, listing, conditions=conditions)
    conditions, filter = await checked(visit, kind.key, conditions)
    if any(line.error for line in conditions.lines):
        return await list_page(visit, listing, conditions=conditions, status=422)
    return visit.redirect(listing.state.address(place_of(kind), filter=filter or {}))


async def list_page(visit: Visit, listing: Listing, *, status: int = 200, **more: object) -> ASGIResponse:
    """Return the page of a list; ``more`` is what :meth:`Listing.values` takes."""
    kind = listing.kind
    values = await listing.values(**more)  # type: ignore[arg-type]  # passed on as they are
    area = area_of(kind.key, kind.plural)
    return await visit.page(
        "record_list.html", status=status, area=area, bulk_actions=bulk_actions(visit, kind.key), **values
    )


def area_of(key: str, plural: str) -> str:
    """Return the entry of the navigation that the pages of a record type belong to."""
    return {"contact": "contacts", "company": "companies"}.get(key, f"records-{plural}")


ROUTES = tuple(
    route
    for prefix in PREFIXES
    for route in (
        Route("GET", prefix, show_list),
        Route("GET", f"{prefix}/filter", put_filter_together),
    )
)
