"""The published JSON Schemas of record types."""

from typing import TYPE_CHECKING

from crmcore.contracts.labels import text_of
from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.operation import Operation, Parameter, Success, reference
from crmcore.http.request import CrmRequest

if TYPE_CHECKING:
    from crmcore.workspace import Crm


def schema_operations(crm: "Crm") -> list[Operation]:
    """Return the list of schemas and each schema."""

    async def list_schemas(request: CrmRequest) -> Answer:
        actor_of(request)
        language = request.language
        items = [
            {
                "record_type": key,
                "plural": kind.plural,
                "label": text_of(kind.label, language),
                "label_plural": text_of(kind.label_plural, language),
                "custom_fields": kind.custom_fields,
                "schema": f"/api/schemas/{key}",
            }
            for key, kind in sorted(crm.records.types.items())
        ]
        return Answer(body={"items": items})

    async def get_schema(request: CrmRequest) -> Answer:
        key = str(request.path_params["type"])
        return Answer(body=await crm.records.schema(key, request.language, actor=actor_of(request)))

    return [
        Operation(
            id="list_schemas",
            method="GET",
            path="/api/schemas",
            tag="schemas",
            summary="List record types and their schemas",
            permission="schema.read",
            success=Success(schema=reference("SchemaList"), description="All record types."),
            handler=list_schemas,
        ),
        Operation(
            id="get_schema",
            method="GET",
            path="/api/schemas/{type:str}",
            tag="schemas",
            summary="Read the JSON Schema of a record type",
            description=(
                "One JSON Schema (2020-12) for the base fields and the custom fields, with titles in your language "
                "and `x-crm` annotations. It is what every write is checked against."
            ),
            permission="schema.read",
            parameters=(
                Parameter(
                    name="type",
                    where="path",
                    required=True,
                    description="The record type's key.",
                    schema={"type": "string"},
                    example="contact",
                ),
            ),
            success=Success(schema={"type": "object"}, description="The schema."),
            refusals=(404,),
            handler=get_schema,
        ),
    ]
