"""The jobs of notifications."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from crmcore.contracts.context import PluginContext
from crmcore.contracts.jobs import Job
from crmcore.notifications.due import JOB as DUE_JOB
from crmcore.notifications.telling import MAIL_JOB
from crmcore.notifications.troubles import EVERY_S as TROUBLES_EVERY_S

if TYPE_CHECKING:
    from crmcore.notifications.service import Notifications

EVERY_S = 10.0
"""How often due tasks are looked for that have no job of their own yet; see :mod:`crmcore.jobs.wake_ups`."""
MAIL_TIMEOUT_S = 90.0


def notification_jobs(notifications: "Callable[[], Notifications]") -> list[Job]:
    """Return what tells of due tasks, and what mails notifications.

    The service is asked for when a job runs: jobs are registered before the workspace is put together.
    """

    async def tell_due(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await notifications().due.tell()
        await notifications().due.look_ahead()

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
            key=DUE_JOB,
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
