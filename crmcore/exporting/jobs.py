"""The jobs of exports."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from crmcore.contracts.context import PluginContext
from crmcore.contracts.jobs import Job
from crmcore.exporting.runs import JOB

if TYPE_CHECKING:
    from crmcore.exporting.runs import ExportRuns

DAY_S = 86_400.0


def export_jobs(runs: "Callable[[], ExportRuns]") -> list[Job]:
    """Return the work of an export."""

    async def run_export(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await runs().run(UUID(payload["export"]))

    label = {"en": "Export records into a file", "ru": "Выгрузить записи в файл"}
    return [Job(key=JOB, run=run_export, label=label, timeout_s=DAY_S, max_attempts=5)]
