"""Invitations over HTTP."""

from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from crmcore.accounts.invitations import InvitationEntry
from crmcore.errors import NotFound
from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.conversions import converted
from crmcore.http.listing import id_of
from crmcore.http.operation import Operation, Parameter, Success, path_id, reference
from crmcore.http.request import CrmRequest

if TYPE_CHECKING:
    from crmcore.workspace import Crm


class NewInvitation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom to invite, with which role."""

    email: Annotated[str, Meta(min_length=3, max_length=254)]
    name: Annotated[str, Meta(max_length=200)] = ""
    role: Annotated[str, Meta(min_length=1, max_length=30)] = "agent"
    team_id: UUID | None = None
    language: Literal["en", "ru"] = "en"


def invitation_operations(crm: "Crm") -> list[Operation]:
    """Return list, invite, send again and revoke."""

    async def list_invitations(request: CrmRequest) -> Answer:
        everything = request.query("all").get("all") == "true"
        return Answer(body={"items": await crm.invitations.entries(everything=everything)})

    async def invite(request: CrmRequest) -> Answer:
        asked = converted(await request.document(), NewInvitation)
        id = await crm.invitations.create(
            asked.email,
            actor=actor_of(request),
            role=asked.role,
            name=asked.name,
            team_id=asked.team_id,
            language=asked.language,
        )
        return await sent(request, id, 201)

    async def send_again(request: CrmRequest) -> Answer:
        return await sent(request, id_of(request), 200)

    async def revoke(request: CrmRequest) -> Answer:
        await crm.invitations.revoke(id_of(request), actor=actor_of(request))
        return Answer(status=204)

    async def sent(request: CrmRequest, id: UUID, status: int) -> Answer:
        link = await crm.invitations.send(id, actor=actor_of(request))
        entry = await _entry(crm, id)
        body = {name: getattr(entry, name) for name in entry.__struct_fields__} | {"link": link or None}
        headers = {"Location": f"/api/invitations/{id}"} if status == 201 else {}
        return Answer(status=status, body=body, headers=headers)

    id_parameter = path_id(description="The invitation's id.")
    link_note = "`link` is null when a mail was queued, and the link to pass on where no mail server is set."
    return [
        Operation(
            id="list_invitations",
            method="GET",
            path="/api/invitations",
            tag="users",
            summary="List invitations",
            description="Those nobody has accepted or revoked; never their links.",
            permission="user.write",
            parameters=(
                Parameter(
                    name="all",
                    where="query",
                    description="Accepted and revoked ones too.",
                    schema={"type": "boolean", "default": False},
                ),
            ),
            success=Success(schema=reference("InvitationList"), description="The newest first."),
            refusals=(422,),
            handler=list_invitations,
        ),
        Operation(
            id="invite",
            method="POST",
            path="/api/invitations",
            tag="users",
            summary="Invite somebody",
            description=f"An earlier open invitation to the address ends. {link_note}",
            permission="user.write",
            body=reference("NewInvitation"),
            example={"email": "boris@example.com", "role": "agent", "language": "ru"},
            success=Success(
                status=201,
                schema=reference("InvitationMade"),
                headers=("Location",),
                description="It was made.",
            ),
            refusals=(422,),
            handler=invite,
        ),
        Operation(
            id="send_invitation_again",
            method="POST",
            path="/api/invitations/{id:str}/send",
            tag="users",
            summary="Send an invitation again",
            description=f"With a new link, for seven days; the one before is dead. {link_note}",
            permission="user.write",
            parameters=(id_parameter,),
            success=Success(schema=reference("InvitationMade"), description="It was sent again."),
            refusals=(404,),
            handler=send_again,
        ),
        Operation(
            id="revoke_invitation",
            method="DELETE",
            path="/api/invitations/{id:str}",
            tag="users",
            summary="Revoke an invitation",
            permission="user.write",
            parameters=(id_parameter,),
            success=Success(status=204, description="Its link is dead."),
            refusals=(404,),
            handler=revoke,
        ),
    ]


async def _entry(crm: "Crm", id: UUID) -> InvitationEntry:
    for entry in await crm.invitations.entries():
        if entry.id == id:
            return entry
    raise NotFound
