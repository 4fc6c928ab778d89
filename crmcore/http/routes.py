"""Operations become Litestar handlers, all of one form."""

from typing import TYPE_CHECKING, Any

from litestar.connection import ASGIConnection
from litestar.handlers import HTTPRouteHandler
from litestar.response.base import ASGIResponse

from crmcore.http.answers import respond
from crmcore.http.idempotency import once
from crmcore.http.operation import Operation
from crmcore.http.request import CrmRequest

if TYPE_CHECKING:
    from crmcore.workspace import Crm


class Route(HTTPRouteHandler):
    """A handler that its guards are shown as it is: Litestar's own is copied for each of them at every request."""

    async def authorize_connection(self, connection: ASGIConnection[Any, Any, Any, Any]) -> None:
        """Let the guards refuse the connection."""
        for guard in self.resolve_guards():
            await guard(connection, self)  # type: ignore[misc]  # as Litestar does


def route_handler(crm: "Crm", operation: Operation) -> HTTPRouteHandler:
    """Return a fresh Litestar handler for ``operation``."""
    handler = operation.handler

    async def answer(request: CrmRequest) -> ASGIResponse:
        if operation.idempotency and "idempotency-key" in request.headers:
            return await once(crm, request, operation)
        return respond(await handler(request))

    return Route(
        operation.path,
        http_method=operation.method,
        status_code=200,  # every answer carries its own
        name=operation.id,
        include_in_schema=False,
        opt={
            "operation": operation,
            "permission": operation.permission,
            "public": operation.public,
            "signed": operation.signed,
        },
    )(answer)
