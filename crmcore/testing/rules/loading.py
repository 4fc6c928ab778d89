"""Loading and starting: alone, unconfigured, again, twice in one process."""

from typing import Any

from crmcore.contracts.labels import text_of
from crmcore.plugins.failures import StartRefused
from crmcore.testing.bench import Bench
from crmcore.testing.rule import Broken
from crmcore.testing.rules.state import state_of


async def loads(bench: Bench) -> None:
    """The plugin loads in strict mode, alone beside the core."""
    if bench.crm.host.plugins[bench.name].state != "loaded":
        raise Broken("It does not load.")


async def loads_twice(bench: Bench) -> None:
    """Two workspaces with the plugin live side by side in one process, each with its own settings and data."""
    before = await state_of(bench, bench.crm)
    sizes = []
    async with bench.fresh() as first, bench.fresh() as second:
        for crm in (first, second):
            with crm.bound():
                if any(_size(await state_of(bench, crm))):
                    raise Broken(
                        "What one workspace does stands in the other: keep nothing of it in a module."
                    )
                await _a_day(bench, crm)
                sizes.append(_size(await state_of(bench, crm)))
    if sizes[0] != sizes[1]:
        raise Broken(
            "The same work leads to something else in the second workspace than in the first: keep nothing of a "
            "workspace in a module; plugin.store is there for it."
        )
    if await state_of(bench, bench.crm) != before:
        raise Broken("What is done in one workspace changes another: use what the plugin is called with.")


async def _a_day(bench: Bench, crm: Any) -> None:
    """Do what everybody does: somebody is known, and writes."""
    contact = await bench.make(crm).contact(emails=["ann@example.com"])
    if bench.samples.story is not None:
        await bench.samples.story(crm, contact.id)
    await bench.make(crm).message("Hello", email="ann@example.com")
    await crm.worker.drain()


def _size(state: dict[str, Any]) -> list[int]:
    return [len(rows) for rows in state["tables"].values()] + [len(state["values"]), state["contacts"]]


async def starts_unconfigured(bench: Bench) -> None:
    """An administrator has not configured it yet: the workspace starts, and a day of periodic work passes quietly."""
    from crmcore.jobs.tables import JobRow

    async with bench.fresh(configured=False) as crm:
        await crm.worker.drain()
        failed = await JobRow.select(JobRow.name, JobRow.error).where(
            JobRow.plugin == bench.name, JobRow.error != ""
        )
        if failed:
            raise Broken(
                f"The job {failed[0]['name']} fails before anything is configured "
                f"({failed[0]['error'][:120]}): let it "
                "return while plugin.settings are empty."
            )


async def starts_again(bench: Bench) -> None:
    """A workspace with the plugin stops, and starts again on the same database."""
    url = bench.fresh_url()
    for _ in range(2):
        try:
            async with bench.fresh(url=url):
                pass
        except StartRefused as refused:
            reasons = " ".join(text_of(state.reason) for state in refused.states)
            raise Broken(
                f"It does not start again: {reasons} What it keeps in a module is still there from before."
            ) from refused
