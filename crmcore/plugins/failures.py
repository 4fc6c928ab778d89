"""Failures of plugins, each with the plugin's name and a sentence."""

from collections.abc import Sequence

from crmcore.contracts.labels import Label, text_of
from crmcore.plugins.state import PluginState


class LoadProblem(Exception):
    """Something about a plugin keeps it from being loaded; ``reason`` is for the administrator."""

    def __init__(self, reason: Label) -> None:
        super().__init__(text_of(reason, "en"))
        self.reason = reason


class PluginFailed(Exception):
    """A plugin's function failed, hung or answered with something unusable.

    ``point`` is the hook or the function, for example ``before_write`` or ``panel.load``; ``detail`` is what
    the exception said, for the log and the administrator. ``paused`` is true when the function was not even
    called because it failed too often just now; ``retry_after_s`` then says when to try again.
    """

    def __init__(
        self,
        plugin: str,
        point: str,
        reason: Label,
        *,
        detail: str = "",
        paused: bool = False,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(plugin, point, reason)
        self.plugin = plugin
        self.point = point
        self.reason = reason
        self.detail = detail
        self.paused = paused
        self.retry_after_s = retry_after_s

    def sentence(self, language: str = "en") -> str:
        """Return what happened, with the plugin's name, for a person."""
        return text_of(self.reason, language)

    def __str__(self) -> str:
        said = f" ({self.detail})" if self.detail else ""
        return f"{self.sentence()}{said} [{self.point}]"


class StartRefused(Exception):
    """In strict mode, a chosen plugin could not be loaded; ``states`` are those that failed."""

    def __init__(self, states: Sequence[PluginState]) -> None:
        self.states = list(states)
        super().__init__(self.sentence())

    def sentence(self, language: str = "en") -> str:
        """Return one line per plugin that failed."""
        return "\n".join(f"{state.name}: {text_of(state.reason, language)}" for state in self.states)
