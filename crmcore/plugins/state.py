"""What became of each plugin."""

from typing import Literal

from msgspec import Struct, field

from crmcore.contracts.labels import Label

StateName = Literal["loaded", "disabled", "incompatible", "failed"]


class PluginState(Struct, frozen=True, kw_only=True):
    """One plugin as the host found it.

    ``reason`` is a sentence for the administrator, empty for a loaded plugin; ``error`` is the traceback
    behind it. ``provides`` maps kinds of contributions to their keys; ``hooks`` are the hooks it implements.
    ``notes`` say what of a loaded plugin waits for something that is not there, and what it uses that will go away.
    """

    name: str
    distribution: str = ""
    version: str = ""
    state: StateName = "loaded"
    reason: Label = ""
    provides: dict[str, list[str]] = field(default_factory=dict)
    hooks: list[str] = field(default_factory=list)
    error: str = ""
    notes: list[Label] = field(default_factory=list)
