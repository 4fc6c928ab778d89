"""What becomes of custom fields and their values, over HTTP: further names, exports, where values come from."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from msgspec import Meta, Struct

from crmcore.contracts.records import RecordType
from crmcore.http.answers import Answer
from crmcore.http.api.addresses import label, record_types
from crmcore.http.api.fields import field_answer
from crmcore.http.auth import actor_of
from crmcore.http.conversions import converted
from crmcore.http.listing import CURSOR, LIMIT, id_of, limit_of
from crmcore.http.operation import Operation, Success, path_id, reference
from crmcore.http.request import CrmRequest
from crmcore.http.versions import asked_version
from crmcore.records.query import BadCursor

if TYPE_CHECKING:
    from crmcore.workspace import Crm


class FieldName(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A further name of a custom field."""

    name: Annotated[str, Meta(max_length=63)]
    version: int | None = None


def field_life_operations(crm: "Crm") -> list[Operation]:
    """Return the rename of a field, its values, and the origins of the custom values of every record type."""

    async def rename_field(request: CrmRequest) -> Answer:
        asked = converted(await request.document(), FieldName)
        version = asked_version(request, asked.version)
        definition = await crm.fields.rename(
            id_of(request), asked.name, actor=actor_of(request), version=version
        )
        return field_answer(definition, request)

    async def field_values(request: CrmRequest) -> Answer:
        asked = request.query("limit", "cursor")
        limit = limit_of(asked)
        try:
            after = UUID(asked["cursor"]) if asked.get("cursor") else None
        except ValueError as error:
            raise BadCursor from error
        found = await crm.fields.values(id_of(request), actor=actor_of(request), after=after, limit=limit + 1)
        page = found[:limit]
        return Answer(body={"items": page, "next": page[-1].id if len(found) > limit else None})

    one, parameters = "/api/fields/{id:str}", (path_id(description="The field's id."),)
    return [
        Operation(
            id="rename_field",
            method="POST",
            path=f"{one}/rename",
            tag="fields",
            summary="Give a custom field a further name",
            description=(
                "The key is an id and stays. From now on documents and filters may use the new name as well, and"
                " nothing that knows the old one loses anything."
            ),
            permission="field.write",
            parameters=parameters,
            body=reference("FieldName"),
            example={"name": "level"},
            success=Success(schema=reference("Field"), headers=("ETag",), description="The field."),
            refusals=(403, 404, 409, 422),
            handler=rename_field,
        ),
        Operation(
            id="field_values",
            method="GET",
            path=f"{one}/values",
            tag="fields",
            summary="Export the values of a custom field",
            description="All records that have one and that you may see, by id; also of a retired field.",
            permission="field.read",
            parameters=(*parameters, LIMIT, CURSOR),
            success=Success(schema=reference("FieldValues"), description="One page."),
            refusals=(400, 404, 422),
            handler=field_values,
        ),
        *(_provenance(crm, kind) for kind in record_types(crm) if kind.custom_fields),
    ]


def _provenance(crm: "Crm", record_type: RecordType) -> Operation:
    key, plural = record_type.key, record_type.plural

    async def get_provenance(request: CrmRequest) -> Answer:
        request.query()
        return Answer(body=await crm.records.provenance(key, id_of(request), actor=actor_of(request)))

    return Operation(
        id=f"{key}_provenance",
        method="GET",
        path=f"/api/{plural}/{{id:str}}/provenance",
        tag=plural,
        summary=f"Read where the custom values of one {label(record_type)} come from",
        description="By custom field: who wrote the value, when, and by which version of a plugin.",
        permission=f"{key}.read",
        parameters=(path_id(),),
        success=Success(schema=reference("ValueOrigins"), description="One entry for each custom value."),
        refusals=(404,),
        handler=get_provenance,
    )
