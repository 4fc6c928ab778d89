"""Panels beside a record: asked for, kept for a while, shown with their age when asking fails."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from msgspec import Struct

from crmcore.contracts.actors import Actor
from crmcore.contracts.blocks import Items, KeyValues, Stats, Table
from crmcore.contracts.panels import Panel, PanelContent
from crmcore.contracts.subjects import Slot
from crmcore.contracts.values import Money
from crmcore.contributions.asking import ask
from crmcore.contributions.panel_cache import Kept, PanelCache, PanelKey
from crmcore.contributions.subjects import Beside, beside
from crmcore.errors import NotFound
from crmcore.plugins import sentences
from crmcore.plugins.failures import PluginFailed
from crmcore.plugins.registry import Registered

if TYPE_CHECKING:
    from crmcore.workspace import Crm

MAX_PANELS = 8
# What is older is no longer worth showing, even with its age beside it.
STALE_FOR = timedelta(hours=24)


class LoadedPanel(Struct, frozen=True, kw_only=True):
    """What a panel says. ``state``: ok, stale, empty, setup, error or disabled; ``at`` is when its data was loaded.

    ``failure`` is why it is stale, in error or disabled (its plugin fails so often that it is not asked now).
    """

    key: str
    plugin: str
    panel: Panel
    state: str
    content: PanelContent
    at: datetime | None = None
    failure: PluginFailed | None = None


class Panels:
    """The panels of one workspace, with what they said lately in this process."""

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm
        self.cache = PanelCache()

    def of(self, slot: Slot) -> list[tuple[str, Registered[Panel]]]:
        """Return the panels of ``slot`` by key, in their order."""
        panels = self._crm.registry.panels.items()
        found = [(owned.item.order, key, owned) for key, owned in panels if slot in owned.item.slots]
        return [(key, owned) for _, key, owned in sorted(found, key=lambda entry: entry[:2])]

    async def load(
        self, key: str, slot: Slot, id: UUID, *, actor: Actor, language: str, again: bool = False
    ) -> LoadedPanel | None:
        """Return the panel ``key`` about the record ``id``, None when it is not for this actor.

        A panel's answer is kept for its ``ttl_s``. When loading fails, what it said before is returned for a day,
        unless there is money in it: an old sum is worse than none. ``again`` asks the plugin in any case. Raises
        NotFound.
        """
        owned = self._crm.registry.panels.get(key)
        if owned is None:
            return await self._away(key, slot, id, actor)
        if slot not in owned.item.slots:
            raise NotFound
        stands = await beside(self._crm, slot, id, actor=actor)
        place = _place(key, stands, f"{language} {actor.sight}")
        now = self._crm.clock()
        kept = self.cache.get(place)
        if kept is None or again or now - kept.at >= timedelta(seconds=owned.item.ttl_s):
            panel = owned.item
            try:
                content: PanelContent = await ask(
                    self._crm,
                    owned.plugin,
                    f"panel.{panel.key}",
                    panel.load,
                    stands.subject(slot, actor, language),
                    timeout_s=panel.timeout_s,
                    returns=PanelContent,
                )
            except PluginFailed as failure:
                return after_failure(key, owned, kept, failure, now)
            kept = Kept(content, content.fetched_at or now)
            if content.status != "error":
                self.cache.put(place, kept)
        if kept.content.status == "setup" and not actor.may("plugin.write"):
            return None
        return LoadedPanel(
            key=key,
            plugin=owned.plugin,
            panel=owned.item,
            state=kept.content.status,
            content=kept.content,
            at=kept.at,
        )

    async def _away(self, key: str, slot: Slot, id: UUID, actor: Actor) -> LoadedPanel:
        """Return the panel of a plugin that is installed and not at work: a page may still have a place for it."""
        plugin = key.partition(".")[0]
        state = self._crm.host.plugins.get(plugin)
        if state is None or state.state == "loaded":
            raise NotFound
        await self._crm.records.get(slot, id, actor=actor)
        failure = PluginFailed(plugin, "panel", sentences.away(plugin), paused=True)
        return LoadedPanel(
            key=key,
            plugin=plugin,
            panel=Panel(key=key, title=plugin, load=_never),
            state="disabled",
            content=PanelContent(),
            failure=failure,
        )


async def _never(*args: object) -> PanelContent:
    return PanelContent()


def _place(key: str, stands: Beside, reader: str) -> PanelKey:
    # The versions are part of it: a changed e-mail address asks the plugin anew.
    record, contact = stands.record, stands.contact
    about = f"{contact.id}:{contact.version}" if contact else ""
    version = "" if record.type == "conversation" else str(record.version)
    return (key, record.type, str(record.id), version, about, reader)


def after_failure(
    key: str, owned: Registered[Panel], kept: Kept | None, failure: PluginFailed, now: datetime
) -> LoadedPanel:
    about: dict[str, Any] = {"key": key, "plugin": owned.plugin, "panel": owned.item, "failure": failure}
    if kept is None or now - kept.at > STALE_FOR or has_money(kept.content):
        state = "disabled" if failure.paused else "error"
        return LoadedPanel(state=state, content=PanelContent(), **about)
    return LoadedPanel(state="stale", content=kept.content, at=kept.at, **about)


def has_money(content: PanelContent) -> bool:
    """Tell whether any value in ``content`` is an amount of money."""
    for block in content.blocks:
        values: list[Any] = []
        if isinstance(block, KeyValues | Stats):
            values = [item.value for item in block.items]
        elif isinstance(block, Items):
            values = [value for item in block.items for value in item.meta]
        elif isinstance(block, Table):
            values = [cell for row in block.rows for cell in row]
        if any(isinstance(value, Money) for value in values):
            return True
    return False
