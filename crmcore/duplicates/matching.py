"""Asks the plugins' matchers, and turns their matches into findings."""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

import structlog

from crmcore.contracts.context import PluginContext
from crmcore.contracts.matchers import Match, Matcher
from crmcore.duplicates.evidence import Finding
from crmcore.plugins.dispatch import Dispatcher
from crmcore.plugins.failures import PluginFailed
from crmcore.plugins.registry import Registered

_BITS = {"weak": 6.0, "strong": 16.0, "certain": 27.0}
Pair = tuple[UUID, UUID]

_log = structlog.get_logger(__name__)


def pair_of(one: UUID, other: UUID) -> Pair:
    """Return two ids in the order in which pairs are kept."""
    return (one, other) if one < other else (other, one)


class Matching:
    """The matchers of all plugins. One that fails is passed over: its plugin's page says so."""

    def __init__(
        self,
        matchers: Mapping[str, Registered[Matcher]],
        dispatch: Dispatcher,
        context: Callable[[str], PluginContext],
    ) -> None:
        self._matchers = matchers
        self._dispatch = dispatch
        self._context = context

    async def find(self, contacts: Sequence[UUID]) -> dict[Pair, list[Finding]]:
        """Return what plugins found about ``contacts`` and others, by pair."""
        found: dict[Pair, list[Finding]] = {}
        for owned in list(self._matchers.values()):
            matcher = owned.item
            try:
                matches: list[Match] = await self._dispatch.run(
                    owned.plugin,
                    "matcher.find",
                    matcher.find,
                    tuple(contacts),
                    self._context(owned.plugin),
                    timeout_s=matcher.timeout_s,
                    returns=list[Match],
                )
            except PluginFailed as failed:
                _log.warning(
                    "matcher_failed", plugin=owned.plugin, matcher=matcher.key, reason=failed.sentence()
                )
                continue
            for match in matches:
                if match.contact != match.other:
                    pair = pair_of(match.contact, match.other)
                    found.setdefault(pair, []).append(_finding(owned.plugin, matcher.key, match))
        return found


def _finding(plugin: str, key: str, match: Match) -> Finding:
    return Finding(
        kind="plugin",
        code=f"{plugin}.{key}",
        bits=_BITS[match.strength],
        label=match.reason,
        plugin=plugin,
    )
