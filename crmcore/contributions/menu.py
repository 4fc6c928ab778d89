"""Pages of plugins: who sees which, what they count, what they show."""

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from crmcore.contracts.actors import Actor
from crmcore.contracts.pages import Page, PageContent, PageRequest
from crmcore.contributions.asking import ask
from crmcore.contributions.permits import demand_permit, permitted
from crmcore.errors import NotFound
from crmcore.plugins.failures import PluginFailed
from crmcore.plugins.registry import Registered

if TYPE_CHECKING:
    from crmcore.workspace import Crm

# A number beside the menu is worth waiting for this long, and is asked for once in this time by one person.
COUNT_TIMEOUT_S = 0.5
COUNT_KEPT = timedelta(seconds=30)
MOST_COUNTS = 2_000


class Menu:
    """The pages of one workspace's plugins."""

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm
        self._counts: dict[tuple[str, str], tuple[datetime, int]] = {}

    def pages(self, actor: Actor) -> list[tuple[str, Registered[Page]]]:
        """Return the pages that ``actor`` may open, in their order."""
        found = [
            (owned.item.order, key, owned)
            for key, owned in self._crm.registry.pages.items()
            if permitted(self._crm, owned.item.permission, actor)
        ]
        return [(key, owned) for _, key, owned in sorted(found, key=lambda entry: entry[:2])]

    async def counts(self, actor: Actor) -> dict[str, int]:
        """Return the numbers beside the entries of the menu; those that cannot be had in time are left out."""
        asked = [
            (key, owned)
            for key, owned in self.pages(actor)
            if owned.item.menu and owned.item.count is not None
        ]
        numbers = await asyncio.gather(*(self._count(key, owned, actor) for key, owned in asked))
        return {key: number for (key, _), number in zip(asked, numbers, strict=True) if number}

    async def _count(self, key: str, owned: Registered[Page], actor: Actor) -> int:
        place, now = (key, f"{actor.kind}:{actor.id}"), self._crm.clock()
        at, number = self._counts.get(place, (None, 0))
        if at is not None and now - at < COUNT_KEPT:
            return number
        count = owned.item.count
        if count is None:
            return 0
        try:
            number = await ask(
                self._crm,
                owned.plugin,
                f"page.{owned.item.key}.count",
                count,
                actor,
                timeout_s=COUNT_TIMEOUT_S,
                returns=int,
            )
        except PluginFailed:
            number = 0
        if len(self._counts) >= MOST_COUNTS:
            self._counts.clear()
        self._counts[place] = (now, max(0, number))
        return max(0, number)

    def page(self, plugin: str, key: str, *, actor: Actor) -> Registered[Page]:
        """Return the page at ``/x/PLUGIN/KEY``. Raises NotFound, and Forbidden for whom it is not."""
        owned = self._crm.registry.pages.get(f"{plugin}.{key}")
        if owned is None:
            raise NotFound
        demand_permit(self._crm, owned.item.permission, actor)
        return owned

    async def load(self, owned: Registered[Page], request: PageRequest) -> PageContent:
        """Return what the page shows. Raises PluginFailed."""
        content: PageContent = await ask(
            self._crm,
            owned.plugin,
            f"page.{owned.item.key}",
            owned.item.load,
            request,
            timeout_s=owned.item.timeout_s,
            returns=PageContent,
        )
        return content
