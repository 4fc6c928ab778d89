"""Tiles of the overview: asked for like panels, about everything instead of one record."""

from datetime import timedelta
from typing import TYPE_CHECKING

from crmcore.contracts.actors import Actor
from crmcore.contracts.panels import Panel, PanelContent
from crmcore.contracts.tiles import Tile, TileRequest
from crmcore.contributions.asking import ask
from crmcore.contributions.panel_cache import Kept, PanelCache
from crmcore.contributions.panels import LoadedPanel, after_failure
from crmcore.contributions.permits import demand_permit, permitted
from crmcore.errors import NotFound
from crmcore.plugins.failures import PluginFailed
from crmcore.plugins.registry import Registered

if TYPE_CHECKING:
    from crmcore.workspace import Crm

MAX_TILES = 24


class Tiles:
    """The tiles of one workspace, with what they said lately in this process."""

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm
        self._cache = PanelCache(limit=500)

    def of(self, actor: Actor) -> list[tuple[str, Registered[Tile]]]:
        """Return the tiles that ``actor`` may see, in their order."""
        found = [
            (owned.item.order, key, owned)
            for key, owned in self._crm.registry.tiles.items()
            if permitted(self._crm, owned.item.permission, actor)
        ]
        return [(key, owned) for _, key, owned in sorted(found, key=lambda entry: entry[:2])][:MAX_TILES]

    async def load(self, key: str, *, actor: Actor, language: str, again: bool = False) -> LoadedPanel | None:
        """Return the tile ``key``, None when it is not for this actor; else as panels are loaded."""
        owned = self._crm.registry.tiles.get(key)
        if owned is None:
            raise NotFound
        tile = owned.item
        demand_permit(self._crm, tile.permission, actor)
        # Figures of a day depend on where the day begins.
        place = (key, language, f"{actor.time_zone} {actor.sight}")
        now = self._crm.clock()
        kept = self._cache.get(place)
        shown = Panel(key=tile.key, title=tile.title, load=_never, icon=tile.icon, order=tile.order)
        if kept is None or again or now - kept.at >= timedelta(seconds=tile.ttl_s):
            try:
                content: PanelContent = await ask(
                    self._crm,
                    owned.plugin,
                    f"tile.{tile.key}",
                    tile.load,
                    TileRequest(actor=actor, language=language),
                    timeout_s=tile.timeout_s,
                    returns=PanelContent,
                )
            except PluginFailed as failure:
                return after_failure(key, Registered(owned.plugin, shown), kept, failure, now)
            kept = Kept(content, content.fetched_at or now)
            if content.status != "error":
                self._cache.put(place, kept)
        if kept.content.status == "setup" and not actor.may("plugin.write"):
            return None
        return LoadedPanel(
            key=key,
            plugin=owned.plugin,
            panel=shown,
            state=kept.content.status,
            content=kept.content,
            at=kept.at,
        )


async def _never(*args: object) -> PanelContent:
    return PanelContent()
