"""The jobs of accounts."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from crmcore.accounts.service import Accounts
from crmcore.contracts.context import PluginContext
from crmcore.contracts.jobs import Job

if TYPE_CHECKING:
    from crmcore.accounts.invitations import Invitations
    from crmcore.accounts.resets import PasswordResets

FORGET_EVERY_S = 3600.0
MAIL_TIMEOUT_S = 90.0


def account_jobs(
    accounts: Callable[[], Accounts],
    invitations: "Callable[[], Invitations]",
    resets: "Callable[[], PasswordResets]",
) -> list[Job]:
    """Return the mails of accounts, and the hourly deletion of what is over.

    The services are asked for when a job runs: jobs are registered before the workspace is put together.
    """

    async def forget(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await accounts().forget_old()
        await resets().forget_old()

    async def send_invitation(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await invitations().mail(UUID(payload["invitation"]))

    async def send_password_reset(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await resets().mail(str(payload["email"]))

    return [
        Job(
            key="forget_sessions",
            run=forget,
            label={"en": "Delete ended sessions", "ru": "Удаление завершённых сеансов"},
            every_s=FORGET_EVERY_S,
        ),
        # The link is made when the mail is sent: no job has a secret in it.
        Job(
            key="send_invitation",
            run=send_invitation,
            label={"en": "Send an invitation", "ru": "Отправить приглашение"},
            timeout_s=MAIL_TIMEOUT_S,
            priority="high",
        ),
        Job(
            key="send_password_reset",
            run=send_password_reset,
            label={"en": "Send a link for a new password", "ru": "Отправить ссылку для нового пароля"},
            # An hour later nobody waits for it.
            max_attempts=4,
            timeout_s=MAIL_TIMEOUT_S,
            priority="high",
        ),
    ]
