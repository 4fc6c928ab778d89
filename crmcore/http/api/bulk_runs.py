"""One change to all records that a question finds, over HTTP: begun, watched, taken back."""

from typing import TYPE_CHECKING, Any

import msgspec

from crmcore.bulk.run import NewBulkRun, Run, Selection, Work
from crmcore.contracts.actors import Actor
from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.conversions import converted
from crmcore.http.listing import id_of
from crmcore.http.operation import Operation, Success, path_id, reference
from crmcore.http.request import CrmRequest

if TYPE_CHECKING:
    from crmcore.workspace import Crm

ONE = "/api/bulk-runs/{id:str}"
THE_RUN = path_id(description="The run's id.")
EXAMPLE = {
    "record_type": "contact",
    "query": {"filter": {"field": "language", "op": "eq", "value": "de"}},
    "add_tags": ["spring"],
}


def bulk_run_operations(crm: "Crm") -> list[Operation]:
    """Return begin, read and undo of changes to many records."""

    async def begin(request: CrmRequest) -> Answer:
        new, actor = converted(await request.document(), NewBulkRun), actor_of(request)
        selection = Selection(ids=new.ids, query=new.query)
        work = Work(
            changes=new.changes, add_tags=new.add_tags, remove_tags=new.remove_tags, delete=new.delete
        )
        run = await crm.bulk.begin(new.record_type, selection, work, actor=actor)
        headers = {"Location": f"/api/bulk-runs/{run.id}"}
        return Answer(status=202, body=await _document(crm, run, actor), headers=headers)

    async def read(request: CrmRequest) -> Answer:
        actor = actor_of(request)
        return Answer(body=await _document(crm, await crm.bulk.get(id_of(request), actor=actor), actor))

    async def undo(request: CrmRequest) -> Answer:
        actor = actor_of(request)
        return Answer(body=await _document(crm, await crm.bulk.undo(id_of(request), actor=actor), actor))

    success = Success(schema=reference("BulkRun"), description="The run as it stands.")
    return [
        Operation(
            id="begin_bulk_run",
            method="POST",
            path="/api/bulk-runs",
            tag="bulk runs",
            summary="Change all records that a question finds",
            description=(
                "A job writes `changes`, adds and takes away tags, or deletes, each record through the same checks "
                "as alone: those with `ids`, or all that `query` finds and that are there at the beginning. Needs "
                "`write` of the record type, or `delete`. A few are done when the answer comes."
            ),
            anyone=True,
            body=reference("NewBulkRun"),
            example=EXAMPLE,
            success=Success(
                status=202, schema=reference("BulkRun"), headers=("Location",), description="It has begun."
            ),
            refusals=(403, 404, 422),
            handler=begin,
            idempotency="after",
        ),
        Operation(
            id="get_bulk_run",
            method="GET",
            path=ONE,
            tag="bulk runs",
            summary="Read how far a change of many records is",
            description="`refusals` are why records were refused, the commonest reason first, with some of them.",
            anyone=True,
            parameters=(THE_RUN,),
            success=success,
            refusals=(403, 404),
            handler=read,
        ),
        Operation(
            id="undo_bulk_run",
            method="POST",
            path=f"{ONE}/undo",
            tag="bulk runs",
            summary="Take a change of many records back",
            description="Every value that is still as the run left it. 409 while the run is not done.",
            anyone=True,
            parameters=(THE_RUN,),
            success=success,
            refusals=(403, 404, 409),
            handler=undo,
            idempotency="after",
        ),
    ]


async def _document(crm: "Crm", run: Run, actor: Actor) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.to_builtins(run)
    refusals = await crm.bulk.refusals(run.id, actor=actor) if run.refused else []
    return document | {"done": run.done, "refusals": msgspec.to_builtins(refusals)}
