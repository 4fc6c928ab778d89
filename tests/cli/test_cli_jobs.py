"""``crmcore jobs`` and ``crmcore events``: the queue from the command line, and the metrics of a worker."""

import asyncio
import json
import sys
import urllib.request

import pytest
from crmcore_shell import Shell
from test_cli_plugins import install

from crmcore.clock import utc_now
from crmcore.database.database import Database
from crmcore.jobs.queue import JobQueue
from crmcore.jobs.tables import JobRow

STEPS = """
import asyncio
from crmcore import Job, hookimpl

async def step(payload, plugin):
    if payload.get("fail"):
        raise ValueError("the other side said no")
    for n in range(int(payload["steps"])):
        await plugin.progress(n + 1, payload["steps"])
        await asyncio.sleep(0.3)

@hookimpl
def register_jobs():
    return [
        Job(key="step", run=step, max_attempts=1),
        Job(key="nightly", run=step, at="15 4 * * *", time_zone="Europe/Berlin"),
    ]
"""


def put(shell: Shell, *payloads: dict[str, object]) -> list[str]:
    """Put jobs of the plugin down and return their ids."""

    async def enqueue() -> list[str]:
        database = Database.from_url(f"sqlite:///{shell.folder / 'data' / 'crm.sqlite'}")
        await database.open()
        try:
            with database.bound():
                queue = JobQueue(database, utc_now)
                ids = [await queue.enqueue("steps", "step", payload) for payload in payloads]
                await JobRow.update({JobRow.state: "dead", JobRow.error: "the other side said no"}).where(
                    JobRow.id.is_in(
                        [ids[n] for n, payload in enumerate(payloads) if payload.get("fail")] or [None]
                    )
                )
                return [str(id) for id in ids]
        finally:
            await database.close()

    return asyncio.run(enqueue())


@pytest.fixture
def steps(shell: Shell) -> Shell:
    install(shell, "steps", STEPS)
    shell.variables |= {"CRMCORE_PLUGINS": "steps", "CRMCORE_METRICS_FROM": "127.0.0.1"}
    shell.ok("migrate")
    return shell


def test_what_was_given_up_is_listed_shown_tried_again_and_discarded(steps: Shell) -> None:
    first, second, third = put(steps, {"fail": True}, {"fail": True}, {"steps": 1})
    listed = steps.ok("jobs", "list")
    assert "the other side said no" in listed and first in listed and third not in listed
    waiting = json.loads(steps.ok("jobs", "list", "--state", "queued", "--json"))
    assert [(job["id"], job["name"]) for job in waiting] == [(third, "step")]
    shown = steps.run("jobs", "show", first)
    assert (shown.returncode, "state:     dead" in shown.stdout) == (1, True)
    assert "steps" in steps.ok("jobs", "queues")
    nightly = steps.ok("jobs", "periodic")
    assert "15 4 * * * Europe/Berlin" in nightly and "every 10 s" in nightly
    assert steps.ok("jobs", "retry", first).strip() == "1 job waits again."
    assert "0 of 1" in steps.refused("jobs", "retry", third)
    assert steps.ok("jobs", "discard", second).strip() == "Discarded."
    assert steps.ok("jobs", "cancel", third).strip() == "Cancelled."
    assert "no such record" in steps.refused("jobs", "cancel", third)
    assert steps.run("jobs", "retry").returncode == 2
    assert "does not listen" in steps.refused("events", "replay", "steps", "--since", "2026-01-01")
    assert "is no moment" in steps.refused("events", "replay", "steps", "--since", "soon")
    assert steps.ok("events", "list").strip() == "No event was told again."


@pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter on Windows")
def test_a_job_is_followed_to_its_end_and_counted_by_its_worker(steps: Shell) -> None:
    worker = steps.start("worker", "--metrics-port", "0")
    address = worker.line("Metrics: ")
    # Seven seconds: a busy machine needs three to start the program that looks.
    (long,) = put(steps, {"steps": 24})
    followed = steps.run("jobs", "show", long, "--wait")
    assert followed.returncode == 0, followed.stderr
    assert followed.stdout.strip() == "Done."
    assert "steps.step: " in followed.stderr and "24 of 24" in followed.stderr.splitlines()[-1]
    with urllib.request.urlopen(address, timeout=10) as answer:
        text = answer.read().decode()
    assert 'crmcore_jobs_run_total{job="step",outcome="done",plugin="steps"' in text
    assert worker.end() == 0
