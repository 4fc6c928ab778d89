"""The same change to many records at once, each through the gate on its own."""

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from crmcore.contracts.actors import Actor
from crmcore.contracts.problems import Problem
from crmcore.contracts.records import RecordType
from crmcore.errors import Forbidden, Invalid
from crmcore.http.answers import Answer
from crmcore.http.api.addresses import changeable, component, label, labels, record_types
from crmcore.http.auth import actor_of
from crmcore.http.conversions import converted
from crmcore.http.failures import log_failure, understand
from crmcore.http.operation import Operation, Success, reference
from crmcore.http.problems import problem_document
from crmcore.http.request import CrmRequest

if TYPE_CHECKING:
    from crmcore.workspace import Crm

MAX_BULK = 200
EITHER = {
    "en": "Send either “changes” or “delete”: true.",
    "ru": "Отправьте либо «changes», либо «delete»: true.",
}


class Bulk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change to many records, or their deletion."""

    ids: Annotated[list[UUID], Meta(min_length=1, max_length=MAX_BULK)]
    changes: dict[str, Any] | UnsetType = UNSET
    delete: bool = False
    reason: Annotated[str, Meta(max_length=500)] = ""


def bulk_operations(crm: "Crm") -> list[Operation]:
    """Return the bulk operation of every record type that can be changed or deleted."""
    return [_bulk(crm, kind) for kind in record_types(crm) if changeable(kind) or kind.deletable]


def _bulk(crm: "Crm", record_type: RecordType) -> Operation:
    key = record_type.key

    async def change_many(request: CrmRequest) -> Answer:
        bulk = converted(await request.document(), Bulk)
        if (bulk.changes is UNSET) is not bulk.delete:
            raise Invalid(problems=(Problem(code="changes_or_delete", message=EITHER),))
        actor = actor_of(request)
        permission = f"{key}.{'delete' if bulk.delete else 'write'}"
        if not actor.may(permission):
            raise Forbidden(permission=permission)
        results = [await one(request, actor, bulk, id) for id in dict.fromkeys(bulk.ids)]
        failed = sum("problem" in result for result in results)
        body = {"items": results, "succeeded": len(results) - failed, "failed": failed}
        # What failed by a fault of ours may succeed on a retry with the same key.
        return Answer(body=body, keep=all(result["status"] < 500 for result in results))

    async def one(request: CrmRequest, actor: Actor, bulk: Bulk, id: UUID) -> dict[str, Any]:
        try:
            if bulk.delete:
                await crm.records.delete(key, id, actor=actor, reason=bulk.reason)
                return {"id": id, "status": 204}
            changes = bulk.changes if isinstance(bulk.changes, dict) else {}
            record = await crm.records.update(key, id, changes, actor=actor, reason=bulk.reason)
        except Exception as error:  # one record's fault is that record's result, whatever it is
            refusal = understand(error, request)
            if refusal.status == 500:
                log_failure(request, error)
            document = problem_document(refusal, request.language, base_url=crm.settings.base_url)
            return {"id": id, "status": refusal.status, "problem": document}
        return {"id": id, "status": 200, "version": record.version}

    return Operation(
        id=f"bulk_{record_type.plural}",
        method="POST",
        path=f"/api/{record_type.plural}/bulk",
        tag=record_type.plural,
        summary=f"Change or delete many {labels(record_type)}",
        description=(
            f"Applies `changes` to every {label(record_type)} in `ids`, or deletes them. Each passes the same "
            "checks as alone and succeeds or fails alone; repeating the request does no harm."
        ),
        permission=f"{key}.read",
        body=reference(f"{component(record_type)}Bulk"),
        success=Success(schema=reference("BulkResult"), description="What became of each record."),
        refusals=(422,),
        idempotency="after",
        handler=change_many,
    )
