"""Plugins as tests name them: an installed one by its name, a file by its path, a module as it is."""

from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from crmcore.plugins.discovery import GROUP
from crmcore.plugins.names import nearest
from crmcore.plugins.single_file import plugin_file


class ObjectEntryPoint(EntryPoint):
    """An entry point that brings its plugin along."""

    plugin: object

    def __init__(self, name: str, plugin: object) -> None:
        object.__setattr__(self, "plugin", plugin)
        super().__init__(name=name, value=name, group=GROUP)

    def load(self) -> Any:
        return self.plugin


def entry_point_of(plugin: str | Path | EntryPoint | ModuleType | tuple[str, object]) -> EntryPoint:
    """Return the entry point of ``plugin``.

    A text without dots is the name of an installed plugin, one that ends in ``.py`` a file; a module stands under
    the last part of its name, an object under the name that comes with it.
    """
    if isinstance(plugin, EntryPoint):
        return plugin
    if isinstance(plugin, tuple):
        return ObjectEntryPoint(*plugin)
    if isinstance(plugin, ModuleType):
        return EntryPoint(plugin.__name__.rpartition(".")[2], plugin.__name__, GROUP)
    if isinstance(plugin, Path) or plugin.endswith(".py"):
        return plugin_file(Path(plugin))
    installed = {point.name: point for point in entry_points(group=GROUP)}
    if plugin not in installed:
        near = nearest(plugin, list(installed))
        hint = f"Did you mean {near}?" if near else "Install it, for example with: pip install -e ."
        raise LookupError(f"No plugin named {plugin} is installed. {hint}")
    return installed[plugin]
