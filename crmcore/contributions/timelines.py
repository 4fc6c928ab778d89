"""Further entries of a record's timeline, from plugins."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from msgspec import Struct

from crmcore.contracts.actors import Actor
from crmcore.contracts.subjects import Slot, Subject
from crmcore.contracts.timeline import TimelineEntry, TimelineSource
from crmcore.contributions.asking import ask
from crmcore.contributions.subjects import beside
from crmcore.plugins.failures import PluginFailed
from crmcore.plugins.registry import Registered

if TYPE_CHECKING:
    from crmcore.workspace import Crm

LIMIT = 50


class Sourced(Struct, frozen=True):
    """An entry with the plugin it comes from."""

    plugin: str
    source: str
    entry: TimelineEntry


class Timelines:
    """Asks every plugin that knows something about a record, all at once."""

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm

    def stands_beside(self, slot: Slot) -> bool:
        """Tell whether a plugin knows something about such records."""
        return any(slot in owned.item.slots for owned in self._crm.registry.timeline.values())

    async def of(
        self,
        slot: Slot,
        id: UUID,
        *,
        actor: Actor,
        language: str,
        before: datetime | None = None,
        limit: int = LIMIT,
    ) -> tuple[list[Sourced], list[PluginFailed]]:
        """Return the newest entries older than ``before``, the newest first, and who could not be asked."""
        sources = [
            (key, owned)
            for key, owned in sorted(self._crm.registry.timeline.items())
            if slot in owned.item.slots
        ]
        if not sources:
            return [], []
        stands = await beside(self._crm, slot, id, actor=actor)
        subject = stands.subject(slot, actor, language)
        answers = await asyncio.gather(
            *(self._ask(key, owned, subject, before, limit) for key, owned in sources)
        )
        entries = [found for answer in answers if isinstance(answer, list) for found in answer]
        failures = [answer for answer in answers if isinstance(answer, PluginFailed)]
        entries.sort(key=lambda found: found.entry.at, reverse=True)
        return entries[:limit], failures

    async def _ask(
        self,
        key: str,
        owned: Registered[TimelineSource],
        subject: Subject,
        before: datetime | None,
        limit: int,
    ) -> list[Sourced] | PluginFailed:
        source = owned.item
        try:
            found: Sequence[TimelineEntry] = await ask(
                self._crm,
                owned.plugin,
                f"timeline.{source.key}",
                source.load,
                subject,
                before,
                limit,
                timeout_s=source.timeout_s,
                returns=Sequence[TimelineEntry],
            )
        except PluginFailed as failure:
            return failure
        return [
            Sourced(owned.plugin, key, entry)
            for entry in found[:limit]
            # A moment without a zone cannot be put in order with the others.
            if entry.at.tzinfo is not None and (before is None or entry.at < before)
        ]
