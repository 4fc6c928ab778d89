"""Plugins of one file at the command line: named by their paths, loaded anew when they change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from crmcore.cli.refusals import Refused

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from crmcore.workspace import Crm

LOOK_EVERY_S = 0.25


def points_with(files: Sequence[Path]) -> list[EntryPoint]:
    """Return the plugins that are installed and those in ``files``. Raises ``Refused`` for what cannot be one."""
    from crmcore.contracts.labels import text_of
    from crmcore.plugins.discovery import installed_entry_points
    from crmcore.plugins.failures import LoadProblem
    from crmcore.plugins.single_file import plugin_file

    try:
        own = [plugin_file(path) for path in files]
    except LoadProblem as problem:
        raise Refused(text_of(problem.reason)) from problem
    names = {point.name for point in own}
    if len(names) < len(own):
        raise Refused("Two of the files are called alike: a plugin has the name of its file.")
    # Whoever works on a plugin that is installed too means the file.
    return [*own, *(point for point in installed_entry_points() if point.name not in names)]


def tell_states(crm: Crm, files: Sequence[Path]) -> None:
    """Print what became of the plugins in ``files``."""
    from crmcore.contracts.labels import text_of

    for path in files:
        state = crm.host.plugins[path.stem]
        reason = f": {text_of(state.reason)}" if state.reason else ""
        click.echo(f"{path.name}: {state.state}{reason}")


class FileWatch:
    """Waits until one of ``files`` is another; ``changed`` tells afterwards whether that was the end."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = files
        self._before = self._stamps()
        self.changed = False

    async def until_changed(self, stop: Callable[[], None]) -> None:
        """Call ``stop`` once a file was written. A file that is away is being written just now."""
        while not self.changed:
            await asyncio.sleep(LOOK_EVERY_S)
            now = self._stamps()
            self.changed = None not in now and now != self._before
        stop()

    def _stamps(self) -> list[tuple[int, int] | None]:
        return [_stamp(path) for path in self._files]


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
