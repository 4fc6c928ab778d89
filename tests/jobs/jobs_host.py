"""A plugin host with jobs to try the queue with."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from crmcore.contracts.context import PluginContext
from crmcore.contracts.jobs import Job
from crmcore.plugins.context import BoundContext
from crmcore.plugins.dispatch import Dispatcher
from crmcore.plugins.logs import Redactor, plugin_log
from crmcore.plugins.registry import Registered, Registry
from crmcore.plugins.specs import read_specs
from crmcore.plugins.state import PluginState

Run = Callable[[Mapping[str, Any], PluginContext], Awaitable[None]]


class Host:
    """The real registry and dispatcher, filled by hand."""

    def __init__(self) -> None:
        self.registry = Registry()
        self.plugins = {"core": PluginState(name="core")}
        self.dispatch = Dispatcher(read_specs(), self.context)

    def context(self, plugin: str) -> PluginContext:
        return BoundContext(plugin, plugin_log(plugin, Redactor()), None)

    def add(self, plugin: str, key: str, run: Run, **options: Any) -> None:
        self.plugins.setdefault(plugin, PluginState(name=plugin))
        self.registry.jobs[f"{plugin}.{key}"] = Registered(plugin, Job(key=key, run=run, **options))

    def remove(self, plugin: str) -> None:
        del self.plugins[plugin]
        self.registry.withdraw(plugin)
