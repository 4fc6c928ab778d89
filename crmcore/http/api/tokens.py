"""API tokens over HTTP: one's own, and everybody's for who manages users."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from msgspec import Meta, Struct

from crmcore.accounts.credentials import hash_of
from crmcore.accounts.scopes import UnknownScope, patterns_in
from crmcore.accounts.tables import ApiToken
from crmcore.accounts.tokens import TokenEntry
from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.errors import Forbidden, Invalid, NotFound
from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.conversions import converted
from crmcore.http.listing import id_of
from crmcore.http.operation import Operation, Parameter, Success, path_id, reference
from crmcore.http.request import CrmRequest

if TYPE_CHECKING:
    from crmcore.workspace import Crm

Scope = Annotated[str, Meta(min_length=1, max_length=100)]
MANAGE = "user.write"
NOT_A_SCOPE: Label = {"en": "{text}", "ru": "Недопустимое право. {text}"}
MORE_THAN_OWN: Label = {
    "en": "A token cannot make one that may more than itself.",
    "ru": "Токен не может создать токен с большими правами, чем у него самого.",
}


class NewToken(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token to make: what for, what it may do at most, and until when."""

    name: Annotated[str, Meta(max_length=120)] = ""
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=50)]
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None


def token_operations(crm: "Crm") -> list[Operation]:
    """Return list, create and revoke of tokens."""

    async def list_tokens(request: CrmRequest) -> Answer:
        everybody = request.query("all").get("all") == "true"
        actor = actor_of(request)
        if everybody and not actor.may(MANAGE):
            raise Forbidden(permission=MANAGE)
        entries = await crm.accounts.list_tokens(None if everybody else _user_of(actor))
        return Answer(body={"items": entries})

    async def create_token(request: CrmRequest) -> Answer:
        asked = converted(await request.document(), NewToken)
        actor = actor_of(request)
        user = _user_of(actor)
        if actor.kind == "token" and not _covered(actor, asked.scopes):
            raise Forbidden(MORE_THAN_OWN, code="more_than_own")
        try:
            token = await crm.accounts.create_token(user, asked.name, asked.scopes, asked.expires_at)
        except UnknownScope as error:
            problem = Problem(
                code="unknown_scope", message=NOT_A_SCOPE, path="/scopes", params={"text": str(error)}
            )
            raise Invalid(problems=(problem,)) from error
        row = await ApiToken.select(ApiToken.id).where(ApiToken.secret_hash == hash_of(token)).first()
        entry = await _entry(crm, user, row["id"] if row else user)
        body = {name: getattr(entry, name) for name in entry.__struct_fields__} | {"token": token}
        return Answer(status=201, body=body, headers={"Location": f"/api/tokens/{entry.id}"})

    async def revoke_token(request: CrmRequest) -> Answer:
        id, actor = id_of(request), actor_of(request)
        if not actor.may(MANAGE):
            await _entry(crm, _user_of(actor), id)
        else:
            row = await ApiToken.select(ApiToken.user).where(ApiToken.id == id).first()
            # One's own always: a token narrower than its user may end itself.
            if row is not None and str(row["user"]) != actor.id:
                await crm.roles.demand_over(row["user"], actor)
        await crm.accounts.revoke_token(id)
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
            handler=revoke_token,
        ),
    ]


async def _entry(crm: "Crm", user: UUID, id: UUID) -> TokenEntry:
    for entry in await crm.accounts.list_tokens(user):
        if entry.id == id:
            return entry
    raise NotFound


def _user_of(actor: Actor) -> UUID:
    if actor.kind not in ("user", "token"):
        raise Forbidden(permission="token.write")
    return UUID(actor.id)


def _covered(actor: Actor, scopes: Iterable[str]) -> bool:
    def covers(pattern: str) -> bool:
        subject, _, action = pattern.rpartition(".")
        return bool(actor.permissions & {"*", pattern, f"{subject}.*", f"*.{action}"})

    return all(covers(pattern) for pattern in patterns_in(scopes))
