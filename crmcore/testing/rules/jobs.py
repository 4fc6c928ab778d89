"""Jobs: done twice they have done it once, and whatever happens somebody can see it."""

import asyncio
import inspect
from collections.abc import Mapping
from typing import Any

from crmcore.contracts.jobs import Job, Retry
from crmcore.jobs.tables import JobRow
from crmcore.testing.bench import Bench
from crmcore.testing.rule import Broken, Nothing, Unshown, rules
from crmcore.testing.rules.state import state_of

LONGEST_TIMEOUT_S = 3600
MOST_JOBS = 200
"""A workspace without records has fewer jobs than this."""


def _jobs(bench: Bench) -> dict[str, Job]:
    return {job.key: job for job in bench.items("jobs").values()}


async def _payload(bench: Bench, crm: Any, job: Job) -> Mapping[str, Any]:
    """Return the sample payload of ``job``; ``{contact}`` in it is a contact of the workspace ``crm``."""
    if job.periodic:
        return {}
    given = bench.samples.payloads.get(job.key)
    if given is None:
        raise Unshown(f"The job “{job.key}” cannot be tried: add Samples(payloads={{'{job.key}': {{…}}}}).")
    record = await bench.make(crm).contact()
    return {name: str(record.id) if value == "{contact}" else value for name, value in given.items()}


async def are_awaited(bench: Bench) -> None:
    """run is an async function of the payload and the plugin."""
    for key, job in _jobs(bench).items():
        if not inspect.iscoroutinefunction(job.run):
            raise Broken(f"The job “{key}” is no async def run(payload, plugin).")


async def have_bounds(bench: Bench) -> None:
    """It has up to an hour, and more than one attempt unless trying again would harm."""
    for key, job in _jobs(bench).items():
        if not 0 < job.timeout_s <= LONGEST_TIMEOUT_S:
            raise Broken(
                f"The job “{key}” may run {job.timeout_s} s: do it in parts, and enqueue the next one."
            )
        if job.max_attempts < 1:
            raise Broken(f"The job “{key}” has {job.max_attempts} attempts.")


async def have_names(bench: Bench) -> None:
    """A periodic job has a label: people see when it ran, and when it runs next."""
    for key, job in _jobs(bench).items():
        if job.periodic and not job.label:
            raise Broken(f"The job “{key}” has no label: label={{'en': …, 'ru': …}}.")


async def run_to_their_end(bench: Bench) -> None:
    """A job with a good payload, or none if it is periodic, ends well."""
    for key, job in _jobs(bench).items():
        async with bench.fresh() as crm:
            payload = await _payload(bench, crm, job)
            failed: Exception | None = None
            try:
                await asyncio.wait_for(job.run(payload, bench.context(crm)), job.timeout_s)
            except Exception as error:
                failed = error
            http: Any = crm.http_client._transport
            if http.requests:
                # Without a sample nobody answers, and how the job ended says nothing.
                bench.needs_http(f"The job “{key}”, which asks outside,")
            if failed is not None:
                raise Broken(f"The job “{key}” fails on a good payload: {failed!r}.") from failed


async def done_twice_is_done_once(bench: Bench) -> None:
    """The same payload once more, after a process died in the middle, changes nothing that was done."""
    for key, job in _jobs(bench).items():
        async with bench.fresh() as crm:
            payload = await _payload(bench, crm, job)
            await job.run(payload, bench.context(crm))
            await crm.worker.drain()
            once = await state_of(bench, crm)
            await job.run(payload, bench.context(crm))
            await crm.worker.drain()
            if await state_of(bench, crm) != once:
                raise Broken(
                    f"The job “{key}” done twice makes something else than done once: look for what is there."
                )


async def failures_are_kept(bench: Bench) -> None:
    """While its service is away a job waits to be tried again; it neither vanishes nor hangs its worker."""
    tried = False
    for key, job in _jobs(bench).items():
        for trouble in ("unreachable", "hangs"):
            async with bench.fresh() as crm:
                payload = await _payload(bench, crm, job)
                http: Any = crm.http_client._transport
                asked = len(http.requests)
                http.trouble = trouble
                task = asyncio.create_task(_run(job, payload, bench.context(crm)))
                await asyncio.wait({task}, timeout=0.5)
                if len(http.requests) == asked:
                    task.cancel()
                    continue
                tried = True
                if not task.done():
                    # It waits for the outside, which has a deadline of its own; it must let itself be cancelled.
                    task.cancel()
                    await asyncio.wait({task}, timeout=2)
                    if not task.done():
                        raise Broken(
                            f"The job “{key}” cannot be stopped while its service hangs: never "
                            "swallow CancelledError."
                        )
                elif (
                    trouble == "unreachable"
                    and task.result() is None
                    and job.max_attempts > 1
                    and not job.periodic
                ):
                    raise Broken(
                        f"The job “{key}” says that it is done while its service cannot be reached: let it raise, or "
                        "raise Retry(…, after_s=…)."
                    )
    if not tried:
        raise Nothing


async def odd_payloads_end(bench: Bench) -> None:
    """A payload that nobody understands any more ends as a dead letter with a reason, not as a loop."""
    for key, job in _jobs(bench).items():
        if job.periodic:
            continue
        async with bench.fresh() as crm:
            await crm.jobs.enqueue(bench.name, key, {"no_such": "payload"})
            ran = await crm.worker.drain(limit=MOST_JOBS)
            rows = await JobRow.select(JobRow.error, JobRow.attempts).where(
                JobRow.plugin == bench.name, JobRow.name == key
            )
            for row in rows:
                bench.heard.append((f"why the job “{key}” failed", str(row["error"])))
            if ran == MOST_JOBS or any(not row["attempts"] for row in rows):
                raise Broken(
                    f"The job “{key}” puts itself down again for a payload that it does not understand, for ever: "
                    "let it raise, and people see why."
                )


async def _run(job: Job, payload: Mapping[str, Any], plugin: Any) -> str | None:
    try:
        await job.run(payload, plugin)
    except (Retry, Exception) as error:
        return repr(error)
    return None


RULES = rules(
    "job",
    are_awaited=("bronze", are_awaited),
    run_to_their_end=("bronze", run_to_their_end),
    odd_payloads_end=("bronze", odd_payloads_end),
    have_bounds=("silver", have_bounds),
    done_twice_is_done_once=("silver", done_twice_is_done_once),
    failures_are_kept=("silver", failures_are_kept),
    have_names=("gold", have_names),
)
