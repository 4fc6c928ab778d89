"""Jobs: work that happens later, survives a restart and is tried again."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from crmcore.contracts.labels import Label

if TYPE_CHECKING:
    from crmcore.contracts.context import PluginContext

Priority = Literal["high", "normal", "low"]


class Job(Struct, frozen=True, kw_only=True):
    """A named piece of work. ``run(payload, plugin)`` may be called more than once for one payload.

    A periodic job has an empty payload, and ``every_s``, or ``at``: five fields of cron, ``15 3 * * *``, on the
    clocks of ``time_zone``, a name such as ``Europe/Berlin``, the workspace's own unless said. Where clocks are put
    forward over its time it runs right after; where they are put back, once. However many workers there are, a turn
    is run by one; turns missed while all were away are caught up by one.

    A ``priority`` goes before the lower ones of the same plugin. ``at_once`` bounds how many run side by side in all
    workers together, where the other side sets a bound. After ``max_attempts`` failures the job stays as a dead
    letter that a person can see and send again. Raise :class:`Retry` to choose the delay. One that is not
    ``cancellable`` is the only one who knows of something that was promised: people cannot throw it away.
    """

    key: str
    run: "Callable[[Mapping[str, Any], PluginContext], Awaitable[None]]"
    label: Label = ""
    every_s: float | None = None
    at: str = ""
    time_zone: str = ""
    priority: Priority = "normal"
    at_once: int | None = None
    max_attempts: int = 8
    timeout_s: float = 60.0
    cancellable: bool = True

    @property
    def periodic(self) -> bool:
        """Tell whether it runs by itself, again and again."""
        return self.every_s is not None or bool(self.at)


class Retry(Exception):
    """Raised by a job that knows when to be tried again."""

    def __init__(self, reason: str, *, after_s: float) -> None:
        super().__init__(reason)
        self.after_s = after_s


class Busy(Retry):
    """Raised by ``plugin.lock`` when somebody else held the lock all the time: a job is tried again soon."""

    def __init__(self, name: str) -> None:
        super().__init__(f"another holds the lock {name!r}", after_s=10.0)
