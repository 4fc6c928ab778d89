"""What a workspace gives its plugin host, so that plugins can work with records, jobs and the outside."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from crmcore.contracts.context import HttpClient, PluginFiles, PluginRecords, Store


class PluginServices(Protocol):
    """The services behind every :class:`~crmcore.PluginContext`; one object for all plugins."""

    def records_for(self, plugin: str) -> PluginRecords:
        """Return the gate as ``plugin`` sees it."""
        ...

    def files_for(self, plugin: str) -> PluginFiles:
        """Return the stored files."""
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
