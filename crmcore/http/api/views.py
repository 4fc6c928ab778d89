"""Saved views over HTTP."""

from typing import TYPE_CHECKING, Any

from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.conversions import converted
from crmcore.http.listing import CURSOR, LIMIT, cursor_of, id_of, limit_of
from crmcore.http.operation import Operation, Parameter, Success, path_id, reference
from crmcore.http.request import CrmRequest
from crmcore.http.versions import asked_version
from crmcore.views.service import NewView, View, ViewChanges

if TYPE_CHECKING:
    from crmcore.workspace import Crm

ONE = "/api/views/{id:str}"
THE_VIEW = path_id(description="The view's id.")


def view_operations(crm: "Crm") -> list[Operation]:
    """Return list, create, read, change and delete of saved views, and the records of one."""

    async def list_views(request: CrmRequest) -> Answer:
        record_type = request.query("record_type").get("record_type", "")
        views = await crm.views.list(actor=actor_of(request), record_type=record_type[:60])
        return Answer(body={"items": [_document(view) for view in views]})

    async def create_view(request: CrmRequest) -> Answer:
        new = converted(await request.document(), NewView)
        view = await crm.views.create(new, actor=actor_of(request))
        headers = _etag(view) | {"Location": f"/api/views/{view.id}"}
        return Answer(status=201, body=_document(view), headers=headers)

    async def get_view(request: CrmRequest) -> Answer:
        view = await crm.views.get(id_of(request), actor=actor_of(request))
        return Answer(body=_document(view), headers=_etag(view))

    async def change_view(request: CrmRequest) -> Answer:
        document = await request.document()
        version = asked_version(request, document.pop("version", None))
        changes = converted(document, ViewChanges)
        view = await crm.views.update(id_of(request), changes, actor=actor_of(request), version=version)
        return Answer(body=_document(view), headers=_etag(view))

    async def delete_view(request: CrmRequest) -> Answer:
        await crm.views.delete(id_of(request), actor=actor_of(request))
        return Answer(status=204)

    async def view_records(request: CrmRequest) -> Answer:
        values = request.query("limit", "cursor")
        limit = limit_of(values) if "limit" in values else None
        page = await crm.views.records(
            id_of(request), actor=actor_of(request), limit=limit, cursor=cursor_of(values)
        )
        return Answer(body={"items": [record.document for record in page.items], "next": page.next})

    types = list(crm.registry.record_types)
    return [
        Operation(
            id="list_views",
            method="GET",
            path="/api/views",
            tag="views",
            summary="List saved views",
            description="Your own, and those that are shared, of record types that you may read.",
            anyone=True,
            parameters=(
                Parameter(
                    name="record_type",
                    where="query",
                    description="Only views of these records.",
                    schema={"type": "string", "enum": types},
                ),
            ),
            success=Success(schema=reference("ViewList"), description="In their order."),
            refusals=(403, 422),
            handler=list_views,
        ),
        Operation(
            id="create_view",
            method="POST",
            path="/api/views",
            tag="views",
            summary="Save a view",
            description="`query` is what the list is asked. Sharing it with everybody needs `view.write`.",
            anyone=True,
            body=reference("NewView"),
            example={
                "name": "Gold, new this month",
                "record_type": "contact",
                "query": {"filter": {"field": "created_at", "op": "within", "value": "this_month"}},
            },
            success=Success(
                status=201,
                schema=reference("View"),
                headers=("ETag", "Location"),
                description="It was saved.",
            ),
            refusals=(403, 404, 422),
            idempotency="together",
            handler=create_view,
        ),
        Operation(
            id="get_view",
            method="GET",
            path=ONE,
            tag="views",
            summary="Read one saved view",
            anyone=True,
            parameters=(THE_VIEW,),
            success=Success(schema=reference("View"), headers=("ETag",), description="The view."),
            refusals=(403, 404),
            handler=get_view,
        ),
        Operation(
            id="change_view",
            method="PATCH",
            path=ONE,
            tag="views",
            summary="Change a saved view",
            description="Your own, or with `view.write` a shared one. `version` or `If-Match` protect later changes.",
            anyone=True,
            parameters=(THE_VIEW,),
            body=reference("ViewChanges"),
            success=Success(
                schema=reference("View"), headers=("ETag",), description="The view as it is now."
            ),
            refusals=(403, 404, 409, 422),
            handler=change_view,
        ),
        Operation(
            id="delete_view",
            method="DELETE",
            path=ONE,
            tag="views",
            summary="Delete a saved view",
            anyone=True,
            parameters=(THE_VIEW,),
            success=Success(status=204, description="It is gone."),
            refusals=(403, 404),
            handler=delete_view,
        ),
        Operation(
            id="view_records",
            method="GET",
            path=f"{ONE}/records",
            tag="views",
            summary="List the records of a saved view",
            description="Answers as the list of its record type does, within what you may see.",
            anyone=True,
            parameters=(THE_VIEW, LIMIT, CURSOR),
            success=Success(schema=reference("ViewRecords"), description="One page."),
            refusals=(400, 403, 404, 422),
            handler=view_records,
        ),
    ]


def _document(view: View) -> dict[str, Any]:
    document: dict[str, Any] = {name: getattr(view, name) for name in view.__struct_fields__}
    query = view.query
    document["query"] = {name: getattr(query, name) for name in ("q", "filter", "sort", "limit", "fields")}
    return document


def _etag(view: View) -> dict[str, str]:
    return {"ETag": f'"{view.version}"'}
