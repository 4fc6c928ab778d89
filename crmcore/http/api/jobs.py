"""Jobs over HTTP: what waits, runs, failed and was given up, and what to do about it."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from msgspec import Meta, Struct

from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.conversions import converted
from crmcore.http.listing import CURSOR, LIMIT, cursor_of, id_of, limit_of
from crmcore.http.operation import Operation, Parameter, Success, path_id, reference
from crmcore.http.request import CrmRequest
from crmcore.jobs.desk import READ, WRITE
from crmcore.jobs.entry import Show
from crmcore.records.query import BadCursor

if TYPE_CHECKING:
    from crmcore.workspace import Crm

ALL, ONE = "/api/jobs", "/api/jobs/{id:str}"
THE_JOB = path_id(description="The job's id.")
_Name = Annotated[str, Meta(max_length=100)]


class _Asked(Struct, frozen=True):
    state: Show = "dead"
    plugin: _Name = ""
    name: _Name = ""


class WhichJobs(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which dead letters: those of a plugin, of a name, or with these ids; without a word, all."""

    plugin: _Name = ""
    name: _Name = ""
    ids: Annotated[list[UUID], Meta(max_length=500)] | None = None


def job_operations(crm: "Crm") -> list[Operation]:
    """Return the lists of jobs, and trying again, cancelling and discarding them."""

    async def list_jobs(request: CrmRequest) -> Answer:
        values = request.query("state", "plugin", "name", "limit", "cursor")
        asked = converted(
            {name: values[name] for name in ("state", "plugin", "name") if values.get(name)}, _Asked
        )
        cursor = cursor_of(values)
        items, following = await crm.job_desk.page(
            asked.state,
            actor=actor_of(request),
            plugin=asked.plugin,
            name=asked.name,
            limit=limit_of(values),
            after=_after(cursor) if cursor else None,
        )
        return Answer(body={"items": items, "counts": await crm.jobs.counts(), "next": following})

    async def list_queues(request: CrmRequest) -> Answer:
        actor = actor_of(request)
        return Answer(
            body={
                "items": await crm.job_overview.queues(actor=actor),
                "working": await crm.job_desk.long_work(actor=actor),
            }
        )

    async def list_periodic_jobs(request: CrmRequest) -> Answer:
        return Answer(body={"items": await crm.job_overview.periodic(actor=actor_of(request))})

    async def get_job(request: CrmRequest) -> Answer:
        return Answer(body=await crm.job_desk.get(id_of(request), actor=actor_of(request)))

    async def retry_job(request: CrmRequest) -> Answer:
        id = id_of(request)
        await crm.job_desk.retry(id, actor=actor_of(request))
        return Answer(status=202, body={"id": id, "state": "queued"})

    async def retry_jobs(request: CrmRequest) -> Answer:
        which = converted(await request.document(), WhichJobs)
        retried = await crm.job_desk.retry_all(
            actor=actor_of(request), plugin=which.plugin, name=which.name, ids=which.ids
        )
        return Answer(status=202, body={"retried": retried})

    async def cancel_job(request: CrmRequest) -> Answer:
        await crm.job_desk.cancel(id_of(request), actor=actor_of(request))
        return Answer(status=204)

    async def discard_job(request: CrmRequest) -> Answer:
        await crm.job_desk.discard(id_of(request), actor=actor_of(request))
        return Answer(status=204)

    return [
        Operation(
            id="list_jobs",
            method="GET",
            path=ALL,
            tag="jobs",
            summary="List jobs",
            description=(
                "Those that were given up, the newest first, unless `state` says otherwise: `queued`, `running`, or "
                "`failing`, which wait after a failure; the oldest first. `counts` are of all jobs."
            ),
            permission=READ,
            parameters=(
                _chosen(
                    "state", "Which jobs.", enum=["queued", "running", "failing", "dead"], default="dead"
                ),
                _chosen("plugin", "Of this plugin, or of this lane of the core.", maxLength=100),
                _chosen("name", "Of this name.", maxLength=100),
                LIMIT,
                CURSOR,
            ),
            success=Success(schema=reference("JobList"), description="A page of jobs."),
            refusals=(422,),
            handler=list_jobs,
        ),
        Operation(
            id="list_job_queues",
            method="GET",
            path=f"{ALL}/queues",
            tag="jobs",
            summary="Read the queues in numbers",
            description=(
                "What is due, comes later, fails, runs and was given up, per plugin, and for how long the oldest due "
                "job waits. `working` are the jobs that tell how far they are."
            ),
            permission=READ,
            success=Success(schema=reference("JobQueues"), description="The queues."),
            handler=list_queues,
        ),
        Operation(
            id="list_periodic_jobs",
            method="GET",
            path=f"{ALL}/periodic",
            tag="jobs",
            summary="List periodic jobs",
            description="With their times, their next turn, and the last one that came to a good end.",
            permission=READ,
            success=Success(schema=reference("PeriodicJobList"), description="All of them."),
            handler=list_periodic_jobs,
        ),
        Operation(
            id="retry_jobs",
            method="POST",
            path=f"{ALL}/retry",
            tag="jobs",
            summary="Try many jobs again",
            description="The dead letters of a plugin, of a name, or with these ids; all with an empty object.",
            permission=WRITE,
            body=reference("WhichJobs"),
            example={"plugin": "mailchimp"},
            success=Success(
                status=202, schema=reference("JobsRetried"), description="How many are queued again."
            ),
            refusals=(422,),
            handler=retry_jobs,
        ),
        Operation(
            id="get_job",
            method="GET",
            path=ONE,
            tag="jobs",
            summary="Read one job",
            description="A job that is done is not there any more.",
            permission=READ,
            parameters=(THE_JOB,),
            success=Success(schema=reference("Job"), description="The job as it is now."),
            refusals=(404,),
            handler=get_job,
        ),
        Operation(
            id="retry_job",
            method="POST",
            path=f"{ONE}/retry",
            tag="jobs",
            summary="Try a job again",
            permission=WRITE,
            parameters=(THE_JOB,),
            success=Success(
                status=202, schema=reference("JobQueued"), description="It is queued with all its attempts."
            ),
            refusals=(404,),
            handler=retry_job,
        ),
        Operation(
            id="cancel_job",
            method="POST",
            path=f"{ONE}/cancel",
            tag="jobs",
            summary="Cancel a job that waits or runs",
            description=(
                "One that runs is stopped within five seconds; what it has done stays. Periodic jobs, and those "
                "whose work was promised to somebody, are refused."
            ),
            permission=WRITE,
            parameters=(THE_JOB,),
            success=Success(status=204, description="It is gone."),
            refusals=(404, 409),
            handler=cancel_job,
        ),
        Operation(
            id="discard_job",
            method="DELETE",
            path=ONE,
            tag="jobs",
            summary="Discard a job that was given up",
            permission=WRITE,
            parameters=(THE_JOB,),
            success=Success(status=204, description="It is gone for good."),
            refusals=(404,),
            handler=discard_job,
        ),
    ]


def _chosen(name: str, description: str, **schema: object) -> Parameter:
    return Parameter(name=name, where="query", description=description, schema={"type": "string", **schema})


def _after(cursor: str) -> UUID:
    try:
        return UUID(cursor)
    except ValueError as error:
        raise BadCursor from error
