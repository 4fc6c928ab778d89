"""The jobs of the outbox."""

from collections.abc import Callable, Mapping
from typing import Any

from crmcore.contracts.context import PluginContext
from crmcore.contracts.jobs import Job
from crmcore.events.outbox import DELIVER_EVENT, Outbox


def event_jobs(outbox: Callable[[], Outbox]) -> list[Job]:
    """Return the delivery of events.

    ``outbox`` is asked when a job runs: jobs are registered before the workspace is put together.
    """

    async def deliver(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await outbox().deliver(payload, plugin)

    return [
        Job(key=DELIVER_EVENT, run=deliver, label={"en": "Tell a plugin", "ru": "Сообщение плагину"}),
    ]
