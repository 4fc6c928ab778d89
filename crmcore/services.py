"""What plugins reach through their context, supplied by their workspace."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from crmcore.connections.plugin_view import ConnectionsOfPlugin
from crmcore.contacts.plugin_view import PointsOfPlugin
from crmcore.contracts.context import HttpClient, PluginConnections, PluginFiles, PluginRecords, Store
from crmcore.contracts.points import PluginPoints
from crmcore.contracts.pops import Pop
from crmcore.contracts.views import PluginViews
from crmcore.events.plugin_events import emit
from crmcore.files.plugin_view import FilesOfPlugin
from crmcore.jobs.progress import tell_progress
from crmcore.live.pops import show_pop
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
        """Return the stored files as plugins read them, and those that ``plugin`` keeps."""
        return FilesOfPlugin(self._crm.files, plugin)

    def connections_for(self, plugin: str) -> PluginConnections:
        """Return the accounts of the plugin's connections and channels."""
        return ConnectionsOfPlugin(self._crm, plugin)

    def lock(self, plugin: str, name: str, timeout_s: float) -> AbstractAsyncContextManager[None]:
        """Hold the plugin's lock ``name`` while the block runs."""
        return self._crm.locks.held(plugin, name, timeout_s)

    async def emit(
        self, plugin: str, name: str, record_type: str, record_id: UUID, data: Mapping[str, Any]
    ) -> None:
        """Write the plugin's event ``name``."""
        crm = self._crm
        await emit(crm.database, crm.outbox, crm.records.types, plugin, name, record_type, record_id, data)

    async def pop(self, plugin: str, pop: Pop) -> None:
        """Show the plugin's card."""
        await show_pop(self._crm, plugin, pop)

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
