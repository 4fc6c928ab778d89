"""API tokens over HTTP: one's own, and everybody's for who manages users."""

from typing import TYPE_CHECKING

from crmcore.accounts.new_token import NewToken, make_token, revoke_token, tokens_seen_by
from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.conversions import converted
from crmcore.http.listing import id_of
from crmcore.http.operation import Operation, Parameter, Success, path_id, reference
from crmcore.http.request import CrmRequest

if TYPE_CHECKING:
    from crmcore.workspace import Crm


def token_operations(crm: "Crm") -> list[Operation]:
    """Return list, create and revoke of tokens."""

    async def list_tokens(request: CrmRequest) -> Answer:
        everybody = request.query("all").get("all") == "true"
        return Answer(body={"items": await tokens_seen_by(crm, actor_of(request), everybody=everybody)})

    async def create_token(request: CrmRequest) -> Answer:
        asked = converted(await request.document(), NewToken)
        entry, token = await make_token(crm, asked, actor=actor_of(request))
        body = {name: getattr(entry, name) for name in entry.__struct_fields__} | {"token": token}
        return Answer(status=201, body=body, headers={"Location": f"/api/tokens/{entry.id}"})

    async def revoke(request: CrmRequest) -> Answer:
        await revoke_token(crm, id_of(request), actor=actor_of(request))
        return Answer(status=204)

    return [
        Operation(
            id="list_tokens",
            method="GET",
            path="/api/tokens",
            tag="access",
            summary="List your tokens",
            description="Never their texts. Who manages users sees everybody's with `all=true`.",
            permission="token.write",
            parameters=(
                Parameter(
                    name="all",
                    where="query",
                    description="Everybody's tokens; needs `user.write`.",
                    schema={"type": "boolean", "default": False},
                ),
            ),
            success=Success(schema=reference("TokenList"), description="The newest first."),
            refusals=(422,),
            handler=list_tokens,
        ),
        Operation(
            id="create_token",
            method="POST",
            path="/api/tokens",
            tag="access",
            summary="Make a token",
            description=(
                "`scopes` are `read`, `write`, `admin` or permissions such as `contact.read` and `inbound.post`; a "
                "token never may more than its user. The text is shown this once, so an `Idempotency-Key` is not "
                "kept here."
            ),
            permission="token.write",
            body=reference("NewToken"),
            example={"name": "Shop system", "scopes": ["inbound.post"]},
            success=Success(
                status=201, schema=reference("TokenMade"), headers=("Location",), description="It was made."
            ),
            refusals=(422,),
            handler=create_token,
        ),
        Operation(
            id="revoke_token",
            method="DELETE",
            path="/api/tokens/{id:str}",
            tag="access",
            summary="Revoke a token",
            permission="token.write",
            parameters=(path_id(description="The token's id."),),
            success=Success(status=204, description="It is worth nothing from now on."),
            refusals=(404,),
            handler=revoke,
        ),
    ]
