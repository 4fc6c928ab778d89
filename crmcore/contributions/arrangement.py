"""How each person likes their panels: which are folded, hidden, and in which order they stand."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from msgspec import Struct

from crmcore.clock import Clock
from crmcore.contracts.actors import Actor
from crmcore.contributions.tables import PanelChoice
from crmcore.database.database import Database

MOST = 200


class Arranged(Struct, frozen=True, kw_only=True):
    """What one person did to one panel; without ``position`` it stands where its plugin put it."""

    folded: bool = False
    hidden: bool = False
    position: int | None = None


class Arrangement:
    """The choices of one workspace's people. Those about panels that are away stay."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def of(self, actor: Actor) -> dict[str, Arranged]:
        """Return what ``actor`` chose, by panel."""
        if actor.kind != "user":
            return {}
        rows = await PanelChoice.select().where(PanelChoice.owner == UUID(actor.id)).limit(MOST)
        return {
            row["panel"]: Arranged(folded=row["folded"], hidden=row["hidden"], position=row["position"])
            for row in rows
        }

    async def keep(self, chosen: Mapping[str, Arranged], *, actor: Actor) -> None:
        """Remember ``chosen`` in place of what was chosen for the same panels."""
        if actor.kind != "user":
            return
        owner = UUID(actor.id)
        async with self._database.transaction():
            for panel, choice in list(chosen.items())[:MOST]:
                place = f"{owner}:{panel[:100]}"
                values: dict[Any, Any] = {
                    "folded": choice.folded,
                    "hidden": choice.hidden,
                    "position": choice.position,
                    "updated_at": self._clock(),
                }
                await PanelChoice.insert(
                    PanelChoice(place=place, owner=owner, panel=panel[:100])
                ).on_conflict(target=PanelChoice.place, action="DO NOTHING")
                await PanelChoice.update(values, force=True).where(PanelChoice.place == place)

    async def fold(self, panel: str, folded: bool, *, actor: Actor) -> None:
        """Remember that ``panel`` is folded, or open again."""
        before = (await self.of(actor)).get(panel, Arranged())
        chosen = Arranged(folded=folded, hidden=before.hidden, position=before.position)
        await self.keep({panel: chosen}, actor=actor)
