"""The jobs of imports."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from crmcore.contracts.context import PluginContext
from crmcore.contracts.jobs import Job
from crmcore.errors import NotFound

if TYPE_CHECKING:
    from crmcore.importing.service import Imports

DAY_S = 86_400.0


def import_jobs(imports: "Callable[[], Imports]") -> list[Job]:
    """Return the work of an import."""

    async def run_import(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        try:
            await imports().work(UUID(payload["import_id"]))
        except NotFound:
            return  # it was deleted meanwhile

    return [
        Job(
            key="run_import",
            run=run_import,
            label={
                "en": "Import a file, or take an import back",
                "ru": "Импортировать файл или отменить импорт",
            },
            # A million rows take hours; every attempt goes on where the one before stopped.
            timeout_s=7 * DAY_S,
            max_attempts=50,
            # An import has its own cancelling, which keeps its figures right.
            cancellable=False,
        ),
    ]
