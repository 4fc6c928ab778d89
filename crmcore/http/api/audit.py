"""The audit over HTTP: its entries, its export, its verification."""

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from crmcore.audit.export import MEDIA_TYPES, Format, audit_file
from crmcore.audit.query import AuditQuery
from crmcore.audit.service import PERMISSION
from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.conversions import converted
from crmcore.http.listing import CURSOR, LIMIT, cursor_of, limit_of
from crmcore.http.operation import Operation, Parameter, Success, reference
from crmcore.http.request import CrmRequest
from crmcore.records.query import BadCursor

if TYPE_CHECKING:
    from crmcore.workspace import Crm

_TEXT = {"type": "string", "maxLength": 64}
_MOMENT = {"type": "string", "format": "date-time"}
_FILTERS = (
    ("actor", "The id of who did it.", _TEXT),
    ("record_type", "What it was done to: contact, session, token, plugin …", _TEXT),
    ("record_id", "The record it was done to.", {"type": "string", "format": "uuid"}),
    ("action", "What was done: create, update, sign_in, reveal …", _TEXT),
    ("since", "Not before this moment.", _MOMENT),
    ("until", "Before this moment.", _MOMENT),
)
_NAMES = tuple(name for name, _, _ in _FILTERS)


class _Export(Struct, frozen=True):
    format: Format = "jsonl"


class _Verify(Struct, frozen=True):
    expect: Annotated[str, Meta(pattern="^([0-9a-f]{64})?$")] = ""


def audit_operations(crm: "Crm") -> list[Operation]:
    """Return the list, the export and the verification of the audit."""

    async def list_audit(request: CrmRequest) -> Answer:
        values = request.query(*_NAMES, "limit", "cursor")
        cursor = cursor_of(values)
        entries, following = await crm.audit.page(
            _query(values),
            actor=actor_of(request),
            limit=limit_of(values),
            before=_before(cursor) if cursor else None,
        )
        return Answer(body={"items": entries, "next": following})

    async def export_audit(request: CrmRequest) -> Answer:
        values = request.query(*_NAMES, "format")
        kind = converted({"format": values.get("format", "jsonl")}, _Export).format
        actor = actor_of(request)
        entries = crm.audit.entries(_query(values), actor=actor)
        await crm.audit.note("export", "audit", "audit", actor=actor)
        headers = {"Content-Disposition": f'attachment; filename="audit.{kind}"'}
        return Answer(stream=audit_file(entries, kind), media_type=MEDIA_TYPES[kind], headers=headers)

    async def verify_audit(request: CrmRequest) -> Answer:
        values = request.query("expect")
        asked = converted({"expect": values.get("expect", "")}, _Verify)
        verdict = await crm.audit.verify(actor=actor_of(request), expect=asked.expect)
        return Answer(body={"sound": verdict.sound, **msgspec.structs.asdict(verdict)})

    filters = tuple(
        Parameter(name=name, where="query", description=description, schema=schema)
        for name, description, schema in _FILTERS
    )
    return [
        Operation(
            id="list_audit",
            method="GET",
            path="/api/audit",
            tag="audit",
            summary="List who did what",
            description="Every change of every record, and what was done to anything else; the newest first.",
            permission=PERMISSION,
            parameters=(*filters, LIMIT, CURSOR),
            success=Success(schema=reference("AuditList"), description="A page of entries."),
            refusals=(400, 422),
            handler=list_audit,
        ),
        Operation(
            id="export_audit",
            method="GET",
            path="/api/audit/export",
            tag="audit",
            summary="Export who did what",
            permission=PERMISSION,
            parameters=(
                *filters,
                Parameter(
                    name="format",
                    where="query",
                    description="JSON Lines, or CSV for a spreadsheet.",
                    schema={"type": "string", "enum": ["jsonl", "csv"], "default": "jsonl"},
                ),
            ),
            success=Success(description="The file, to be saved."),
            refusals=(400, 422),
            handler=export_audit,
        ),
        Operation(
            id="verify_audit",
            method="GET",
            path="/api/audit/verify",
            tag="audit",
            summary="Is the audit as it was written?",
            description=(
                "Goes through the whole chain of seals. Whatever was changed, added or deleted is named, up to "
                "100 faults. What was cut off at the end shows only against an `expect` that was kept elsewhere."
            ),
            permission=PERMISSION,
            parameters=(
                Parameter(
                    name="expect",
                    where="query",
                    description="The `head` of an earlier verdict.",
                    schema={"type": "string", "pattern": "^[0-9a-f]{64}$"},
                ),
            ),
            success=Success(schema=reference("AuditVerdict"), description="What was found."),
            refusals=(422,),
            handler=verify_audit,
        ),
    ]


def _before(cursor: str) -> UUID:
    try:
        return UUID(cursor)
    except ValueError as error:
        raise BadCursor from error


def _query(values: dict[str, str]) -> AuditQuery:
    asked: dict[str, Any] = {name: values[name] for name in _NAMES if values.get(name)}
    return converted(asked, AuditQuery)
