"""One sensitive value in the clear, for who may see it; that somebody did stays in the history."""

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from crmcore.contracts.records import RecordType
from crmcore.http.answers import Answer
from crmcore.http.api.addresses import component, label, record_types
from crmcore.http.auth import actor_of
from crmcore.http.conversions import converted
from crmcore.http.listing import id_of
from crmcore.http.operation import Operation, Success, path_id, reference
from crmcore.http.request import CrmRequest
from crmcore.records.reveal import MAX_REASON, PERMISSION

if TYPE_CHECKING:
    from crmcore.workspace import Crm


class RevealValue(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which custom field to show (``ssn`` or ``custom.ssn``), and why, for the history."""

    field: Annotated[str, Meta(min_length=1, max_length=100)]
    reason: Annotated[str, Meta(min_length=1, max_length=MAX_REASON)]


def reveal_operations(crm: "Crm") -> list[Operation]:
    """Return the operation for every record type with custom fields."""
    return [_reveal(crm, kind) for kind in record_types(crm) if kind.custom_fields]


def _reveal(crm: "Crm", record_type: RecordType) -> Operation:
    async def reveal(request: CrmRequest) -> Answer:
        asked = converted(await request.document(), RevealValue)
        found = await crm.records.reveal(
            record_type.key, id_of(request), asked.field, reason=asked.reason, actor=actor_of(request)
        )
        return Answer(body={"field": found.field, "value": found.value})

    return Operation(
        id=f"reveal_{record_type.key}_value",
        method="POST",
        path=f"/api/{record_type.plural}/{{id:str}}/reveal",
        tag=record_type.plural,
        summary=f"Show one sensitive value of one {label(record_type)}",
        description=(
            f"Records carry masks of sensitive custom fields (`•••• 4399`). A holder of `{PERMISSION}` gets the "
            "value of one field, at most twenty a minute and five hundred a day; who, when and why is an entry "
            f"`reveal` in the history of the {component(record_type)}, written before the value is told."
        ),
        permission=PERMISSION,
        parameters=(path_id(),),
        body=reference("RevealValue"),
        example={"field": "ssn", "reason": "The customer called about form W-9"},
        success=Success(schema=reference("RevealedValue"), description="The value, or null."),
        refusals=(404, 422, 429),
        handler=reveal,
    )
