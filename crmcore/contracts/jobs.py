"""Jobs: work that happens later, survives a restart and is tried again."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from crmcore.contracts.labels import Label

if TYPE_CHECKING:
    from crmcore.contracts.context import PluginContext


class Job(Struct, frozen=True, kw_only=True):
    """A named piece of work. ``run(payload, plugin)`` may be called more than once for one payload.

    ``every_s`` makes it periodic (its payload is then empty). After ``max_attempts`` failures the job stays as
    a dead letter that a person can see and send again. Raise :class:`Retry` to choose the delay.
    """

    key: str
    run: "Callable[[Mapping[str, Any], PluginContext], Awaitable[None]]"
    label: Label = ""
    every_s: float | None = None
    max_attempts: int = 8
    timeout_s: float = 60.0


class Retry(Exception):
    """Raised by a job that knows when to be tried again."""

    def __init__(self, reason: str, *, after_s: float) -> None:
        super().__init__(reason)
        self.after_s = after_s
