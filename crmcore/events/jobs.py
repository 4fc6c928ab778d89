"""The jobs of the outbox."""

from collections.abc import Callable, Mapping
from typing import Any

from crmcore.contracts.context import PluginContext
from crmcore.contracts.jobs import Job
from crmcore.events.outbox import DELIVER_EVENT, Outbox

FORGET_EVERY_S = 24 * 3600.0


def event_jobs(outbox: Callable[[], Outbox]) -> list[Job]:
    """Return the delivery of events and the daily deletion of old ones.

    ``outbox`` is asked when a job runs: jobs are registered before the workspace is put together.
    """

    async def deliver(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await outbox().deliver(payload, plugin)

    async def forget(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await outbox().forget()

    return [
        Job(key=DELIVER_EVENT, run=deliver, label={"en": "Tell a plugin", "ru": "Сообщение плагину"}),
        Job(
            key="forget_events",
            run=forget,
            label={"en": "Delete old events", "ru": "Удаление старых событий"},
            every_s=FORGET_EVERY_S,
        ),
    ]
