"""Two contacts or companies become one, and two again."""

from typing import TYPE_CHECKING, Literal
from uuid import UUID

from msgspec import Struct, field

from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.conversions import converted
from crmcore.http.listing import id_of
from crmcore.http.operation import Operation, Success, path_id, reference
from crmcore.http.request import CrmRequest

if TYPE_CHECKING:
    from crmcore.workspace import Crm


class MergeContacts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which contact goes into the one in the address; ``choices`` says for single fields whose value stays."""

    merged: UUID
    choices: dict[str, Literal["kept", "merged"]] = field(default_factory=dict)


class MergeCompanies(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which company goes into the one in the address; ``choices`` says for single fields whose value stays."""

    merged: UUID
    choices: dict[str, Literal["kept", "merged"]] = field(default_factory=dict)


def merge_operations(crm: "Crm") -> list[Operation]:
    """Return merge and its undoing."""

    async def merge(request: CrmRequest) -> Answer:
        asked = converted(await request.document(), MergeContacts)
        kept, actor = id_of(request), actor_of(request)
        merge_id = await crm.contacts.merge(kept, asked.merged, actor=actor, choices=asked.choices)
        contact = await crm.records.get("contact", kept, actor=actor)
        return Answer(body={"id": merge_id, "contact": contact.document})

    async def merge_companies(request: CrmRequest) -> Answer:
        kept, actor = id_of(request), actor_of(request)
        # Whoever does not see the company learns nothing of what a body should be.
        await crm.records.get("company", kept, actor=actor)
        asked = converted(await request.document(), MergeCompanies)
        merge_id = await crm.contacts.merge_companies(kept, asked.merged, actor=actor, choices=asked.choices)
        company = await crm.records.get("company", kept, actor=actor)
        return Answer(body={"id": merge_id, "company": company.document})

    async def undo(request: CrmRequest) -> Answer:
        id = id_of(request)
        await crm.contacts.undo_merge(id, actor=actor_of(request))
        return Answer(body={"id": id, "undone": True})

    return [
        Operation(
            id="merge_contacts",
            method="POST",
            path="/api/contacts/{id:str}/merge",
            tag="contacts",
            summary="Merge another contact into this one",
            description=(
                "Everything that points at `merged` points at this contact afterwards: contact points, "
                "conversations, tasks, plugins' rows. The kept contact's values stay and the other's fill what it "
                "has not, unless `choices` say otherwise. The answer's `id` undoes it."
            ),
            permission="contact.write",
            parameters=(path_id(description="The contact that stays."),),
            body=reference("MergeContacts"),
            example={"merged": "0193a2f4-7c1e-7d3a-9b7e-0f4c5d6e7f80", "choices": {"job_title": "merged"}},
            success=Success(schema=reference("Merge"), description="The contacts are one."),
            refusals=(404, 409, 422),
            idempotency="together",
            handler=merge,
        ),
        Operation(
            id="merge_companies",
            method="POST",
            path="/api/companies/{id:str}/merge",
            tag="companies",
            summary="Merge another company into this one",
            description=(
                "Its contacts and everything else that points at `merged` belong to this company afterwards. The "
                "kept company's values stay and the other's fill what it has not, unless `choices` say otherwise. "
                "The answer's `id` undoes it."
            ),
            permission="company.write",
            parameters=(path_id(description="The company that stays."),),
            body=reference("MergeCompanies"),
            example={"merged": "0193a2f4-7c1e-7d3a-9b7e-0f4c5d6e7f80", "choices": {"phone": "merged"}},
            success=Success(schema=reference("CompanyMerge"), description="The companies are one."),
            refusals=(404, 409, 422),
            idempotency="after",
            handler=merge_companies,
        ),
        Operation(
            id="undo_merge",
            method="POST",
            path="/api/merges/{id:str}/undo",
            tag="contacts",
            summary="Undo a merge",
            description=(
                "Both contacts, or both companies, are as they were, with what each had. Of companies it needs "
                "`company.write` too."
            ),
            permission="contact.write",
            parameters=(path_id(description="The merge's id."),),
            success=Success(schema=reference("MergeUndone"), description="They are two again."),
            refusals=(404, 409, 422),
            handler=undo,
        ),
    ]
