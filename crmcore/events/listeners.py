"""Several that are told of each event in its transaction, one after the other."""

from typing import TYPE_CHECKING

from crmcore.contracts.events import Event

if TYPE_CHECKING:
    from crmcore.events.outbox import Subscribers


class Listeners:
    """Implements :class:`crmcore.events.outbox.Subscribers` for several."""

    def __init__(self, *listeners: "Subscribers") -> None:
        self._listeners = listeners

    async def write(self, event: Event) -> None:
        """Let each write what follows from ``event``."""
        for listener in self._listeners:
            await listener.write(event)
