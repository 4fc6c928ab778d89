"""The API's description, for programs and for people."""

from typing import TYPE_CHECKING, Any

from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.openapi.document import openapi_document
from crmcore.http.openapi.page import documentation_page, style_source
from crmcore.http.operation import Operation, Success
from crmcore.http.request import CrmRequest

if TYPE_CHECKING:
    from crmcore.workspace import Crm


def documentation_operations(crm: "Crm") -> list[Operation]:
    """Return the OpenAPI document and the readable page.

    Both are made anew for every request, because custom fields may have changed; nobody asks often.
    """

    async def document(request: CrmRequest) -> dict[str, Any]:
        operations, actor = request.app.state.operations, actor_of(request)
        return await openapi_document(crm, operations, request.language, actor)

    async def get_openapi(request: CrmRequest) -> Answer:
        return Answer(body=await document(request))

    async def get_page(request: CrmRequest) -> Answer:
        page = documentation_page(await document(request), request.language)
        policy = f"default-src 'none'; style-src {style_source()}; base-uri 'none'; frame-ancestors 'none'"
        return Answer(raw=page.encode(), media_type="text/html", headers={"Content-Security-Policy": policy})

    return [
        Operation(
            id="get_openapi",
            method="GET",
            path="/api/openapi.json",
            tag="schemas",
            summary="Read this description as OpenAPI 3.1",
            description="With the record types of the loaded plugins and the custom fields as they are now.",
            permission="schema.read",
            success=Success(schema={"type": "object"}, description="The document."),
            handler=get_openapi,
        ),
        Operation(
            id="get_documentation",
            method="GET",
            path="/api/docs",
            tag="schemas",
            summary="Read this description as a page",
            description="Complete in itself: no script, nothing from elsewhere.",
            permission="schema.read",
            success=Success(schema={"type": "string"}, media_type="text/html", description="The page."),
            handler=get_page,
        ),
    ]
