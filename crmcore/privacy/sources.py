"""Asks the core and the plugins for what they keep of a person."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from crmcore.contracts.context import PluginContext
from crmcore.contracts.personal_data import DataItem, DataSubject, PersonalData
from crmcore.plugins.dispatch import Dispatcher
from crmcore.plugins.names import CORE
from crmcore.plugins.registry import Registered

# A plugin that yields more of one person runs away.
MOST_ITEMS = 100_000


class Sources:
    """Every kind of personal data, those of plugins first: a plugin may still want to read the contact."""

    def __init__(
        self,
        kinds: Callable[[], Mapping[str, Registered[PersonalData]]],
        dispatch: Dispatcher,
        context: Callable[[str], PluginContext],
    ) -> None:
        self._kinds = kinds
        self._dispatch = dispatch
        self._context = context

    def all(self) -> dict[str, Registered[PersonalData]]:
        """Return all kinds by ``plugin.key`` in the order in which they are erased."""
        kinds = self._kinds()
        return dict(sorted(kinds.items(), key=lambda item: item[1].plugin == CORE))

    async def items(self, source: Registered[PersonalData], subject: DataSubject) -> list[DataItem]:
        """Return everything of one kind; raises PluginFailed, and what the core raises."""
        answer: list[DataItem] = await self._asked(
            source, "export", partial(_collected, source.item), subject, list[DataItem]
        )
        return answer

    async def count(self, source: Registered[PersonalData], subject: DataSubject) -> int:
        """Return how many things there are of one kind."""
        if source.item.count is None:
            return len(await self.items(source, subject))
        return int(await self._asked(source, "count", source.item.count, subject, int))

    async def erase(self, source: Registered[PersonalData], subject: DataSubject) -> int:
        """Erase one kind and return how many things went."""
        return int(await self._asked(source, "erase", source.item.erase, subject, int))

    async def _asked(
        self,
        source: Registered[PersonalData],
        what: str,
        function: Callable[..., Any],
        subject: DataSubject,
        returns: Any,
    ) -> Any:
        context = self._context(source.plugin)
        if source.plugin == CORE:
            return await function(subject, context)
        return await self._dispatch.run(
            source.plugin,
            f"personal_data.{what}",
            function,
            subject,
            context,
            timeout_s=source.item.timeout_s,
            returns=returns,
        )


async def _collected(kind: PersonalData, subject: DataSubject, plugin: PluginContext) -> list[DataItem]:
    items: list[DataItem] = []
    async for item in kind.export(subject, plugin):
        items.append(item)
        if len(items) > MOST_ITEMS:
            raise ValueError(f"more than {MOST_ITEMS} items of one person")
    return items
