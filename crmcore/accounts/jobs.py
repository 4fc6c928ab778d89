"""The jobs of accounts."""

from collections.abc import Callable, Mapping
from typing import Any

from crmcore.accounts.service import Accounts
from crmcore.contracts.context import PluginContext
from crmcore.contracts.jobs import Job

FORGET_EVERY_S = 3600.0


def account_jobs(accounts: Callable[[], Accounts]) -> list[Job]:
    """Return the hourly deletion of ended sessions and failed sign-ins that no longer count.

    ``accounts`` is asked when a job runs: jobs are registered before the workspace is put together.
    """

    async def forget(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await accounts().forget_old()

    return [
        Job(
            key="forget_sessions",
            run=forget,
            label={"en": "Delete ended sessions", "ru": "Удаление завершённых сеансов"},
            every_s=FORGET_EVERY_S,
        )
    ]
