"""Roles over HTTP."""

from typing import TYPE_CHECKING, Any

from crmcore.accounts.role import NewRole, RoleChanges, RoleEntry
from crmcore.contracts.labels import text_of
from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.conversions import converted
from crmcore.http.operation import Operation, Parameter, Success, reference
from crmcore.http.request import CrmRequest
from crmcore.http.versions import asked_version

if TYPE_CHECKING:
    from crmcore.workspace import Crm

ONE = "/api/roles/{key:str}"
THE_ROLE = Parameter(
    name="key",
    where="path",
    required=True,
    description="The role's key.",
    schema={"type": "string", "maxLength": 30},
    example="agent",
)
RULES = (
    "`permissions` are patterns (`contact.read`, `task.*`, `*.read`); what none names is denied. `rows` narrow "
    "them: a pattern (`contact.read`, `conversation.*`, `*.read`, `*`; the most exact one counts) to `own`, `team`, "
    "`all` or a row scope of a plugin. `fields` make fields of a record type `hidden` or `read_only`; custom "
    "fields are `custom.KEY`. Nobody makes or changes a role that may more than he may himself."
)


def role_operations(crm: "Crm") -> list[Operation]:
    """Return list, create, read, change and delete of roles."""

    async def list_roles(request: CrmRequest) -> Answer:
        actor = actor_of(request)
        roles = await crm.roles.list(actor=actor)
        scopes = [
            {"key": key, "label": text_of(scope.label, request.language), "record_types": scope.record_types}
            for key, scope in crm.roles.scopes().items()
        ]
        return Answer(body={"items": roles, "row_scopes": scopes})

    async def create_role(request: CrmRequest) -> Answer:
        role = await crm.roles.create(converted(await request.document(), NewRole), actor=actor_of(request))
        return Answer(status=201, body=role, headers=_etag(role) | {"Location": f"/api/roles/{role.key}"})

    async def get_role(request: CrmRequest) -> Answer:
        role = await crm.roles.get(_key(request), actor=actor_of(request))
        return Answer(body=role, headers=_etag(role))

    async def change_role(request: CrmRequest) -> Answer:
        document: dict[str, Any] = await request.document()
        version = asked_version(request, document.pop("version", None))
        changes = converted(document, RoleChanges)
        role = await crm.roles.update(_key(request), changes, actor=actor_of(request), version=version)
        return Answer(body=role, headers=_etag(role))

    async def delete_role(request: CrmRequest) -> Answer:
        await crm.roles.delete(_key(request), actor=actor_of(request))
        return Answer(status=204)

    example = {
        "key": "dealer_desk",
        "label": {"en": "Dealer desk", "ru": "Дилеры"},
        "permissions": ["contact.read", "conversation.read", "message.read", "message.write"],
        "rows": {"*": "own"},
        "fields": {"contact": {"notes": "hidden"}},
    }
    return [
        Operation(
            id="list_roles",
            method="GET",
            path="/api/roles",
            tag="access",
            summary="List roles",
            description="The built-in ones first; with the row scopes that roles may name.",
            permission="role.read",
            success=Success(schema=reference("RoleList"), description="All roles."),
            handler=list_roles,
        ),
        Operation(
            id="create_role",
            method="POST",
            path="/api/roles",
            tag="access",
            summary="Make a role",
            description=RULES,
            permission="role.write",
            body=reference("NewRole"),
            example=example,
            success=Success(
                status=201, schema=reference("Role"), headers=("ETag", "Location"), description="It was made."
            ),
            refusals=(422,),
            idempotency="together",
            handler=create_role,
        ),
        Operation(
            id="get_role",
            method="GET",
            path=ONE,
            tag="access",
            summary="Read one role",
            permission="role.read",
            parameters=(THE_ROLE,),
            success=Success(schema=reference("Role"), headers=("ETag",), description="The role."),
            refusals=(404,),
            handler=get_role,
        ),
        Operation(
            id="change_role",
            method="PATCH",
            path=ONE,
            tag="access",
            summary="Change a role",
            description=(
                "It counts from the next request of everybody who has it. `permissions` null gives a built-in role "
                "those of the release again; the administrators' role stays as it is."
            ),
            permission="role.write",
            parameters=(THE_ROLE,),
            body=reference("RoleChanges"),
            example={"rows": {"*": "team"}},
            success=Success(
                schema=reference("Role"), headers=("ETag",), description="The role as it is now."
            ),
            refusals=(404, 409, 422),
            handler=change_role,
        ),
        Operation(
            id="delete_role",
            method="DELETE",
            path=ONE,
            tag="access",
            summary="Delete a role",
            description="Built-in roles stay, and so does one that somebody has.",
            permission="role.write",
            parameters=(THE_ROLE,),
            success=Success(status=204, description="It is gone."),
            refusals=(404, 409),
            handler=delete_role,
        ),
    ]


def _key(request: CrmRequest) -> str:
    return str(request.path_params["key"])


def _etag(role: RoleEntry) -> dict[str, str]:
    return {"ETag": f'"{role.version}"'}
