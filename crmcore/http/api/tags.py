"""Tags as a whole over HTTP: their uses, merging, bringing back."""

from typing import TYPE_CHECKING
from uuid import UUID

from msgspec import Struct

from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.conversions import converted
from crmcore.http.listing import id_of
from crmcore.http.operation import Operation, Success, path_id, reference
from crmcore.http.request import CrmRequest
from crmcore.tagging.service import READ, WRITE

if TYPE_CHECKING:
    from crmcore.workspace import Crm


class MergeTags(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which tag takes the place of another one."""

    into: UUID


def tag_operations(crm: "Crm") -> list[Operation]:
    """Return what can be done with tags apart from reading and changing single ones."""

    async def uses(request: CrmRequest) -> Answer:
        return Answer(body={"items": await crm.tags.uses(actor=actor_of(request))})

    async def merge(request: CrmRequest) -> Answer:
        asked = converted(await request.document(), MergeTags)
        removal = await crm.tags.merge(id_of(request), asked.into, actor=actor_of(request))
        return Answer(body={"removal": removal})

    async def removed(request: CrmRequest) -> Answer:
        return Answer(body={"items": await crm.tags.removed(actor=actor_of(request), limit=200)})

    async def undo(request: CrmRequest) -> Answer:
        await crm.tags.undo(id_of(request), actor=actor_of(request))
        return Answer(status=204)

    return [
        Operation(
            id="tag_uses",
            method="GET",
            path="/api/tag-uses",
            tag="tags",
            summary="Count the uses of tags",
            description="Every tag, with how many records of each type it is on.",
            permission=READ,
            success=Success(schema=reference("TagUseList"), description="The tags by name."),
            handler=uses,
        ),
        Operation(
            id="merge_tags",
            method="POST",
            path="/api/tags/{id:str}/merge",
            tag="tags",
            summary="Merge a tag into another one",
            description=(
                "Everything that has the tag gets `into`, and the tag goes. Records keep their versions. Needs "
                "`tag.delete` too; it can be undone for thirty days."
            ),
            permission=WRITE,
            parameters=(path_id(description="The tag that goes."),),
            body=reference("MergeTags"),
            example={"into": "0197a3c8-1111-7000-8000-000000000002"},
            success=Success(schema=reference("TagRemoved"), description="It was merged."),
            refusals=(404,),
            handler=merge,
        ),
        Operation(
            id="removed_tags",
            method="GET",
            path="/api/removed-tags",
            tag="tags",
            summary="List tags that can be brought back",
            description="Those that were deleted or merged in the last thirty days, the newest first.",
            permission=READ,
            success=Success(schema=reference("RemovedTagList"), description="The removed tags."),
            handler=removed,
        ),
        Operation(
            id="undo_tag_removal",
            method="POST",
            path="/api/removed-tags/{id:str}/undo",
            tag="tags",
            summary="Bring a tag back",
            description="To where it was. What was tagged or untagged by hand since stays as it is.",
            permission=WRITE,
            parameters=(path_id(description="The removal's id."),),
            success=Success(status=204, description="It is there again."),
            refusals=(404, 409),
            handler=undo,
        ),
    ]
