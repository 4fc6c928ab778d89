"""Which of the installed plugins a deployment wants."""

from msgspec import Struct


class PluginChoice(Struct, frozen=True, kw_only=True):
    """What is switched on.

    ``plugins`` is None for every installed plugin, or the exact list of names. ``no_plugins`` are skipped
    whatever else is said; ``["*"]`` skips all. ``disabled`` are those an administrator switched off.
    ``strict`` refuses to start when a chosen plugin cannot be loaded.
    """

    plugins: list[str] | None = None
    no_plugins: list[str] = []
    strict: bool = False
    disabled: frozenset[str] = frozenset()

    def wants_none(self) -> bool:
        """Tell whether this start skips all plugins."""
        return "*" in self.no_plugins
