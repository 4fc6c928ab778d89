"""Which workspace a command works on, and how it opens it."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from crmcore.clock import Clock
    from crmcore.settings import WorkspaceSettings
    from crmcore.workspace import Crm

T = TypeVar("T")


@dataclass
class Place:
    """What the global options say. They may stand before or after the command's name."""

    data: Path | None = None
    settings_file: Path | None = None
    no_plugins: list[str] = field(default_factory=list)
    strict: bool | None = None
    plugin_files: list[Path] = field(default_factory=list)

    def settings(
        self, *, unless_said: Mapping[str, Any] | None = None, **overrides: Any
    ) -> WorkspaceSettings:
        """Return the workspace's settings: file, then environment, then options. Raises ``SettingsError``.

        ``unless_said`` stands in for the defaults of what none of them names.
        """
        from crmcore.settings import load_settings

        chosen = {
            "data_dir": str(self.data) if self.data else None,
            "no_plugins": self.no_plugins or None,
            "strict": self.strict,
        }
        named = os.environ.get("CRMCORE_SETTINGS")
        file = self.settings_file or (Path(named) if named else None)
        return load_settings(file, unless_said=unless_said, **{**chosen, **overrides})

    def address_is_said(self) -> bool:
        """Tell whether anybody named ``base_url``, the address that links begin with."""
        return bool(self.settings(unless_said={"base_url": ""}).base_url)

    def options(self) -> list[str]:
        """Return these options as they are typed, for a command that starts another one."""
        typed = ["--data", str(self.data)] if self.data else []
        if self.settings_file:
            typed += ["--settings", str(self.settings_file)]
        if self.no_plugins:
            typed.append("--no-plugins=" + ",".join(self.no_plugins))
        return [*typed, "--strict"] if self.strict else typed

    def build(
        self, clock: Clock | None = None, *, log_level: int = logging.CRITICAL, **overrides: Any
    ) -> Crm:
        """Return the workspace, not started: plugins are loaded, the database is not written.

        A command answers in its own words, so the log is silent unless ``log_level`` is lower.
        """
        from crmcore.cli.logs import log_to_stderr
        from crmcore.clock import utc_now
        from crmcore.workspace import Crm

        log_to_stderr(log_level)
        settings, points = self.settings(**overrides), None
        if self.plugin_files:
            from crmcore.cli.plugin_files import points_with

            points = points_with(self.plugin_files)
            if settings.plugins is not None:
                named = [*settings.plugins, *(path.stem for path in self.plugin_files)]
                settings = self.settings(**{**overrides, "plugins": named})
        return Crm.build(settings, clock=clock or utc_now, entry_points=points)

    def existing(self, **overrides: Any) -> Crm:
        """Return the workspace as :meth:`build` does, but never make one: raises ``Refused`` where there is none."""
        from crmcore.cli.presence import missing
        from crmcore.cli.refusals import Refused

        if sentence := missing(self.settings(**overrides)):
            raise Refused(sentence)
        return self.build(**overrides)

    @asynccontextmanager
    async def opened(self, crm: Crm | None = None, *, migrate: bool = True) -> AsyncIterator[Crm]:
        """Start ``crm`` (or build it), make it the one that tables use, and stop it at the end."""
        from crmcore.audit.acting import acting
        from crmcore.contracts.actors import system_actor

        crm = crm or self.build()
        await crm.start(migrate=migrate)
        try:
            with crm.bound(), acting(system_actor("command line")):
                yield crm
        finally:
            await crm.stop()


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run ``work`` to its end and return its result."""
    return asyncio.run(work)
