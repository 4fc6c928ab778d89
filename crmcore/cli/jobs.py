"""``crmcore jobs``: what waits, runs, failed and was given up, and what to do about it."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import rich_click as click

from crmcore.cli.options import json_option, workspace_options
from crmcore.cli.output import moment, print_json, print_table
from crmcore.cli.place import Place, run
from crmcore.cli.progress import ProgressLine
from crmcore.cli.refusals import Refused

if TYPE_CHECKING:
    from crmcore.jobs.entry import JobEntry, PeriodicEntry, QueueEntry, Show
    from crmcore.workspace import Crm

SHOW = ["dead", "failing", "running", "queued"]
LOOK_S = 0.5


@click.group()
def jobs() -> None:
    """Jobs: work that is done later, again after a failure, and by itself at its times."""


@jobs.command("list")
@click.option(
    "--state", "show", type=click.Choice(SHOW), default="dead", show_default=True, help="Which jobs."
)
@click.option("--plugin", default="", help="Only those of this plugin, or of this lane of the core.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000))
@json_option
@workspace_options
@click.pass_obj
def list_(place: Place, show: str, plugin: str, limit: int, as_json: bool) -> None:
    """List jobs: those that were given up, or that fail, run or wait.

    \b
    Examples:
      crmcore jobs list
      crmcore jobs list --state running
      crmcore jobs list --state failing --plugin mailchimp --json
    """

    async def work() -> list[JobEntry]:
        async with place.opened(place.existing()) as crm:
            entries, _ = await crm.job_desk.page(
                cast("Show", show), actor=_operator(), plugin=plugin, limit=limit
            )
            return entries

    found = run(work())
    if as_json:
        print_json(found)
        return
    rows = [
        [
            str(job.id),
            job.plugin,
            job.name,
            moment(job.died_at or job.began_at if show != "queued" else job.run_at),
            f"{job.attempts}/{job.max_attempts or '?'}",
            far(job),
            job.error.partition("\n")[0][:100],
        ]
        for job in found
    ]
    empty = {"dead": "No job was abandoned.", "failing": "No job fails.", "running": "No job runs."}
    print_table(
        ["ID", "PLUGIN", "JOB", "AT", "ATTEMPTS", "PROGRESS", "ERROR"], rows, empty.get(show, "No job waits.")
    )


@jobs.command("queues")
@json_option
@workspace_options
@click.pass_obj
def queues(place: Place, as_json: bool) -> None:
    """Show the queues in numbers, and how long the oldest due job waits.

    \b
    Example:
      crmcore jobs queues
    """

    async def work() -> list[QueueEntry]:
        async with place.opened(place.existing()) as crm:
            return await crm.job_overview.queues(actor=_operator())

    found = run(work())
    if as_json:
        print_json(found)
        return
    rows = [
        [
            queue.plugin,
            *(str(number) for number in (queue.due, queue.later, queue.failing, queue.running, queue.dead)),
            f"{queue.oldest_wait_s:.0f} s",
        ]
        for queue in found
    ]
    header = ["PLUGIN", "DUE", "LATER", "FAILING", "RUNNING", "ABANDONED", "OLDEST WAITS"]
    print_table(header, rows, "The queues are empty.")


@jobs.command("periodic")
@json_option
@workspace_options
@click.pass_obj
def periodic(place: Place, as_json: bool) -> None:
    """List the jobs that run by themselves, with their next and their last turn.

    \b
    Example:
      crmcore jobs periodic
    """

    async def work() -> list[PeriodicEntry]:
        async with place.opened(place.existing()) as crm:
            return await crm.job_overview.periodic(actor=_operator())

    found = run(work())
    if as_json:
        print_json(found)
        return
    rows = [
        [
            f"{job.plugin}.{job.name}",
            f"{job.at} {job.time_zone}" if job.at else f"every {job.every_s:g} s",
            "now" if job.state == "running" else moment(job.next_at) or "at the next start of a worker",
            moment(job.ran_at) or "never",
            job.error.partition("\n")[0][:100],
        ]
        for job in found
    ]
    print_table(["JOB", "TIMES", "NEXT", "LAST", "ERROR"], rows, "No periodic jobs.")


@jobs.command("show")
@click.argument("id")
@click.option("--wait", is_flag=True, help="Follow how far it comes, until it is done or given up.")
@json_option
@workspace_options
@click.pass_context
def show(context: click.Context, id: str, wait: bool, as_json: bool) -> None:
    """Show one job, or follow it to its end. Exit code 1 when it was given up.

    \b
    Examples:
      crmcore jobs show 019a8f1e-…
      crmcore jobs show 019a8f1e-… --wait
    """
    place: Place = context.obj

    async def work() -> JobEntry | None:
        async with place.opened(place.existing()) as crm:
            whole = await _whole(crm, id)
            return await _followed(crm, whole) if wait else await crm.job_desk.get(whole, actor=_operator())

    job = run(work())
    if as_json:
        print_json(job)
    elif job is None:
        click.echo("Done.")
    else:
        _tell(job)
    context.exit(1 if job is not None and job.state == "dead" else 0)


@jobs.command("retry")
@click.argument("ids", nargs=-1, metavar="[ID]…")
@click.option(
    "--plugin", default="", help="All that were given up of this plugin, or of this lane of the core."
)
@click.option("--name", default="", help="All that were given up of this name.")
@click.option("--all", "everything", is_flag=True, help="All that were given up.")
@workspace_options
@click.pass_obj
def retry(place: Place, ids: tuple[str, ...], plugin: str, name: str, everything: bool) -> None:
    """Try jobs again that were given up, with all their attempts.

    \b
    Examples:
      crmcore jobs retry 019a8f1e-…
      crmcore jobs retry --plugin mailchimp
      crmcore jobs retry --all
    """
    if bool(ids) + bool(plugin or name) + everything != 1:
        raise click.UsageError("Say which: ids, --plugin or --name, or --all.")

    async def work() -> int:
        async with place.opened(place.existing()) as crm:
            whole = [await _whole(crm, id) for id in ids]
            return await crm.job_desk.retry_all(
                actor=_operator(), plugin=plugin, name=name, ids=whole if ids else None
            )

    back = run(work())
    if ids and back < len(ids):
        raise Refused(f"{back} of {len(ids)} wait again; the others were not given up.")
    click.echo(f"{back} {'job waits' if back == 1 else 'jobs wait'} again.")


@jobs.command("cancel")
@click.argument("id")
@workspace_options
@click.pass_obj
def cancel(place: Place, id: str) -> None:
    """Throw a job away that waits or runs; one that runs is stopped within five seconds.

    What it has done by then stays.

    \b
    Example:
      crmcore jobs cancel 019a8f1e-…
    """

    async def work() -> None:
        async with place.opened(place.existing()) as crm:
            await crm.job_desk.cancel(await _whole(crm, id), actor=_operator())

    run(work())
    click.echo("Cancelled.")


@jobs.command("discard")
@click.argument("id")
@workspace_options
@click.pass_obj
def discard(place: Place, id: str) -> None:
    """Delete a job for good that was given up.

    \b
    Example:
      crmcore jobs discard 019a8f1e-…
    """

    async def work() -> None:
        async with place.opened(place.existing()) as crm:
            await crm.job_desk.discard(await _whole(crm, id), actor=_operator())

    run(work())
    click.echo("Discarded.")


def far(job: JobEntry) -> str:
    """Return how far a job has come, in figures; empty when it does not tell."""
    if job.total is None or job.done is None:
        return ""
    share = f" ({job.done * 100 // job.total} %)" if job.total else ""
    return f"{job.done} of {job.total}{share}"


def _tell(job: JobEntry) -> None:
    told: list[tuple[str, Any]] = [
        ("id", job.id),
        ("job", f"{job.owner}.{job.name.rpartition('.')[2]}"),
        ("does", job.label),
        ("queue", job.plugin),
        ("state", job.state),
        ("attempts", f"{job.attempts} of {job.max_attempts or '?'}"),
        ("progress", far(job)),
        ("put down", moment(job.created_at)),
        ("due", moment(job.run_at) if job.state == "queued" else ""),
        ("began", moment(job.began_at)),
        ("given up", moment(job.died_at)),
        ("error", job.error),
    ]
    for name, value in told:
        if value:
            click.echo(f"{name + ':':<10} {value}")
    print_json(job.payload)


async def _followed(crm: Crm, id: UUID) -> JobEntry | None:
    """Show how far the job comes, and return it when it is given up, None when it is done."""
    from crmcore.errors import NotFound

    line = ProgressLine(sys.stderr)
    label, total, done = "", 0, 0
    with suppress(NotFound):
        while True:
            job = await crm.job_desk.get(id, actor=_operator())
            if job.state == "dead":
                return job
            if job.total and job.done is not None:
                label, total, done = job.label, job.total, min(job.done, job.total)
                line(label, done, total)
            await asyncio.sleep(LOOK_S)
    if done < total:
        # Its row went with its last step, before anybody looked.
        line(label, total, total)
    return None


async def _whole(crm: Crm, beginning: str) -> UUID:
    """Return the id of the one job whose id begins so. Raises :class:`Refused` when there is not just one."""
    with suppress(ValueError):
        return UUID(beginning)
    wanted = beginning.lower().removesuffix("…").replace("-", "")
    found: set[UUID] = set()
    for show in SHOW:
        entries, _ = await crm.job_desk.page(cast("Show", show), actor=_operator(), limit=1000)
        found |= {job.id for job in entries if wanted and job.id.hex.startswith(wanted)}
    if len(found) == 1:
        return found.pop()
    if found:
        raise Refused(f"{len(found)} jobs begin with {beginning}: write more of the id.")
    raise Refused(f"No job begins with {beginning}. `crmcore jobs list` shows them.")


def _operator() -> Any:
    from crmcore.contracts.actors import system_actor

    return system_actor("command line")
