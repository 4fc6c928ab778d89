"""A plugin's share of the worker."""


class Lane:
    """How many jobs of one plugin run, and whether more may be waiting.

    Every plugin has slots of its own: one whose jobs hang fills only these, and nobody else waits.
    """

    def __init__(self, plugin: str, slots: int) -> None:
        self.plugin = plugin
        self.slots = slots
        self.running = 0
        self.hungry = True

    @property
    def free(self) -> int:
        """The number of jobs that may be taken now."""
        return self.slots - self.running
