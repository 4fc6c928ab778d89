"""What the tests of the zoo share."""

from collections.abc import Callable
from importlib.metadata import EntryPoint
from typing import Any

from crmcore import Change, hookimpl
from crmcore.plugins.host import PluginHost

Cage = Callable[..., PluginHost]
"""Loads ``animals.VALUE`` beside the healthy plugin."""


class Core:
    """Stands in for the core's own plugin."""

    @hookimpl
    def before_write(self, change: Change) -> None:
        return None

    @hookimpl
    def resolve_contact(self, message: Any) -> None:
        return None


def entry(name: str, value: str) -> EntryPoint:
    """Return an entry point of crmcore."""
    return EntryPoint(name=name, value=value, group="crmcore")


class Monotonic:
    """Seconds that tests turn by hand."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds
