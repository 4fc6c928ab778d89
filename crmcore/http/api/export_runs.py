"""Exports in the background over HTTP: asked for, watched, fetched, deleted."""

from typing import TYPE_CHECKING

from crmcore.exporting.run import NewExport
from crmcore.exporting.service import READ
from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.conversions import converted
from crmcore.http.listing import LIMIT, id_of, limit_of
from crmcore.http.operation import Operation, Success, path_id, reference
from crmcore.http.request import CrmRequest

if TYPE_CHECKING:
    from crmcore.workspace import Crm

ONE = "/api/exports/{id:str}"
THE_EXPORT = path_id(description="The export's id.")
EXAMPLE = {"record_type": "contact", "settings": {"format": "xlsx", "columns": ["name", "emails"]}}


def export_run_operations(crm: "Crm") -> list[Operation]:
    """Return everything that can be done with exports in the background."""

    async def begin(request: CrmRequest) -> Answer:
        new = converted(await request.document(), NewExport)
        entry = await crm.export_runs.begin(new, actor=actor_of(request))
        return Answer(status=202, body=entry, headers={"Location": f"/api/exports/{entry.id}"})

    async def list_exports(request: CrmRequest) -> Answer:
        limit = limit_of(request.query("limit"))
        return Answer(body={"items": await crm.export_runs.newest(actor=actor_of(request), limit=limit)})

    async def get_export(request: CrmRequest) -> Answer:
        return Answer(body=await crm.export_runs.get(id_of(request), actor=actor_of(request)))

    async def file(request: CrmRequest) -> Answer:
        found = await crm.export_runs.file(id_of(request), actor=actor_of(request))
        headers = {"Content-Disposition": f'attachment; filename="{found.name}"'}
        return Answer(stream=found.pieces, media_type=found.media_type, headers=headers)

    async def delete(request: CrmRequest) -> Answer:
        await crm.export_runs.delete(id_of(request), actor=actor_of(request))
        return Answer(status=204)

    return [
        Operation(
            id="begin_export",
            method="POST",
            path="/api/exports",
            tag="exports",
            summary="Export in the background",
            description=(
                "A job writes the file, which waits a week to be fetched. The same as the export of a record type, "
                "for lists that take longer than a request should. Needs `read` of the record type too."
            ),
            permission=READ,
            body=reference("NewExport"),
            example=EXAMPLE,
            success=Success(
                status=202, schema=reference("Export"), headers=("Location",), description="It is queued."
            ),
            refusals=(404,),
            handler=begin,
        ),
        Operation(
            id="list_exports",
            method="GET",
            path="/api/exports",
            tag="exports",
            summary="List your exports",
            description="The newest first. Who exported what stands in the audit.",
            permission=READ,
            parameters=(LIMIT,),
            success=Success(schema=reference("ExportList"), description="The exports."),
            refusals=(422,),
            handler=list_exports,
        ),
        Operation(
            id="get_export",
            method="GET",
            path=ONE,
            tag="exports",
            summary="Read how far an export is",
            permission=READ,
            parameters=(THE_EXPORT,),
            success=Success(schema=reference("Export"), description="The export."),
            refusals=(404,),
            handler=get_export,
        ),
        Operation(
            id="fetch_export",
            method="GET",
            path=f"{ONE}/file",
            tag="exports",
            summary="Fetch an exported file",
            description="409 while it is not ready.",
            permission=READ,
            parameters=(THE_EXPORT,),
            success=Success(description="The file, to be saved."),
            refusals=(404, 409),
            handler=file,
        ),
        Operation(
            id="delete_export",
            method="DELETE",
            path=ONE,
            tag="exports",
            summary="Delete an export",
            description="With its file; one that is being made stops.",
            permission=READ,
            parameters=(THE_EXPORT,),
            success=Success(status=204, description="It is gone."),
            refusals=(404,),
            handler=delete,
        ),
    ]
