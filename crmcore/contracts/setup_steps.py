"""Steps of a plugin on the way to a working system."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from crmcore.contracts.labels import Label

if TYPE_CHECKING:
    from crmcore.contracts.context import PluginContext


class SetupStep(Struct, frozen=True, kw_only=True):
    """Something an administrator does once; ``open`` is the path where, ``done`` tells whether it is done."""

    key: str
    title: Label
    done: "Callable[[PluginContext], Awaitable[bool]]"
    open: str
    text: Label = ""
    order: int = 500
