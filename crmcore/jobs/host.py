"""What the worker needs of the plugin host."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from crmcore.contracts.context import PluginContext
from crmcore.contracts.jobs import Job
from crmcore.plugins.names import CORE
from crmcore.plugins.registry import Registered

WEBHOOKS = "webhooks"
"""A lane of the core's own: endpoints that do not answer keep no other work waiting."""


class JobRegistry(Protocol):
    @property
    def jobs(self) -> Mapping[str, Registered[Job]]:
        """The jobs of all loaded plugins by ``plugin.key``."""
        ...


class JobDispatch(Protocol):
    async def run(
        self, plugin: str, point: str, function: Callable[..., Any], *args: Any, timeout_s: float = ...
    ) -> Any:
        """Run a plugin's function with its failures contained and attributed."""
        ...


class JobHost(Protocol):
    """A plugin host as the worker sees it."""

    @property
    def registry(self) -> JobRegistry: ...
    @property
    def dispatch(self) -> JobDispatch: ...
    @property
    def plugins(self) -> Mapping[str, Any]:
        """The states of all known plugins by name."""
        ...

    def context(self, plugin: str) -> PluginContext: ...


def working_plugins(host: JobHost) -> list[str]:
    """Return the core's two lanes and the names of the loaded plugins."""
    loaded = {name for name, state in host.plugins.items() if state.state == "loaded"}
    return [CORE, WEBHOOKS, *sorted(loaded - {CORE, WEBHOOKS})]
