"""Canned replies over HTTP."""

from typing import TYPE_CHECKING
from uuid import UUID

from msgspec import Struct

from crmcore.canned.reply import CannedReply, CannedReplyChanges, NewCannedReply
from crmcore.canned.service import USE
from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.conversions import converted
from crmcore.http.listing import id_of
from crmcore.http.operation import Operation, Parameter, Success, path_id, reference
from crmcore.http.request import CrmRequest
from crmcore.http.versions import asked_version

if TYPE_CHECKING:
    from crmcore.workspace import Crm

ONE = "/api/canned-replies/{id:str}"
THE_REPLY = path_id(description="The canned reply's id.")
EXAMPLE = {
    "shortcut": "hello",
    "title": "Greeting",
    "text": "Hello {{contact.first_name|there}},\n\n",
    "shared": True,
}


class FillReply(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For which conversation a canned reply is to be filled."""

    conversation_id: UUID


def canned_operations(crm: "Crm") -> list[Operation]:
    """Return list, create, read, change, delete and fill of canned replies."""

    async def list_replies(request: CrmRequest) -> Answer:
        q = request.query("q").get("q", "")[:100]
        return Answer(body={"items": await crm.canned.list(actor=actor_of(request), q=q)})

    async def create(request: CrmRequest) -> Answer:
        new = converted(await request.document(), NewCannedReply)
        reply = await crm.canned.create(new, actor=actor_of(request))
        headers = _etag(reply) | {"Location": f"/api/canned-replies/{reply.id}"}
        return Answer(status=201, body=reply, headers=headers)

    async def read(request: CrmRequest) -> Answer:
        reply = await crm.canned.get(id_of(request), actor=actor_of(request))
        return Answer(body=reply, headers=_etag(reply))

    async def change(request: CrmRequest) -> Answer:
        document = await request.document()
        version = asked_version(request, document.pop("version", None))
        changes = converted(document, CannedReplyChanges)
        reply = await crm.canned.update(id_of(request), changes, actor=actor_of(request), version=version)
        return Answer(body=reply, headers=_etag(reply))

    async def delete(request: CrmRequest) -> Answer:
        await crm.canned.delete(id_of(request), actor=actor_of(request))
        return Answer(status=204)

    async def fill(request: CrmRequest) -> Answer:
        asked = converted(await request.document(), FillReply)
        filled = await crm.canned.fill(id_of(request), asked.conversation_id, actor=actor_of(request))
        return Answer(body=filled)

    success = Success(schema=reference("CannedReply"), headers=("ETag",), description="The canned reply.")
    return [
        Operation(
            id="list_canned_replies",
            method="GET",
            path="/api/canned-replies",
            tag="canned replies",
            summary="List canned replies",
            description="Your own and the shared ones, by folder and title.",
            permission=USE,
            parameters=(
                Parameter(
                    name="q",
                    where="query",
                    description="Only those with this in shortcut, title or folder.",
                    schema={"type": "string", "maxLength": 100},
                ),
            ),
            success=Success(schema=reference("CannedReplyList"), description="The canned replies."),
            handler=list_replies,
        ),
        Operation(
            id="create_canned_reply",
            method="POST",
            path="/api/canned-replies",
            tag="canned replies",
            summary="Keep a canned reply",
            description=(
                "`text` may have variables such as `{{contact.first_name|there}}`, with a fallback behind the bar. "
                "Sharing it with everybody needs `canned.write`."
            ),
            permission=USE,
            body=reference("NewCannedReply"),
            example=EXAMPLE,
            success=Success(
                status=201,
                schema=reference("CannedReply"),
                headers=("Location", "ETag"),
                description="It was kept.",
            ),
            handler=create,
        ),
        Operation(
            id="get_canned_reply",
            method="GET",
            path=ONE,
            tag="canned replies",
            summary="Read a canned reply",
            permission=USE,
            parameters=(THE_REPLY,),
            success=success,
            refusals=(404,),
            handler=read,
        ),
        Operation(
            id="change_canned_reply",
            method="PATCH",
            path=ONE,
            tag="canned replies",
            summary="Change a canned reply",
            description="Your own, or with `canned.write` a shared one. `version` or `If-Match` protect changes.",
            permission=USE,
            parameters=(THE_REPLY,),
            body=reference("CannedReplyChanges"),
            success=success,
            refusals=(404, 409),
            handler=change,
        ),
        Operation(
            id="delete_canned_reply",
            method="DELETE",
            path=ONE,
            tag="canned replies",
            summary="Delete a canned reply",
            permission=USE,
            parameters=(THE_REPLY,),
            success=Success(status=204, description="It is gone."),
            refusals=(404,),
            handler=delete,
        ),
        Operation(
            id="fill_canned_reply",
            method="POST",
            path=f"{ONE}/fill",
            tag="canned replies",
            summary="Fill a canned reply for a conversation",
            description="Nothing is sent. `missing` are variables that have no value there and no fallback.",
            permission=USE,
            parameters=(THE_REPLY,),
            body=reference("FillReply"),
            example={"conversation_id": "0197a3c8-1111-7000-8000-000000000001"},
            success=Success(schema=reference("FilledReply"), description="The text."),
            refusals=(404,),
            handler=fill,
        ),
    ]


def _etag(reply: CannedReply) -> dict[str, str]:
    return {"ETag": f'"{reply.version}"'}
