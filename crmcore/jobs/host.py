"""What the worker needs of the plugin host."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from crmcore.contracts.context import PluginContext
from crmcore.contracts.jobs import Job
from crmcore.plugins.names import CORE
from crmcore.plugins.registry import Registered

WEBHOOKS = "webhooks"
"""A lane of the core's own: endpoints that do not answer keep no other work waiting."""


LONG = "long"
"""A lane for the core's own long work: an import that takes hours keeps no reply waiting."""


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
    """Return the core's three lanes and the names of the loaded plugins."""
    loaded = {name for name, state in host.plugins.items() if state.state == "loaded"}
    return [CORE, WEBHOOKS, LONG, *sorted(loaded - {CORE, WEBHOOKS, LONG})]


def bounds_of(host: JobHost, plugin: str) -> dict[str, int]:
    """Return of which kinds of ``plugin`` only so many may run in all workers together."""
    return {
        kind: registered.item.at_once
        for kind, registered in host.registry.jobs.items()
        if registered.plugin == plugin and registered.item.at_once is not None
    }
