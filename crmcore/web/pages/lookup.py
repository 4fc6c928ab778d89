"""Suggestions for form fields that refer to a record, as our script asks for them."""

from html import escape

from litestar.response.base import ASGIResponse

from crmcore.errors import NotFound
from crmcore.records.scope import demand
from crmcore.web.record_lookup import records_called
from crmcore.web.route import Route
from crmcore.web.visit import Visit


async def lookup(visit: Visit) -> ASGIResponse:
    """Return the records that are found by ``q``, as options of a list."""
    key = str(visit.request.path_params["record_type"])
    if key not in visit.crm.records.types:
        raise NotFound
    demand(visit.actor, f"{key}.read")
    found = await records_called(visit, key, visit.query.get("q", ""))
    titles = dict.fromkeys(title for _, title in found)
    body = "".join(f'<option value="{escape(title)}"></option>' for title in titles)
    return ASGIResponse(
        body=body.encode(), media_type="text/html; charset=utf-8", headers={"Cache-Control": "no-store"}
    )


ROUTES = (Route("GET", "/lookup/{record_type:str}", lookup),)
