"""Records of every type over HTTP: contacts, conversations, a plugin's own orders."""

from typing import TYPE_CHECKING, Any

from crmcore.contracts.records import RecordType
from crmcore.http.answers import Answer
from crmcore.http.api.addresses import changeable, component, label, labels, record_types, restorable
from crmcore.http.auth import actor_of
from crmcore.http.listing import CURSOR, LIMIT, id_of, limit_of, list_query
from crmcore.http.operation import Operation, Parameter, Schema, Success, path_id, reference
from crmcore.http.request import CrmRequest
from crmcore.http.versions import asked_version, etag

if TYPE_CHECKING:
    from crmcore.workspace import Crm

IF_MATCH = Parameter(
    name="If-Match",
    where="header",
    description="The version you have read, as its `ETag` gave it. Another stored version is answered 409.",
    schema={"type": "string"},
    example='"3"',
)
VERSION = Parameter(
    name="version",
    where="query",
    description="The version you have read, for clients that cannot send `If-Match`.",
    schema={"type": "integer", "minimum": 1},
)
REASON = Parameter(
    name="reason",
    where="query",
    description="Why, for the history.",
    schema={"type": "string", "maxLength": 500},
)
FLAG = {"type": "boolean", "default": False}
_SORT_CUSTOM = (
    " `custom.KEY` is possible for filterable custom fields whose values compare; records without one come last "
    "either way."
)


def record_operations(crm: "Crm") -> list[Operation]:
    """Return list, create, get, change, delete, restore and history for every record type."""
    operations: list[Operation] = []
    for record_type in record_types(crm):
        operations += _reading(crm, record_type)
        operations += _writing(crm, record_type)
    return operations


def _reading(crm: "Crm", record_type: RecordType) -> list[Operation]:
    key, plural, name = record_type.key, record_type.plural, component(record_type)

    async def list_records(request: CrmRequest) -> Answer:
        query, wants_total = list_query(request, record_type)
        actor = actor_of(request)
        page = await crm.records.list(key, query, actor=actor)
        body: dict[str, Any] = {"items": [record.document for record in page.items], "next": page.next}
        if wants_total:
            whole = page.next is None and not query.cursor
            body["total"] = len(page.items) if whole else await crm.records.count(key, query, actor=actor)
        return Answer(body=body)

    async def get_record(request: CrmRequest) -> Answer:
        request.query()
        record = await crm.records.get(key, id_of(request), actor=actor_of(request))
        return Answer(body=record.document, headers=etag(record))

    async def get_history(request: CrmRequest) -> Answer:
        limit = limit_of(request.query("limit"))
        id, actor = id_of(request), actor_of(request)
        entries = await crm.records.history(key, id, actor=actor, limit=limit, language=request.language)
        if not entries:
            await crm.records.get(key, id, actor=actor)
        return Answer(body={"items": entries})

    return [
        Operation(
            id=f"list_{plural}",
            method="GET",
            path=f"/api/{plural}",
            tag=plural,
            summary=f"List {labels(record_type)}",
            description=f"A page of {labels(record_type)} in a stable order. `next` is the following page's cursor.",
            permission=f"{key}.read",
            parameters=_list_parameters(record_type),
            success=Success(schema=reference(f"{name}Page"), description="One page."),
            refusals=(400, 422),
            handler=list_records,
        ),
        Operation(
            id=f"get_{key}",
            method="GET",
            path=f"/api/{plural}/{{id:str}}",
            tag=plural,
            summary=f"Read one {label(record_type)}",
            description="`ETag` is its version. A record that was merged into another is a 404 with `merged_into`.",
            permission=f"{key}.read",
            parameters=(path_id(),),
            success=Success(schema=reference(name), headers=("ETag",), description="The record."),
            refusals=(404,),
            handler=get_record,
        ),
        Operation(
            id=f"{key}_history",
            method="GET",
            path=f"/api/{plural}/{{id:str}}/history",
            tag=plural,
            summary=f"Read the history of one {label(record_type)}",
            description="Its newest changes: who, what (`{field: [before, after]}`), when and why.",
            permission=f"{key}.read",
            parameters=(path_id(), LIMIT),
            success=Success(schema=reference("History"), description="The newest changes first."),
            refusals=(404, 422),
            handler=get_history,
        ),
    ]


def _list_parameters(record_type: RecordType) -> tuple[Parameter, ...]:
    tags = ["tags"] if record_type.tags else []
    filters = ", ".join(f"`{field}`" for field in (*record_type.filters, *tags)) or "none"
    custom = " and `custom.KEY` of filterable custom fields" if record_type.custom_fields else ""
    deleted = Parameter(
        name="deleted", where="query", description="List what was deleted instead.", schema=FLAG
    )
    return (
        Parameter(
            name="q",
            where="query",
            description="Words that the record must have: names, subjects, contact points.",
            schema={"type": "string", "maxLength": 200},
        ),
        Parameter(
            name="filter",
            where="query",
            description=f"A filter as JSON, see `Filter`. Fields: {filters}{custom}.",
            schema={
                "type": "string",
                "contentMediaType": "application/json",
                "contentSchema": reference("Filter"),
            },
            example=_filter_example(record_type),
        ),
        Parameter(
            name="sort",
            where="query",
            description=f"The order; a minus turns it round.{_SORT_CUSTOM if record_type.custom_fields else ''}",
            schema=_sorts(record_type),
        ),
        LIMIT,
        CURSOR,
        Parameter(
            name="fields",
            where="query",
            description="Names of the fields to return, separated by commas; `id` always comes.",
            schema={"type": "string"},
        ),
        Parameter(name="total", where="query", description="Add `total`, how many there are.", schema=FLAG),
        *([deleted] if restorable(record_type) else []),
    )


def _sorts(record_type: RecordType) -> Schema:
    own: Schema = {"enum": [sign + field for field in record_type.sorts for sign in ("", "-")]}
    if not record_type.custom_fields:
        return {"type": "string", **own, "default": record_type.default_sort}
    custom: Schema = {"pattern": "^-?custom[.][a-z][a-z0-9_]*$"}
    return {
        "type": "string",
        "maxLength": 80,
        "anyOf": [own, custom],
        "default": record_type.default_sort,
    }


def _filter_example(record_type: RecordType) -> str | None:
    for field in record_type.filters:
        choices = record_type.properties.get(field, {}).get("enum")
        if choices:
            return f'{{"field": "{field}", "op": "eq", "value": "{choices[0]}"}}'
    return None


def _writing(crm: "Crm", record_type: RecordType) -> list[Operation]:
    key, plural, name = record_type.key, record_type.plural, component(record_type)
    one = f"/api/{plural}/{{id:str}}"

    async def create_record(request: CrmRequest) -> Answer:
        record = await crm.records.create(key, await request.document(), actor=actor_of(request))
        headers = etag(record) | {"Location": f"/api/{plural}/{record.id}"}
        return Answer(status=201, body=record.document, headers=headers)

    async def change_record(request: CrmRequest) -> Answer:
        changes = await request.document()
        version = asked_version(request, changes.pop("version", None))
        record = await crm.records.update(
            key, id_of(request), changes, actor=actor_of(request), version=version
        )
        return Answer(body=record.document, headers=etag(record))

    async def delete_record(request: CrmRequest) -> Answer:
        values = request.query("version", "reason")
        given = values.get("version")
        version = asked_version(request, int(given) if given and given.isdecimal() else given)
        await crm.records.delete(
            key,
            id_of(request),
            actor=actor_of(request),
            version=version,
            reason=values.get("reason", "")[:500],
        )
        return Answer(status=204)

    async def restore_record(request: CrmRequest) -> Answer:
        record = await crm.records.restore(key, id_of(request), actor=actor_of(request))
        return Answer(body=record.document, headers=etag(record))

    operations = []
    if record_type.creatable:
        operations.append(
            Operation(
                id=f"create_{key}",
                method="POST",
                path=f"/api/{plural}",
                tag=plural,
                summary=f"Create one {label(record_type)}",
                description="Send an `Idempotency-Key` to make a retry safe.",
                permission=f"{key}.write",
                body=reference(f"{name}Create"),
                success=Success(
                    status=201,
                    schema=reference(name),
                    headers=("ETag", "Location"),
                    description="It was created.",
                ),
                refusals=(409, 422),
                idempotency="together",
                handler=create_record,
            )
        )
    if changeable(record_type):
        operations.append(
            Operation(
                id=f"change_{key}",
                method="PATCH",
                path=one,
                tag=plural,
                summary=f"Change one {label(record_type)}",
                description=(
                    "Changes the fields that are sent and no others; `null` empties a custom field. With `version` "
                    "or `If-Match` a later change by somebody else is never overwritten: 409 with `current`."
                ),
                permission=f"{key}.write",
                parameters=(path_id(), IF_MATCH),
                body=reference(f"{name}Changes"),
                success=Success(
                    schema=reference(name), headers=("ETag",), description="The record as it is now."
                ),
                refusals=(404, 409, 422),
                handler=change_record,
            )
        )
    if record_type.deletable:
        operations.append(
            Operation(
                id=f"delete_{key}",
                method="DELETE",
                path=one,
                tag=plural,
                summary=f"Delete one {label(record_type)}",
                permission=f"{key}.delete",
                parameters=(path_id(), IF_MATCH, VERSION, REASON),
                success=Success(status=204, description="It was deleted."),
                refusals=(404, 409, 422),
                handler=delete_record,
            )
        )
    if restorable(record_type):
        operations.append(
            Operation(
                id=f"restore_{key}",
                method="POST",
                path=f"{one}/restore",
                tag=plural,
                summary=f"Restore one deleted {label(record_type)}",
                permission=f"{key}.write",
                parameters=(path_id(),),
                success=Success(schema=reference(name), headers=("ETag",), description="It is back."),
                refusals=(404, 422),
                handler=restore_record,
            )
        )
    return operations
