"""The jobs of notifications."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from crmcore.contracts.context import PluginContext
from crmcore.contracts.jobs import Job
from crmcore.notifications.telling import MAIL_JOB
from crmcore.notifications.troubles import EVERY_S as TROUBLES_EVERY_S

if TYPE_CHECKING:
    from crmcore.notifications.service import Notifications

EVERY_S = 10.0
MAIL_TIMEOUT_S = 90.0


def notification_jobs(notifications: "Callable[[], Notifications]") -> list[Job]:
    """Return what tells of due tasks, and what mails notifications.

    The service is asked for when a job runs: jobs are registered before the workspace is put together.
    """

    async def tell_due(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await notifications().due.tell()

    async def mail(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await notifications().mailing.send(UUID(payload["user"]))

    async def tell_troubles(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await notifications().troubles.tell()

    return [
        Job(
            key="tell_troubles",
            run=tell_troubles,
            label={"en": "Tell administrators of troubles", "ru": "Сообщить администраторам о неполадках"},
            every_s=TROUBLES_EVERY_S,
        ),
        Job(
            key="tell_due_tasks",
            run=tell_due,
            label={"en": "Remind of tasks", "ru": "Напомнить о задачах"},
            every_s=EVERY_S,
        ),
        Job(
            key=MAIL_JOB,
            run=mail,
            label={"en": "Mail notifications", "ru": "Отправить уведомления по почте"},
            timeout_s=MAIL_TIMEOUT_S,
        ),
    ]
