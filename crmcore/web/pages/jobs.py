"""Settings: jobs that wait, run, fail and were given up, and those that run by themselves."""

from typing import cast
from uuid import UUID

from litestar.response.base import ASGIResponse

from crmcore.errors import Conflict, NotFound
from crmcore.jobs.desk import READ, WRITE
from crmcore.jobs.entry import JobEntry, PeriodicEntry, Show
from crmcore.jobs.host import LONG, WEBHOOKS
from crmcore.plugins.names import CORE
from crmcore.web.route import Route
from crmcore.web.texts import N_
from crmcore.web.visit import Visit

HERE = "/settings/jobs"
ONE = f"{HERE}/{{id:uuid}}"
PAGE = 25
SHOWN = {
    "dead": N_("Abandoned"),
    "failing": N_("Failing"),
    "running": N_("Running"),
    "queued": N_("Waits in line"),
}
STATES = {
    "queued": (N_("Waits in line"), "neutral"),
    "running": (N_("Running"), "accent"),
    "dead": (N_("Abandoned"), "bad"),
}
LANES = {CORE: N_("Program"), LONG: N_("Long work"), WEBHOOKS: N_("Webhooks")}


async def show(visit: Visit) -> ASGIResponse:
    """Show the queue: what is at work, in numbers, and the jobs of one state."""
    return await _page(visit)


async def show_one(visit: Visit) -> ASGIResponse:
    """Show one job."""
    return await _one(visit, await visit.crm.job_desk.get(_id(visit), actor=visit.actor))


async def retry(visit: Visit) -> ASGIResponse:
    """Try a job again that was given up."""
    await visit.crm.job_desk.retry(_id(visit), actor=visit.actor)
    return visit.redirect(HERE, done="job_retried")


async def retry_many(visit: Visit) -> ASGIResponse:
    """Try the jobs again that were given up: those that are ticked, or all of a plugin, or all."""
    form = await visit.form()
    ids = [_uuid(text) for text in form.all("id")[:PAGE]] if "chosen" in form else None
    back = await visit.crm.job_desk.retry_all(actor=visit.actor, plugin=form.get("plugin")[:100], ids=ids)
    return visit.redirect(HERE, done="job_retried" if back else "unchanged")


async def cancel(visit: Visit) -> ASGIResponse:
    """Throw a job away that waits or runs."""
    try:
        await visit.crm.job_desk.cancel(_id(visit), actor=visit.actor)
    except Conflict as error:
        job = await visit.crm.job_desk.get(_id(visit), actor=visit.actor)
        return await _one(visit, job, error=error.sentence(visit.language), status=error.status)
    return visit.redirect(HERE, done="job_cancelled")


async def discard(visit: Visit) -> ASGIResponse:
    """Delete a job for good that was given up."""
    await visit.crm.job_desk.discard(_id(visit), actor=visit.actor)
    return visit.redirect(HERE, done="job_discarded")


async def _page(visit: Visit) -> ASGIResponse:
    desk, actor = visit.crm.job_desk, visit.actor
    working = await desk.long_work(actor=actor)
    replays = [one for one in await visit.crm.replays.newest(actor=actor) if one.finished_at is None]
    if visit.wants_fragment:
        return visit.render("jobs_working.html", working=working, replays=replays)
    shown = visit.query.get("state", "")
    shown = shown if shown in SHOWN else "dead"
    plugin = visit.query.get("plugin", "")[:100]
    queues = await visit.crm.job_overview.queues(actor=actor)
    jobs, following = await desk.page(
        cast("Show", shown), actor=actor, plugin=plugin, limit=PAGE, after=_cursor(visit)
    )
    lanes = {queue.plugin for queue in queues} | ({plugin} if plugin else set())
    return await visit.page(
        "settings_jobs.html",
        area="settings",
        working=working,
        replays=replays,
        queues=queues,
        lane=lambda name: visit.texts.gettext(LANES[name]) if name in LANES else name,
        jobs=jobs,
        following=following,
        chosen=shown,
        plugin=plugin,
        states=[(key, visit.texts.gettext(title)) for key, title in SHOWN.items()],
        lanes=sorted(lanes),
        periodic=[(job, _times(visit, job)) for job in await visit.crm.job_overview.periodic(actor=actor)],
    )


async def _one(visit: Visit, job: JobEntry, *, error: str = "", status: int = 200) -> ASGIResponse:
    word, tone = STATES[job.state]
    return await visit.page(
        "settings_job.html",
        status=status,
        area="settings",
        job=job,
        word=visit.texts.gettext(word),
        tone=tone,
        error=error,
    )


def _times(visit: Visit, job: PeriodicEntry) -> str:
    """Return when a periodic job runs, in words as far as there are any."""
    if job.every_s is not None:
        short = visit.texts.gettext("{n} s", n=round(job.every_s)) if job.every_s < 60 else ""
        return visit.texts.gettext("every {time}", time=short or visit.formats.span(job.every_s))
    minute, hour, *rest = job.at.split()
    if rest == ["*", "*", "*"] and minute.isdecimal() and hour.isdecimal():
        return visit.texts.gettext(
            "every day at {time} ({zone})", time=f"{int(hour):02}:{int(minute):02}", zone=job.time_zone
        )
    return f"{job.at} ({job.time_zone})"


def _id(visit: Visit) -> UUID:
    id: UUID = visit.request.path_params["id"]
    return id


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


def _cursor(visit: Visit) -> UUID | None:
    text = visit.query.get("cursor", "")
    return _uuid(text) if text else None


ROUTES = (
    Route("GET", HERE, show, permission=READ),
    Route("POST", f"{HERE}/retry", retry_many, permission=WRITE),
    Route("GET", ONE, show_one, permission=READ),
    Route("POST", f"{ONE}/retry", retry, permission=WRITE),
    Route("POST", f"{ONE}/cancel", cancel, permission=WRITE),
    Route("POST", f"{ONE}/discard", discard, permission=WRITE),
)
