"""Jobs that were given up, and what to do about them."""

from typing import TYPE_CHECKING

from crmcore.http.answers import Answer
from crmcore.http.listing import LIMIT, id_of, limit_of
from crmcore.http.operation import Operation, Success, path_id, reference
from crmcore.http.request import CrmRequest

if TYPE_CHECKING:
    from crmcore.workspace import Crm


def job_operations(crm: "Crm") -> list[Operation]:
    """Return the list of dead letters, and their retry and disposal."""

    async def list_jobs(request: CrmRequest) -> Answer:
        limit = limit_of(request.query("limit"))
        return Answer(
            body={"items": await crm.jobs.dead(limit), "counts": await crm.jobs.counts(), "next": None}
        )

    async def retry_job(request: CrmRequest) -> Answer:
        id = id_of(request)
        await crm.jobs.retry(id)
        return Answer(status=202, body={"id": id, "state": "queued"})

    async def discard_job(request: CrmRequest) -> Answer:
        await crm.jobs.discard(id_of(request))
        return Answer(status=204)

    parameters = (path_id(description="The job's id."),)
    return [
        Operation(
            id="list_jobs",
            method="GET",
            path="/api/jobs",
            tag="jobs",
            summary="List jobs that were given up",
            description="Dead letters, the newest first, and how many jobs are queued, running and dead.",
            permission="job.read",
            parameters=(LIMIT,),
            success=Success(schema=reference("JobList"), description="The dead letters."),
            refusals=(422,),
            handler=list_jobs,
        ),
        Operation(
            id="retry_job",
            method="POST",
            path="/api/jobs/{id:str}/retry",
            tag="jobs",
            summary="Try a job again",
            permission="job.write",
            parameters=parameters,
            success=Success(
                status=202, schema=reference("JobQueued"), description="It is queued with all its attempts."
            ),
            refusals=(404,),
            handler=retry_job,
        ),
        Operation(
            id="discard_job",
            method="DELETE",
            path="/api/jobs/{id:str}",
            tag="jobs",
            summary="Discard a job that was given up",
            permission="job.write",
            parameters=parameters,
            success=Success(status=204, description="It is gone for good."),
            refusals=(404,),
            handler=discard_job,
        ),
    ]
