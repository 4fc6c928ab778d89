"""What a workspace gives its plugin host, so that plugins can work with records, jobs and the outside."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from crmcore.contracts.context import HttpClient, PluginConnections, PluginFiles, PluginRecords, Store
from crmcore.contracts.points import PluginPoints
from crmcore.contracts.pops import Pop
from crmcore.contracts.views import PluginViews


class PluginServices(Protocol):
    """The services behind every :class:`~crmcore.PluginContext`; one object for all plugins."""

    def records_for(self, plugin: str) -> PluginRecords:
        """Return the gate as ``plugin`` sees it."""
        ...

    def points_for(self, plugin: str) -> PluginPoints:
        """Return contact points as ``plugin`` sees and marks them."""
        ...

    def views_for(self, plugin: str) -> PluginViews:
        """Return the shared saved views."""
        ...

    def files_for(self, plugin: str) -> PluginFiles:
        """Return the stored files, and those that ``plugin`` keeps."""
        ...

    def connections_for(self, plugin: str) -> PluginConnections:
        """Return the accounts of the plugin's connections and channels."""
        ...

    def lock(self, plugin: str, name: str, timeout_s: float) -> AbstractAsyncContextManager[None]:
        """Hold the plugin's lock ``name`` while the block runs."""
        ...

    async def emit(
        self, plugin: str, name: str, record_type: str, record_id: UUID, data: Mapping[str, Any]
    ) -> None:
        """Write the plugin's event ``name``."""
        ...

    async def pop(self, plugin: str, pop: Pop) -> None:
        """Show the plugin's card."""
        ...

    async def enqueue(
        self, plugin: str, job: str, payload: Mapping[str, Any], key: str = "", delay_s: float = 0
    ) -> None:
        """Put the plugin's job into the queue, inside the open transaction when there is one."""
        ...

    async def progress(self, done: int, total: int) -> None:
        """Tell how far the job has come that runs in this task."""
        ...

    def store_for(self, plugin: str) -> Store:
        """Return the plugin's key-value space."""
        ...

    def http_for(self, plugin: str) -> HttpClient:
        """Return the guarded client."""
        ...

    def settings_for(self, plugin: str) -> Any:
        """Return the plugin's settings Struct as loaded last, secrets decrypted; None without settings."""
        ...

    def now(self) -> datetime:
        """Return the workspace's present moment, in UTC."""
        ...

    def url_for(self, path: str) -> str:
        """Return the public URL of ``path``."""
        ...
