"""Channel accounts over HTTP."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from crmcore.connections.listening_log import with_listening
from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label, text_of
from crmcore.contracts.problems import Problem
from crmcore.conversations.account_trial import tried_connection
from crmcore.conversations.found import CHANNEL, CONNECTION
from crmcore.errors import Invalid
from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.conversions import converted
from crmcore.http.operation import Operation, Parameter, Success, reference
from crmcore.http.request import CrmRequest
from crmcore.http.versions import asked_version

if TYPE_CHECKING:
    from crmcore.workspace import Crm

NO_KIND: Label = {
    "en": "A kind is “channel” or “connection”.",
    "ru": "Вид — «channel» или «connection».",
}
Name = Annotated[str, Meta(min_length=1, max_length=120)]
Slug = Annotated[str, Meta(max_length=64)]


class NewAccount(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A channel account to configure."""

    channel: Annotated[str, Meta(max_length=60)]
    name: Name
    config: dict[str, Any] = msgspec.field(default_factory=dict)
    policy: dict[str, Any] = msgspec.field(default_factory=dict)
    slug: Slug = ""


class AccountChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What changes about a channel account; a secret that is left out, empty or masked keeps its value."""

    version: int | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    slug: Slug | UnsetType = UNSET
    config: dict[str, Any] | UnsetType = UNSET
    policy: dict[str, Any] | UnsetType = UNSET
    state: Literal["active", "paused"] | UnsetType = UNSET
    state_reason: Annotated[str, Meta(max_length=500)] = ""


def channel_account_operations(crm: "Crm") -> list[Operation]:
    """Return list, create, get, change and delete of channel accounts."""

    async def read(reference_: str, actor: Actor, language: str) -> dict[str, Any]:
        [document] = await with_listening(
            [await crm.channel_accounts.document(reference_, actor=actor)], crm.clock()
        )
        return localised(document, language)

    def account_of(request: CrmRequest) -> str:
        return str(request.path_params["account"])

    async def list_accounts(request: CrmRequest) -> Answer:
        kind = request.query("kind").get("kind", "")
        if kind not in ("", CHANNEL, CONNECTION):
            raise Invalid(problems=(Problem(code="unknown_kind", message=NO_KIND, path="/kind"),))
        accounts = await with_listening(
            await crm.channel_accounts.list(actor=actor_of(request), kind=kind), crm.clock()
        )
        return Answer(
            body={"items": [localised(account, request.language) for account in accounts], "next": None}
        )

    async def create_account(request: CrmRequest) -> Answer:
        asked = converted(await request.document(), NewAccount)
        actor = actor_of(request)
        id = await crm.channel_accounts.create(
            asked.channel, asked.name, asked.config, actor=actor, slug=asked.slug, policy=asked.policy
        )
        document = await read(str(id), actor, request.language)
        headers = {"Location": f"/api/channel-accounts/{id}", "ETag": f'"{document["version"]}"'}
        return Answer(status=201, body=document, headers=headers)

    async def get_account(request: CrmRequest) -> Answer:
        document = await read(account_of(request), actor_of(request), request.language)
        return Answer(body=document, headers={"ETag": f'"{document["version"]}"'})

    async def change_account(request: CrmRequest) -> Answer:
        asked = converted(await request.document(), AccountChanges)
        actor = actor_of(request)
        fields = msgspec.structs.asdict(asked)
        changes = {
            name: fields[name] for name in ("name", "slug", "config", "policy") if fields[name] is not UNSET
        }
        version = asked_version(request, None if asked.version is UNSET else asked.version)
        async with crm.database.transaction():
            id = (await crm.channel_accounts.get(account_of(request))).row["id"]
            if changes or version is not None:
                await crm.channel_accounts.update(id, changes, actor=actor, version=version)
            if asked.state == "paused":
                await crm.channel_accounts.pause(id, asked.state_reason, actor=actor)
            elif asked.state == "active":
                await crm.channel_accounts.resume(id, actor=actor)
        document = await read(str(id), actor, request.language)
        return Answer(body=document, headers={"ETag": f'"{document["version"]}"'})

    async def delete_account(request: CrmRequest) -> Answer:
        id = (await crm.channel_accounts.get(account_of(request))).row["id"]
        await crm.channel_accounts.delete(id, actor=actor_of(request))
        return Answer(status=204)

    async def check(request: CrmRequest) -> Answer:
        id = (await crm.channel_accounts.get(account_of(request))).row["id"]
        result = await tried_connection(crm.channel_accounts, crm.host, id)
        return Answer(body={"ok": result.ok, "message": text_of(result.message, request.language)})

    one = "/api/channel-accounts/{account:str}"
    parameters = (
        Parameter(
            name="account",
            where="path",
            required=True,
            description="The account's id or slug.",
            schema={"type": "string"},
        ),
    )
    account = Success(schema=reference("ChannelAccount"), headers=("ETag",), description="The account.")
    return [
        Operation(
            id="check_channel_account",
            method="POST",
            path=f"{one}/check",
            tag="channels",
            summary="Test the connection of a channel account",
            description="Asks the other side with the stored settings.",
            permission="channel.write",
            parameters=parameters,
            success=Success(schema=reference("CheckResult"), description="What the test found."),
            refusals=(404, 409),
            handler=check,
        ),
        Operation(
            id="list_channel_accounts",
            method="GET",
            path="/api/channel-accounts",
            tag="channels",
            summary="List channel accounts",
            description=(
                "Those of channels and of connections. Secrets in `config` show as dots. `receives` says that the "
                "account takes deliveries at `/hooks/{account}`, `listening` how its long-lived task goes."
            ),
            permission="channel.read",
            parameters=(
                Parameter(
                    name="kind",
                    where="query",
                    description="Only accounts of channels, or only those of connections.",
                    schema={"type": "string", "enum": [CHANNEL, CONNECTION]},
                ),
            ),
            refusals=(422,),
            success=Success(
                schema=reference("ChannelAccountList"), description="All of them, the oldest first."
            ),
            handler=list_accounts,
        ),
        Operation(
            id="create_channel_account",
            method="POST",
            path="/api/channel-accounts",
            tag="channels",
            summary="Configure a channel account",
            permission="channel.write",
            body=reference("NewChannelAccount"),
            example={"channel": "api", "name": "Shop system"},
            success=Success(
                status=201,
                schema=reference("ChannelAccount"),
                headers=("ETag", "Location"),
                description="It was configured.",
            ),
            refusals=(409, 422),
            idempotency="together",
            handler=create_account,
        ),
        Operation(
            id="get_channel_account",
            method="GET",
            path=one,
            tag="channels",
            summary="Read one channel account",
            permission="channel.read",
            parameters=parameters,
            success=account,
            refusals=(404,),
            handler=get_account,
        ),
        Operation(
            id="change_channel_account",
            method="PATCH",
            path=one,
            tag="channels",
            summary="Change, pause or resume a channel account",
            description="A paused account stores what arrives and sends nothing until it is active again.",
            permission="channel.write",
            parameters=parameters,
            body=reference("ChannelAccountChanges"),
            success=account,
            refusals=(404, 409, 422),
            handler=change_account,
        ),
        Operation(
            id="delete_channel_account",
            method="DELETE",
            path=one,
            tag="channels",
            summary="Delete a channel account that was never used, or a connection",
            description=(
                "A channel's that messages have gone through stays, because they belong to it: pause it. A "
                "connection's goes with the deliveries that are stored for it."
            ),
            permission="channel.write",
            parameters=parameters,
            success=Success(status=204, description="It was deleted."),
            refusals=(404, 409),
            handler=delete_account,
        ),
    ]


def localised(account: dict[str, Any], language: str) -> dict[str, Any]:
    """Return an account's document with its texts in ``language``."""
    texts = {name: text_of(account[name], language) for name in ("channel_label", "state_reason")}
    return account | texts
