"""The jobs of privacy."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from crmcore.contracts.context import PluginContext
from crmcore.contracts.jobs import Job
from crmcore.privacy import erasing, handing_out

if TYPE_CHECKING:
    from crmcore.privacy.service import Privacy

DAY_S = 86_400.0


def privacy_jobs(privacy: "Callable[[], Privacy]") -> list[Job]:
    """Return erasing, exporting, and the daily deletion of what is older than its period."""

    async def erase(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await privacy().erasures.run(UUID(payload["erasure"]))

    async def export(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await privacy().exports.run(UUID(payload["export"]))

    async def keep_periods(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await privacy().periods.run()

    return [
        Job(
            key=erasing.JOB,
            run=erase,
            label={"en": "Erase the data of a person", "ru": "Стереть данные человека"},
            timeout_s=DAY_S,
            max_attempts=50,
            cancellable=False,
        ),
        Job(
            key=handing_out.JOB,
            run=export,
            label={"en": "Export the data of a person", "ru": "Выгрузить данные человека"},
            timeout_s=DAY_S,
            max_attempts=5,
            cancellable=False,
        ),
        Job(
            key="keep_periods",
            run=keep_periods,
            label={"en": "Delete what is older than its period", "ru": "Удаление данных с истёкшим сроком"},
            # In the night of the workspace, when nobody waits.
            at="30 3 * * *",
            timeout_s=3_600,
        ),
    ]
