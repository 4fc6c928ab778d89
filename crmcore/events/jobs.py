"""The jobs of the outbox."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from crmcore.contracts.context import PluginContext
from crmcore.contracts.jobs import Job
from crmcore.events.outbox import DELIVER_EVENT, Outbox
from crmcore.events.replaying import REPLAY, TURN_S
from crmcore.events.replays import EventReplays


def event_jobs(outbox: Callable[[], Outbox], replays: Callable[[], EventReplays]) -> list[Job]:
    """Return the delivery of events, and telling them again.

    Both are asked when a job runs: jobs are registered before the workspace is put together.
    """

    async def deliver(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await outbox().deliver(payload, plugin)

    async def replay(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await replays().work.turn(UUID(payload["replay"]), int(payload["turn"]))

    return [
        Job(key=DELIVER_EVENT, run=deliver, label={"en": "Tell a plugin", "ru": "Сообщение плагину"}),
        Job(
            key=REPLAY,
            run=replay,
            label={"en": "Tell a plugin events again", "ru": "Повторить события плагину"},
            timeout_s=10 * TURN_S,
            max_attempts=50,
            # A replay has its own cancelling, which takes back what waits.
            cancellable=False,
        ),
    ]
