"""What custom fields can be: field types and formats."""

from typing import TYPE_CHECKING

from crmcore.contracts.labels import text_of
from crmcore.http.answers import Answer
from crmcore.http.operation import Operation, Success, reference
from crmcore.http.request import CrmRequest

if TYPE_CHECKING:
    from crmcore.workspace import Crm


def field_type_operations(crm: "Crm") -> list[Operation]:
    """Return the list of field types and formats."""

    async def list_types(request: CrmRequest) -> Answer:
        language = request.language
        types = [
            {
                "key": key,
                "plugin": registered.plugin,
                "label": text_of(registered.item.label, language),
                "widget": registered.item.widget,
                "operators": list(registered.item.operators),
                "sensitive": registered.item.sensitive,
                "options_schema": registered.item.options_schema,
            }
            for key, registered in sorted(crm.registry.field_types.items())
        ]
        formats = [
            {
                "key": key,
                "plugin": registered.plugin,
                "label": text_of(registered.item.label, language),
                "description": text_of(registered.item.description, language),
                "examples": list(registered.item.examples),
                "options_schema": registered.item.options_schema,
                "sensitive": registered.item.sensitive,
            }
            for key, registered in sorted(crm.registry.validators.items())
        ]
        return Answer(body={"types": types, "formats": formats})

    return [
        Operation(
            id="list_field_types",
            method="GET",
            path="/api/field-types",
            tag="fields",
            summary="List field types and formats",
            description="What a field's `type` and `format` may be, with the schema of each one's options.",
            permission="field.read",
            success=Success(schema=reference("FieldTypes"), description="All that the loaded plugins bring."),
            handler=list_types,
        ),
    ]
