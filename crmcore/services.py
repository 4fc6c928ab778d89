"""What plugins reach through their context, supplied by their workspace."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from crmcore.contacts.plugin_view import PointsOfPlugin
from crmcore.contracts.context import HttpClient, PluginFiles, PluginRecords, Store
from crmcore.contracts.points import PluginPoints
from crmcore.contracts.views import PluginViews
from crmcore.files.plugin_view import FilesOfPlugin
from crmcore.jobs.progress import tell_progress
from crmcore.plugins.store import PluginStore
from crmcore.records.plugin_view import RecordsOfPlugin
from crmcore.views.plugin_view import ViewsOfPlugin

if TYPE_CHECKING:
    from crmcore.workspace import Crm


class WorkspaceServices:
    """Implements :class:`crmcore.plugins.services.PluginServices` for one workspace."""

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm

    def records_for(self, plugin: str) -> PluginRecords:
        """Return the gate as ``plugin`` sees it."""
        return RecordsOfPlugin(self._crm.records, plugin)

    def points_for(self, plugin: str) -> PluginPoints:
        """Return contact points as ``plugin`` sees and marks them."""
        crm = self._crm
        return PointsOfPlugin(
            database=crm.database,
            rules=crm.contacts.rules,
            outbox=crm.outbox,
            clock=crm.clock,
            plugin=plugin,
        )

    def views_for(self, plugin: str) -> PluginViews:
        """Return the shared saved views."""
        return ViewsOfPlugin(self._crm.records, plugin)

    def files_for(self, plugin: str) -> PluginFiles:
        """Return the stored files as plugins read them."""
        return FilesOfPlugin(self._crm.files)

    async def enqueue(
        self, plugin: str, job: str, payload: Mapping[str, Any], key: str = "", delay_s: float = 0
    ) -> None:
        """Put the plugin's job into the queue."""
        await self._crm.jobs.enqueue(plugin, job, payload, key=key, delay_s=delay_s)

    async def progress(self, done: int, total: int) -> None:
        """Tell how far the job has come that runs in this task."""
        await tell_progress(done, total)

    def store_for(self, plugin: str) -> Store:
        """Return the plugin's key-value space."""
        return PluginStore(plugin)

    def http_for(self, plugin: str) -> HttpClient:
        """Return the guarded client."""
        return self._crm.http_client.logging_to(self._crm.host.context(plugin).log)

    def settings_for(self, plugin: str) -> Any:
        """Return the plugin's settings as they were read last."""
        return self._crm.plugin_settings.current(plugin)

    def now(self) -> datetime:
        """Return the workspace's present moment."""
        return self._crm.clock()

    def url_for(self, path: str) -> str:
        """Return the public URL of ``path``."""
        return f"{self._crm.settings.base_url.rstrip('/')}/{path.lstrip('/')}"
