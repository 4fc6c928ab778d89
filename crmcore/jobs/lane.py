"""A plugin's share of the worker."""

from collections.abc import Mapping


class Lane:
    """How many jobs of one plugin run, and whether more may be waiting.

    Every plugin has slots of its own: one whose jobs hang fills only these, and nobody else waits. ``at_once``
    says of which kinds only so many may run in all workers together.
    """

    def __init__(self, plugin: str, slots: int, at_once: Mapping[str, int] | None = None) -> None:
        self.plugin = plugin
        self.slots = slots
        self.at_once = at_once or {}
        self.running = 0
        self.hungry = True

    @property
    def free(self) -> int:
        """The number of jobs that may be taken now."""
        return self.slots - self.running
