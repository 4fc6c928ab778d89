"""The page a person sees instead of the one asked for."""

from collections.abc import Callable
from typing import Any

from litestar import Request

from crmcore.http.request import CrmRequest
from crmcore.web.site import Site
from crmcore.web.texts import N_
from crmcore.web.visit import Visit

HINTS = {
    403: N_("Ask an administrator if you need this."),
    404: N_("It may have been deleted or merged, or the address has a typing error."),
    409: N_("Go back, look at the current values and try again."),
    500: N_("If it happens again, tell an administrator the number below."),
    503: N_("Wait a moment and load the page again."),
}

Draw = Callable[[Request[Any, Any, Any], dict[str, Any]], str]


def error_page_of(site: Site) -> Draw:
    """Return the function that draws a problem document as a page. It needs no database: that may be the problem."""

    def draw(request: Request[Any, Any, Any], problem: dict[str, Any]) -> str:
        visit = Visit(site, request if isinstance(request, CrmRequest) else CrmRequest(request.scope))
        hint = HINTS.get(problem["status"])
        return visit.fill(
            "error.html",
            status=problem["status"],
            title=problem["title"],
            detail=problem["detail"],
            problems=[entry["message"] for entry in problem.get("errors", ())],
            hint=visit.texts.gettext(hint) if hint else "",
            request_id=problem.get("request_id", ""),
        )

    return draw
