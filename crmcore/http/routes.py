"""Operations become Litestar handlers, all of one form."""

from typing import TYPE_CHECKING

from litestar.handlers import HTTPRouteHandler
from litestar.response.base import ASGIResponse

from crmcore.http.answers import respond
from crmcore.http.idempotency import once
from crmcore.http.operation import Operation
from crmcore.http.request import CrmRequest

if TYPE_CHECKING:
    from crmcore.workspace import Crm


def route_handler(crm: "Crm", operation: Operation) -> HTTPRouteHandler:
    """Return a fresh Litestar handler for ``operation``."""
    handler = operation.handler

    async def answer(request: CrmRequest) -> ASGIResponse:
        if operation.idempotency and "idempotency-key" in request.headers:
            return await once(crm, request, operation)
        return respond(await handler(request))

    return HTTPRouteHandler(
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
