"""What a person has begun to write in a conversation, and taking back what he changed of it."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from msgspec import Meta, Struct, to_builtins

from crmcore.conversations.drafts import Kind
from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.conversions import converted
from crmcore.http.listing import id_of
from crmcore.http.operation import Operation, Success, path_id, reference
from crmcore.http.request import CrmRequest

if TYPE_CHECKING:
    from crmcore.workspace import Crm

OF_CONVERSATION = path_id(description="The conversation's id.")


class NewDraft(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reply or a note that is not sent yet; without words and files it is forgotten."""

    kind: Kind = "reply"
    text: Annotated[str, Meta(max_length=100_000)]
    attachments: Annotated[list[UUID], Meta(max_length=20)] = []


class UndoChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The ``version`` that the conversation had after the change."""

    version: Annotated[int, Meta(ge=1, le=2**31 - 1)]


def draft_operations(crm: "Crm") -> list[Operation]:
    """Return the operations on drafts, and the undoing of one's own changes."""

    async def list_drafts(request: CrmRequest) -> Answer:
        id, actor = id_of(request), actor_of(request)
        await crm.records.get("conversation", id, actor=actor)
        kept = await crm.conversations.drafts.of(id, actor=actor)
        return Answer(body={"items": [to_builtins(draft) for draft in kept.values()]})

    async def keep_draft(request: CrmRequest) -> Answer:
        id, actor = id_of(request), actor_of(request)
        await crm.records.get("conversation", id, actor=actor)
        draft = converted(await request.document(), NewDraft)
        await crm.conversations.drafts.keep(
            id, draft.kind, draft.text, actor=actor, attachments=draft.attachments
        )
        return await list_drafts(request)

    async def undo_change(request: CrmRequest) -> Answer:
        id, actor = id_of(request), actor_of(request)
        await crm.records.get("conversation", id, actor=actor)
        asked = converted(await request.document(), UndoChange)
        whole = await crm.conversations.undo(id, asked.version, actor=actor)
        record = await crm.records.get("conversation", id, actor=actor)
        return Answer(body={"undone": whole, "conversation": record.document})

    return [
        Operation(
            id="list_drafts",
            method="GET",
            path="/api/conversations/{id:str}/drafts",
            tag="conversations",
            summary="Read what you have begun to write",
            description="Your own drafts in this conversation: at most a reply and a note.",
            permission="conversation.read",
            parameters=(OF_CONVERSATION,),
            success=Success(schema=reference("DraftList"), description="Your drafts."),
            refusals=(404,),
            handler=list_drafts,
        ),
        Operation(
            id="keep_draft",
            method="PUT",
            path="/api/conversations/{id:str}/drafts",
            tag="conversations",
            summary="Keep what you have begun to write",
            description=(
                "In place of your draft of that kind, with the ids of the `attachments` that are to go with it: your "
                "uploads, and files of canned replies. One without words and files is forgotten, and so is one that "
                "is sent."
            ),
            permission="message.write",
            parameters=(OF_CONVERSATION,),
            body=reference("NewDraft"),
            example={"kind": "reply", "text": "Your parcel"},
            success=Success(schema=reference("DraftList"), description="Your drafts."),
            refusals=(404, 422),
            handler=keep_draft,
        ),
        Operation(
            id="undo_conversation_change",
            method="POST",
            path="/api/conversations/{id:str}/undo",
            tag="conversations",
            summary="Take back a change that you made yourself",
            description=(
                "Every value of it that is still so; `undone` says whether that was all of it. What somebody has "
                "changed since stays."
            ),
            permission="conversation.write",
            parameters=(OF_CONVERSATION,),
            body=reference("UndoChange"),
            example={"version": 4},
            success=Success(schema=reference("ChangeUndone"), description="What was taken back."),
            refusals=(404, 422),
            idempotency="together",
            handler=undo_change,
        ),
    ]
