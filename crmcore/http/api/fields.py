"""Custom fields over HTTP."""

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from crmcore.contracts.fields import CustomField, Leaving
from crmcore.contracts.labels import Label, text_of
from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.conversions import converted
from crmcore.http.listing import flag_of, id_of
from crmcore.http.operation import Operation, Parameter, Success, path_id, reference
from crmcore.http.problems import problem_entry
from crmcore.http.request import CrmRequest
from crmcore.http.versions import asked_version
from crmcore.records.definition import Definition
from crmcore.records.field_life import Outcome

if TYPE_CHECKING:
    from crmcore.workspace import Crm

Name = Annotated[str, Meta(max_length=63)]
Text = Annotated[str, Meta(max_length=2000)]
Texts = Text | dict[Annotated[str, Meta(max_length=8)], Text]
Order = Annotated[int, Meta(ge=0, le=1_000_000)]


class NewField(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A custom field to define; texts are one for everybody or one per language."""

    record_type: Name
    key: Name
    label: Texts
    type: Name = "text"
    options: dict[str, Any] = msgspec.field(default_factory=dict)
    format: Name = ""
    description: Texts = ""
    group: Texts = ""
    order: Order = 100
    required: bool = False
    read_only: bool = False
    filterable: bool = False
    default: Any = None
    required_when: Name = ""
    required_before_leaving: Leaving | None = None
    rule: dict[str, Any] = msgspec.field(default_factory=dict)


class FieldChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What changes about a custom field; its key and record type stay.

    ``outcome`` and ``map`` say what becomes of stored values that the new rule refuses.
    """

    version: int | UnsetType = UNSET
    label: Texts | UnsetType = UNSET
    type: Name | UnsetType = UNSET
    options: dict[str, Any] | UnsetType = UNSET
    format: Name | UnsetType = UNSET
    description: Texts | UnsetType = UNSET
    group: Texts | UnsetType = UNSET
    order: Order | UnsetType = UNSET
    required: bool | UnsetType = UNSET
    read_only: bool | UnsetType = UNSET
    filterable: bool | UnsetType = UNSET
    default: Any = UNSET
    required_when: Name | UnsetType = UNSET
    required_before_leaving: Leaving | UnsetType | None = UNSET
    rule: dict[str, Any] | UnsetType = UNSET
    outcome: Outcome | UnsetType = UNSET
    map: dict[str, Any] | UnsetType = UNSET


def field_operations(crm: "Crm") -> list[Operation]:
    """Return list, create, get, change, retire and restore of custom fields, and the plan of one."""

    async def list_fields(request: CrmRequest) -> Answer:
        values = request.query("record_type", "retired")
        actor = actor_of(request)
        wanted = values.get("record_type")
        found: list[Definition] = []
        if flag_of(values, "retired"):
            found += [
                item for item in await crm.fields.retired(actor=actor) if wanted in (None, item.record_type)
            ]
        else:
            kinds = [key for key, kind in crm.records.types.items() if kind.custom_fields]
            for key in [wanted] if wanted else kinds:
                found += await crm.fields.list(key, actor=actor)
        return Answer(body={"items": [document_of(item, request.language) for item in found]})

    async def create_field(request: CrmRequest) -> Answer:
        asked = converted(await request.document(), NewField)
        field = CustomField(**msgspec.structs.asdict(asked))
        definition = await crm.fields.create(field, actor=actor_of(request))
        return field_answer(definition, request, status=201)

    async def plan_field(request: CrmRequest) -> Answer:
        asked = converted(await request.document(), NewField)
        plan = await crm.fields.plan(CustomField(**msgspec.structs.asdict(asked)), actor=actor_of(request))
        samples = {
            name: [
                {
                    "id": sample.id,
                    "title": sample.title,
                    "problem": problem_entry(sample.problem, request.language),
                }
                for sample in found
            ]
            for name, found in (("samples", plan.samples), ("stopped_samples", plan.stopped_samples))
        }
        return Answer(body=msgspec.structs.asdict(plan) | samples)

    async def get_field(request: CrmRequest) -> Answer:
        return field_answer(await crm.fields.get(id_of(request), actor=actor_of(request)), request)

    async def change_field(request: CrmRequest) -> Answer:
        asked = converted(await request.document(), FieldChanges)
        id, actor = id_of(request), actor_of(request)
        changes = {name: value for name, value in msgspec.structs.asdict(asked).items() if value is not UNSET}
        version = asked_version(request, changes.pop("version", None))
        outcome, mapping = changes.pop("outcome", "grandfather"), changes.pop("map", None)
        before = await crm.fields.get(id, actor=actor)
        field = msgspec.structs.replace(before.as_custom_field(), **changes)
        # What was read above is the version that the changes were laid over.
        definition = await crm.fields.update(
            id, field, actor=actor, version=version or before.version, outcome=outcome, mapping=mapping
        )
        return field_answer(definition, request)

    async def delete_field(request: CrmRequest) -> Answer:
        await crm.fields.delete(id_of(request), actor=actor_of(request))
        return Answer(status=204)

    async def restore_field(request: CrmRequest) -> Answer:
        return field_answer(await crm.fields.restore(id_of(request), actor=actor_of(request)), request)

    one = "/api/fields/{id:str}"
    parameters = (path_id(description="The field's id."),)
    field = Success(schema=reference("Field"), headers=("ETag",), description="The field.")
    return [
        Operation(
            id="list_fields",
            method="GET",
            path="/api/fields",
            tag="fields",
            summary="List custom fields",
            description="In the order in which forms show them. A `dormant` field says why it cannot be written now.",
            permission="field.read",
            parameters=(
                Parameter(
                    name="record_type",
                    where="query",
                    description="Only the fields of this record type.",
                    schema={"type": "string"},
                    example="contact",
                ),
                Parameter(
                    name="retired",
                    where="query",
                    description="List the fields that were retired instead.",
                    schema={"type": "boolean", "default": False},
                ),
            ),
            success=Success(schema=reference("FieldList"), description="All of them."),
            refusals=(404, 422),
            handler=list_fields,
        ),
        Operation(
            id="create_field",
            method="POST",
            path="/api/fields",
            tag="fields",
            summary="Define a custom field",
            description="It is part of the record type's schema, forms, filters and API at once.",
            permission="field.write",
            body=reference("NewField"),
            example=EXAMPLE,
            success=Success(
                status=201,
                schema=reference("Field"),
                headers=("ETag", "Location"),
                description="It was defined.",
            ),
            refusals=(404, 409, 422),
            idempotency="together",
            handler=create_field,
        ),
        Operation(
            id="plan_field",
            method="POST",
            path="/api/fields/plan",
            tag="fields",
            summary="Try a field's definition on the stored records",
            description=(
                "How many records have a value that the definition would refuse, which, and why; how many are"
                " `stopped`: they lack the value and stand in a choice that they could not leave without it."
                " Nothing is changed. With the key of a field that there is, it tells what changing that field would"
                " mean."
            ),
            permission="field.write",
            body=reference("NewField"),
            example=EXAMPLE,
            success=Success(schema=reference("FieldPlan"), description="What would be."),
            refusals=(404,),
            handler=plan_field,
        ),
        Operation(
            id="get_field",
            method="GET",
            path=one,
            tag="fields",
            summary="Read one custom field",
            permission="field.read",
            parameters=parameters,
            success=field,
            refusals=(404,),
            handler=get_field,
        ),
        Operation(
            id="change_field",
            method="PATCH",
            path=one,
            tag="fields",
            summary="Change a custom field",
            description=(
                "`outcome` says what becomes of stored values that the new rule refuses: `grandfather` leaves them"
                " alone until somebody changes them, `reject` changes nothing (422 `records_would_fail` with the"
                " `plan`), `map` replaces them by `map`, where `*` stands for all that would be refused. Choices left"
                " out that records have are retired."
            ),
            permission="field.write",
            parameters=parameters,
            body=reference("FieldChanges"),
            success=field,
            refusals=(403, 404, 409, 422),
            handler=change_field,
        ),
        Operation(
            id="delete_field",
            method="DELETE",
            path=one,
            tag="fields",
            summary="Retire a custom field",
            description="Values stay in the records and come back with the field.",
            permission="field.write",
            parameters=parameters,
            success=Success(status=204, description="It was retired."),
            refusals=(403, 404),
            handler=delete_field,
        ),
        Operation(
            id="restore_field",
            method="POST",
            path=f"{one}/restore",
            tag="fields",
            summary="Bring a retired field back",
            permission="field.write",
            parameters=parameters,
            success=field,
            refusals=(404,),
            handler=restore_field,
        ),
    ]


EXAMPLE = {
    "record_type": "contact",
    "key": "tier",
    "label": {"en": "Tier", "ru": "Уровень"},
    "type": "drop_down",
    "options": {"choices": [{"value": "gold", "label": {"en": "Gold", "ru": "Золотой"}}]},
    "filterable": True,
}


def document_of(definition: Definition, language: str) -> dict[str, Any]:
    """Return a definition as the API shows it; ``dormant`` is a sentence in ``language``."""
    dormant: Label = definition.dormant
    asleep: Label = definition.leaving_asleep
    declared = msgspec.structs.asdict(definition.as_custom_field())
    del declared["compute"]
    return {
        "id": definition.id,
        "version": definition.version,
        "owner": definition.owner or None,
        **declared,
        "leaving_asleep": text_of(asleep, language) if asleep else None,
        "aliases": list(definition.aliases),
        "deleted_at": definition.deleted_at,
        "schema": definition.schema,
        "dormant": text_of(dormant, language) if dormant else None,
    }


def field_answer(definition: Definition, request: CrmRequest, status: int = 200) -> Answer:
    headers = {"ETag": f'"{definition.version}"'}
    if status == 201:
        headers["Location"] = f"/api/fields/{definition.id}"
    return Answer(status=status, body=document_of(definition, request.language), headers=headers)
