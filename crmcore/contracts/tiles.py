"""Tiles: what a plugin shows on the page “Overview”."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label
from crmcore.contracts.panels import PanelContent

if TYPE_CHECKING:
    from crmcore.contracts.context import PluginContext


class TileRequest(Struct, frozen=True, kw_only=True):
    """Who looks at the tile."""

    actor: Actor
    language: str = "en"


class Tile(Struct, frozen=True, kw_only=True):
    """A tile. What ``load`` returns is kept ``ttl_s`` seconds per language and per set of permissions."""

    key: str
    title: Label
    load: "Callable[[TileRequest, PluginContext], Awaitable[PanelContent]]"
    icon: str = "puzzle"
    permission: str = ""
    order: int = 500
    ttl_s: int = 300
    timeout_s: float = 5.0
