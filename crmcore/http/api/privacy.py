"""Personal data over HTTP: exports, erasures, and how long data is kept."""

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.conversions import converted
from crmcore.http.listing import id_of
from crmcore.http.operation import Operation, Parameter, Success, path_id, reference
from crmcore.http.request import CrmRequest
from crmcore.privacy.periods import MOST_DAYS
from crmcore.privacy.service import ERASE, EXPORT

if TYPE_CHECKING:
    from crmcore.workspace import Crm

HERE = "/api/contacts/{id:str}/personal-data"
_CONTACT = (path_id(description="The contact's id; a deleted contact's too."),)
_SHOWN_EXPORT = ("id", "state", "items", "size", "error", "created_at", "finished_at", "expires_at")


class Erase(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``confirm`` is what the preview says has to be written: the person's name."""

    confirm: Annotated[str, Meta(min_length=1, max_length=500)]


class GoOn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``skip`` leaves out the step that failed, ``plugin.key``, when nobody can do it any more."""

    skip: Annotated[str, Meta(max_length=100)] = ""


class NewPeriod(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many days; null keeps it for ever, where that is possible."""

    days: Annotated[int, Meta(ge=1, le=MOST_DAYS)] | None


def privacy_operations(crm: "Crm") -> list[Operation]:
    """Return the exports and the erasure of a contact, and the periods."""

    async def begin_export(request: CrmRequest) -> Answer:
        id = await crm.privacy.begin_export(id_of(request), actor=actor_of(request))
        return Answer(status=202, body=_export(await crm.privacy.exports.row(id)))

    async def list_exports(request: CrmRequest) -> Answer:
        contact = await crm.privacy.contact(id_of(request), EXPORT, actor=actor_of(request))
        rows = await crm.privacy.exports.of_contact(contact.id)
        return Answer(body={"items": [_export(row) for row in rows]})

    async def fetch_export(request: CrmRequest) -> Answer:
        actor = actor_of(request)
        contact = await crm.privacy.contact(id_of(request), EXPORT, actor=actor)
        export = id_of(request, "export")
        stream = await crm.privacy.exports.fetch(export, contact.id, actor=actor)
        headers = {"Content-Disposition": f'attachment; filename="personal-data-{export}.zip"'}
        return Answer(stream=stream, media_type="application/zip", headers=headers)

    async def preview(request: CrmRequest) -> Answer:
        return Answer(body=await crm.privacy.preview(id_of(request), actor=actor_of(request)))

    async def erase(request: CrmRequest) -> Answer:
        actor = actor_of(request)
        await crm.privacy.contact(id_of(request), ERASE, actor=actor)
        asked = converted(await request.document(), Erase)
        await crm.privacy.begin_erase(id_of(request), asked.confirm, actor=actor)
        return Answer(status=202, body=_erasure(await crm.privacy.status(id_of(request), actor=actor)))

    async def erasure(request: CrmRequest) -> Answer:
        return Answer(body=_erasure(await crm.privacy.status(id_of(request), actor=actor_of(request))))

    async def go_on(request: CrmRequest) -> Answer:
        actor = actor_of(request)
        found = await crm.privacy.status(id_of(request), actor=actor)
        asked = converted(await request.document(), GoOn)
        await crm.privacy.erasures.resume(found["id"], actor=actor, skip=asked.skip)
        return Answer(status=202, body=_erasure(await crm.privacy.status(id_of(request), actor=actor)))

    async def list_periods(request: CrmRequest) -> Answer:
        return Answer(body={"items": await crm.privacy.periods.all(actor=actor_of(request))})

    async def set_period(request: CrmRequest) -> Answer:
        actor = actor_of(request)
        kind = str(request.path_params["kind"])[:40]
        asked = converted(await request.document(), NewPeriod)
        await crm.privacy.periods.set(kind, asked.days, actor=actor)
        periods = await crm.privacy.periods.all(actor=actor)
        return Answer(body=next(period for period in periods if period.kind == kind))

    erased = Success(
        status=202, schema=reference("Erasure"), description="What is done and what is still to do."
    )
    return [
        Operation(
            id="begin_personal_export",
            method="POST",
            path=f"{HERE}/exports",
            tag="privacy",
            summary="Export everything that is stored of a person",
            description="A job writes one ZIP: JSON, the files, and a page for people. The audit says who asked.",
            permission=EXPORT,
            parameters=_CONTACT,
            success=Success(status=202, schema=reference("PersonalExport"), description="The export to be."),
            refusals=(404,),
            handler=begin_export,
        ),
        Operation(
            id="list_personal_exports",
            method="GET",
            path=f"{HERE}/exports",
            tag="privacy",
            summary="List the exports of a person",
            permission=EXPORT,
            parameters=_CONTACT,
            success=Success(schema=reference("PersonalExportList"), description="The newest first."),
            refusals=(404,),
            handler=list_exports,
        ),
        Operation(
            id="fetch_personal_export",
            method="GET",
            path=f"{HERE}/exports/{{export:str}}/file",
            tag="privacy",
            summary="Fetch the file of an export, once",
            description="It is deleted when the last byte was sent, and after seven days in any case.",
            permission=EXPORT,
            parameters=(*_CONTACT, path_id("export", "The export's id.")),
            success=Success(description="The ZIP file.", media_type="application/zip"),
            refusals=(404, 409),
            handler=fetch_export,
        ),
        Operation(
            id="preview_erasure",
            method="GET",
            path=f"{HERE}/preview",
            tag="privacy",
            summary="What would erasing a person take?",
            description=(
                "Counts by plugin and kind. `confirm` has to be sent to erase. Plugins that have tables and do not "
                "say what they keep of people are in `silent`: there nothing is erased."
            ),
            permission=ERASE,
            parameters=_CONTACT,
            success=Success(schema=reference("ErasurePreview"), description="Nothing was changed."),
            refusals=(404,),
            handler=preview,
        ),
        Operation(
            id="erase_person",
            method="POST",
            path=f"{HERE}/erase",
            tag="privacy",
            summary="Erase a person for good",
            description=(
                "A job erases kind by kind, here and in every plugin, with everything that was merged into the "
                "contact. It cannot be undone. A kind that fails stops it there and makes a task for a person."
            ),
            permission=ERASE,
            parameters=_CONTACT,
            body=reference("NewErasure"),
            example={"confirm": "Anna Petrova"},
            success=erased,
            refusals=(404, 409, 422),
            handler=erase,
        ),
        Operation(
            id="get_erasure",
            method="GET",
            path=f"{HERE}/erasure",
            tag="privacy",
            summary="How far has an erasure come?",
            permission=ERASE,
            parameters=_CONTACT,
            success=Success(schema=reference("Erasure"), description="The erasure with its steps."),
            refusals=(404,),
            handler=erasure,
        ),
        Operation(
            id="resume_erasure",
            method="POST",
            path=f"{HERE}/erasure/resume",
            tag="privacy",
            summary="Let a stopped erasure go on",
            permission=ERASE,
            parameters=_CONTACT,
            body=reference("ErasureResumption"),
            example={"skip": ""},
            success=erased,
            refusals=(404, 409, 422),
            handler=go_on,
        ),
        Operation(
            id="list_retention",
            method="GET",
            path="/api/retention",
            tag="privacy",
            summary="How long is each kind of data kept?",
            description="`due` is how much the next daily run deletes.",
            permission="settings.read",
            success=Success(schema=reference("RetentionList"), description="Every kind."),
            handler=list_periods,
        ),
        Operation(
            id="put_retention",
            method="PUT",
            path="/api/retention/{kind:str}",
            tag="privacy",
            summary="Keep a kind of data for so many days",
            permission="settings.write",
            parameters=(
                Parameter(
                    name="kind",
                    where="path",
                    description="The kind, as the list names it.",
                    required=True,
                    schema={"type": "string"},
                    example="conversations",
                ),
            ),
            body=reference("NewRetention"),
            example={"days": 1095},
            success=Success(schema=reference("Retention"), description="The period in force."),
            refusals=(404, 422),
            handler=set_period,
        ),
    ]


def _export(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in _SHOWN_EXPORT}


def _erasure(row: dict[str, Any]) -> dict[str, Any]:
    steps = [
        {name: step[name] for name in ("plugin", "key", "state", "erased", "error")} for step in row["steps"]
    ]
    task: UUID | None = row["task"]
    shown = {name: row[name] for name in ("id", "pseudonym", "state", "created_at", "finished_at")}
    return {**shown, "task_id": task, "steps": steps}
