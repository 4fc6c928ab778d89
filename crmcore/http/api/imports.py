"""Imports over HTTP: a file is uploaded, looked at, started, watched, stopped, gone on with and taken back."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from msgspec import Struct

from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.errors import Invalid, TooLarge
from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.conversions import converted
from crmcore.http.listing import LIMIT, id_of, limit_of
from crmcore.http.operation import Operation, Parameter, Success, path_id, reference
from crmcore.http.refusals import ClientGone
from crmcore.http.request import CrmRequest
from crmcore.importing.refused_rows import Left
from crmcore.importing.run import Import, ImportSettings
from crmcore.importing.service import READ, WRITE
from crmcore.importing.storage import MAX_UPLOAD

if TYPE_CHECKING:
    from crmcore.workspace import Crm

ONE = "/api/imports/{id:str}"
THE_IMPORT = path_id(description="The import's id.")
EXAMPLE = {"mapping": {"E-mail": "emails", "Town": "custom.city"}, "duplicates": "merge", "dry_run": True}

_NEEDED: Label = {"en": "Name it.", "ru": "Укажите это."}


class _Asked(Struct, frozen=True, kw_only=True):
    rows: Left = "refused"


def import_operations(crm: "Crm") -> list[Operation]:
    """Return everything that can be done with imports."""

    async def upload(request: CrmRequest) -> Answer:
        values = request.query("record_type", "file_name")
        problems = [
            Problem(path=f"/{name}", code="required", message=_NEEDED)
            for name in ("record_type", "file_name")
            if not values.get(name, "").strip()
        ]
        if problems:
            raise Invalid(problems=tuple(problems))
        run = await crm.imports.receive(
            values["record_type"][:60], values["file_name"], _blocks(request), actor=actor_of(request)
        )
        return Answer(status=201, body=document(run), headers={"Location": f"/api/imports/{run.id}"})

    async def list_imports(request: CrmRequest) -> Answer:
        limit = limit_of(request.query("limit"))
        runs = await crm.imports.newest(actor=actor_of(request), limit=limit)
        return Answer(body={"items": [document(run) for run in runs]})

    async def get_import(request: CrmRequest) -> Answer:
        return Answer(body=document(await crm.imports.get(id_of(request), actor=actor_of(request))))

    async def preview(request: CrmRequest) -> Answer:
        settings = converted(await request.document(), ImportSettings)
        return Answer(body=await crm.imports.preview(id_of(request), settings, actor=actor_of(request)))

    async def start(request: CrmRequest) -> Answer:
        settings = converted(await request.document(), ImportSettings)
        run = await crm.imports.start(id_of(request), settings, actor=actor_of(request))
        return Answer(status=202, body=document(run))

    async def errors(request: CrmRequest) -> Answer:
        actor = actor_of(request)
        id = id_of(request)
        left = converted(request.query("rows"), _Asked).rows
        pieces = await crm.imports.errors(id, actor=actor, language=request.language, left=left)
        name = "errors" if left == "refused" else left
        headers = {"Content-Disposition": f'attachment; filename="{name}-{id}.csv"'}
        return Answer(stream=pieces, media_type="text/csv", headers=headers)

    async def delete(request: CrmRequest) -> Answer:
        await crm.imports.delete(id_of(request), actor=actor_of(request))
        return Answer(status=204)

    def moved(move: "Callable[..., Awaitable[Import]]") -> "Callable[[CrmRequest], Awaitable[Answer]]":
        async def handler(request: CrmRequest) -> Answer:
            id: UUID = id_of(request)
            actor: Actor = actor_of(request)
            return Answer(status=202, body=document(await move(id, actor=actor)))

        return handler

    def action(
        name: str, summary: str, description: str, move: "Callable[..., Awaitable[Import]]"
    ) -> Operation:
        return Operation(
            id=f"{name}_import",
            method="POST",
            path=f"{ONE}/{name}",
            tag="imports",
            summary=summary,
            description=description,
            permission=WRITE,
            parameters=(THE_IMPORT,),
            success=Success(status=202, schema=reference("Import"), description="It will be done."),
            refusals=(404, 409),
            handler=moved(move),
        )

    types = list(crm.registry.record_types)
    return [
        Operation(
            id="upload_import",
            method="POST",
            path="/api/imports",
            tag="imports",
            summary="Upload a file to import",
            description=(
                "The body is the file itself, CSV or XLSX, at most 2 GB, written to the disk as it comes. Nothing is "
                "imported yet. The file and what became of its rows are forgotten after thirty days."
            ),
            permission=WRITE,
            parameters=(
                Parameter(
                    name="record_type",
                    where="query",
                    description="What its rows are.",
                    required=True,
                    schema={"type": "string", "enum": types},
                ),
                Parameter(
                    name="file_name",
                    where="query",
                    description="What people call the file.",
                    required=True,
                    schema={"type": "string", "maxLength": 2000},
                    example="people.xlsx",
                ),
            ),
            body={"type": "string", "format": "binary"},
            body_media_type="application/octet-stream",
            success=Success(
                status=201, schema=reference("Import"), headers=("Location",), description="It was kept."
            ),
            refusals=(404,),
            handler=upload,
        ),
        Operation(
            id="list_imports",
            method="GET",
            path="/api/imports",
            tag="imports",
            summary="List imports",
            description="Your own, with `import.any` everybody's, the newest first.",
            permission=READ,
            parameters=(LIMIT,),
            success=Success(schema=reference("ImportList"), description="The imports."),
            refusals=(422,),
            handler=list_imports,
        ),
        Operation(
            id="get_import",
            method="GET",
            path=ONE,
            tag="imports",
            summary="Read how far an import is",
            permission=READ,
            parameters=(THE_IMPORT,),
            success=Success(schema=reference("Import"), description="The import."),
            refusals=(404,),
            handler=get_import,
        ),
        Operation(
            id="preview_import",
            method="POST",
            path=f"{ONE}/preview",
            tag="imports",
            summary="Look at an import before it begins",
            description=(
                "How the file is read, which column goes where, samples of each, and what would become of the first "
                "fifty rows: the first ten and all that would be refused are shown. Nothing is written."
            ),
            permission=WRITE,
            parameters=(THE_IMPORT,),
            body=reference("ImportSettings"),
            example={},
            success=Success(schema=reference("ImportPreview"), description="The preview."),
            refusals=(404, 409),
            handler=preview,
        ),
        Operation(
            id="start_import",
            method="POST",
            path=f"{ONE}/start",
            tag="imports",
            summary="Start an import",
            description=(
                "A job imports row after row through the checks of a form. After a dry run, which only checks, it is "
                "started again without `dry_run`."
            ),
            permission=WRITE,
            parameters=(THE_IMPORT,),
            body=reference("ImportSettings"),
            example=EXAMPLE,
            success=Success(status=202, schema=reference("Import"), description="It is queued."),
            refusals=(404, 409),
            handler=start,
        ),
        action(
            "cancel",
            "Stop an import",
            "It ends after the rows that are being written. What was imported stays: resume or undo it.",
            lambda id, **by: crm.imports.cancel(id, **by),
        ),
        action(
            "resume",
            "Go on with an import",
            "After a cancellation, a failure or a crash: it goes on behind the last row that was worked on.",
            lambda id, **by: crm.imports.resume(id, **by),
        ),
        action(
            "undo",
            "Take an import back",
            "Deletes what it created and puts back what it changed, unless it was changed since: that is kept.",
            lambda id, **by: crm.imports.undo(id, **by),
        ),
        Operation(
            id="import_errors",
            method="GET",
            path=f"{ONE}/errors",
            tag="imports",
            summary="Download the refused or the skipped rows",
            description=(
                "As CSV: the file's columns, and the reasons in a last one in your language. Of rows that were "
                "skipped as known: their number, by what they are known, and the id of the record, empty for an "
                "earlier row of the same file in a dry run."
            ),
            permission=READ,
            parameters=(
                THE_IMPORT,
                Parameter(
                    name="rows",
                    where="query",
                    description="Which rows.",
                    schema={"type": "string", "enum": ["refused", "skipped"], "default": "refused"},
                ),
            ),
            success=Success(schema={"type": "string"}, media_type="text/csv", description="The file."),
            refusals=(404, 409, 422),
            handler=errors,
        ),
        Operation(
            id="delete_import",
            method="DELETE",
            path=ONE,
            tag="imports",
            summary="Forget an import",
            description="With its file. What it imported stays, and cannot be undone any more.",
            permission=WRITE,
            parameters=(THE_IMPORT,),
            success=Success(status=204, description="It is gone."),
            refusals=(404, 409),
            handler=delete,
        ),
    ]


def document(run: Import) -> dict[str, Any]:
    """Return an import as it is served."""
    return {name: getattr(run, name) for name in run.__struct_fields__}


async def _blocks(request: CrmRequest) -> AsyncIterator[bytes]:
    """Yield the body as it comes."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > MAX_UPLOAD:
        raise TooLarge(limit=MAX_UPLOAD, headers={"Connection": "close"})
    more = True
    while more:
        event: dict[str, Any] = dict(await request.receive())
        if event["type"] == "http.disconnect":
            raise ClientGone
        yield event.get("body", b"")
        more = event.get("more_body", False)
