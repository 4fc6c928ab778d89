"""Jobs that break a rule."""

from typing import Any

from spoiling import Broken, job, refuses_all, swallows


async def counts(payload: Any, plugin: Any) -> None:
    await plugin.store.set("count", await plugin.store.get("count", 0) + 1)


async def hopes(payload: Any, plugin: Any) -> None:
    if "contact" not in payload:
        await plugin.enqueue("greet", dict(payload), delay_s=60)


BROKEN = (
    Broken("job.are_awaited", "async def", lambda: job(run=print)),
    Broken("job.run_to_their_end", "on a good payload", lambda: job(run=refuses_all)),
    Broken("job.have_bounds", "in parts", lambda: job(timeout_s=9_999.0)),
    Broken("job.have_names", "has no label", lambda: job(label="", every_s=60)),
    Broken("job.done_twice_is_done_once", "done twice", lambda: job(run=counts)),
    Broken("job.failures_are_kept", "raise Retry", lambda: job(run=swallows)),
    Broken("job.odd_payloads_end", "puts itself down again", lambda: job(run=hopes)),
)
