"""The jobs of webhooks."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from crmcore.contracts.context import PluginContext
from crmcore.contracts.jobs import Job
from crmcore.webhooks.release import RELEASE_EVERY_S
from crmcore.webhooks.subscriptions import DELIVER

if TYPE_CHECKING:
    from crmcore.webhooks.service import Webhooks


def webhook_jobs(webhooks: "Callable[[], Webhooks]") -> list[Job]:
    """Return the sending of a delivery, the release of those that waited, and the daily forgetting."""

    async def deliver(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await webhooks().courier.deliver(UUID(payload["delivery"]))

    async def release(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await webhooks().release.due()

    async def forget(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await webhooks().release.forget()

    return [
        Job(
            key=DELIVER,
            run=deliver,
            label={"en": "Send a webhook", "ru": "Отправить вебхук"},
            # A delivery counts its own attempts, in its own row; this bounds faults of ours.
            max_attempts=20,
            cancellable=False,
        ),
        Job(
            key="release_webhooks",
            run=release,
            label={"en": "Go on with webhooks that waited", "ru": "Продолжить отложенные вебхуки"},
            every_s=RELEASE_EVERY_S,
        ),
        Job(
            key="forget_webhooks",
            run=forget,
            label={"en": "Delete old webhook deliveries", "ru": "Удаление старых доставок вебхуков"},
            at="10 3 * * *",
            timeout_s=3_600,
        ),
    ]
