"""Which function answers which address."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar.handlers import HTTPRouteHandler
from litestar.response.base import ASGIResponse
from msgspec import Struct

from crmcore.http.request import CrmRequest
from crmcore.web.site import Site
from crmcore.web.visit import Visit


class Route(Struct, frozen=True):
    """``call(visit)`` answers ``method`` at ``path``. ``permission`` is what the visitor must hold.

    A ``public`` route lets anybody in; all others send visitors who are not signed in to the sign-in page.
    """

    method: str
    path: str
    call: Callable[[Visit], Awaitable[ASGIResponse]]
    permission: str = ""
    public: bool = False


def handler_of(site: Site, route: Route) -> Any:
    """Return a fresh Litestar handler for ``route``."""

    async def handle(request: CrmRequest) -> ASGIResponse:
        return await route.call(Visit(site, request))

    # Litestar names handlers in its reverse index; two routes may share a function's name.
    handle.__name__ = f"{route.method.lower()}_{route.call.__name__}"
    return HTTPRouteHandler(
        route.path,
        http_method=route.method,  # type: ignore[arg-type]  # a Literal there, one of its values here
        opt={"public": route.public, "permission": route.permission},
    )(handle)
