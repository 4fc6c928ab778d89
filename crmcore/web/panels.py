"""Panels of plugins: where they stand, what they say, and what is shown when they say nothing."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from msgspec import Struct

from crmcore.contracts.blocks import Block
from crmcore.contracts.subjects import Slot
from crmcore.contracts.values import Badge, Link
from crmcore.contributions.arrangement import Arranged
from crmcore.contributions.bounds import trimmed
from crmcore.contributions.panels import MAX_PANELS, LoadedPanel
from crmcore.web.buttons import Buttons
from crmcore.web.texts import N_

if TYPE_CHECKING:
    from crmcore.web.visit import Visit

HAPPENED = N_("What happened")
STALE = N_("{reason} This is what it said {ago}.")
_AS_IT_IS = Arranged()


class PanelPlace(Struct, frozen=True, kw_only=True):
    """A panel that is not loaded yet; ``address`` loads it, ``key`` names it where it can be folded."""

    title: str
    icon: str
    address: str
    key: str = ""
    folded: bool = False


class PanelView(Struct, frozen=True, kw_only=True):
    """A panel as it is shown. ``state``: ok, stale, empty, setup, error or disabled; ``at`` is when it was loaded."""

    title: str
    icon: str
    plugin: str
    address: str
    state: str
    buttons: Buttons | None = None
    key: str = ""
    setup: str = ""
    message: str = ""
    blocks: tuple[Block, ...] = ()
    badge: Badge | None = None
    link: Link | None = None
    at: datetime | None = None


async def places(visit: "Visit", slot: Slot, id: UUID) -> list[PanelPlace]:
    """Return the panels of ``slot`` as the visitor has arranged them, at most :data:`MAX_PANELS`."""
    chosen = await visit.crm.contributions.arrangement.of(visit.actor)
    found = visit.crm.contributions.panels.of(slot)
    shown = [(key, owned.item) for key, owned in found if not chosen.get(key, _AS_IT_IS).hidden]
    shown.sort(key=lambda entry: in_order(chosen.get(entry[0], _AS_IT_IS)))
    # Something was done just now: what its plugin said before may not hold any more.
    fresh = visit.query.get("fresh", "")
    return _happened(visit, slot, id) + [
        PanelPlace(
            title=visit.say(panel.title),
            icon=panel.icon,
            address=panel_address(key, slot, id)
            + ("&again=1" if fresh and key.startswith(f"{fresh}.") else ""),
            key=key,
            folded=chosen.get(key, _AS_IT_IS).folded,
        )
        for key, panel in shown[:MAX_PANELS]
    ]


def _happened(visit: "Visit", slot: Slot, id: UUID) -> list[PanelPlace]:
    """Return the place of what plugins know to have happened; contacts and companies have a timeline for it."""
    if slot != "conversation" or not visit.crm.contributions.timelines.stands_beside(slot):
        return []
    address = f"/ui/timelines/{slot}/{id}"
    return [PanelPlace(title=visit.texts.gettext(HAPPENED), icon="history", address=address)]


def in_order(choice: Arranged) -> tuple[bool, int]:
    """Return by what panels are put in order: first those that somebody has moved, then as plugins put them."""
    return choice.position is None, choice.position or 0


def panel_address(key: str, slot: str, id: UUID) -> str:
    """Return where the panel ``key`` about a record is loaded from."""
    return f"/ui/panels/{key}?ref={slot}:{id}"


async def load_panel(
    visit: "Visit", key: str, slot: Slot, id: UUID, *, again: bool = False
) -> PanelView | None:
    """Return the panel ``key`` about the record ``id``, None when it is not for this visitor."""
    loaded = await visit.crm.contributions.panels.load(
        key, slot, id, actor=visit.actor, language=visit.language, again=again
    )
    if loaded is None:
        return None
    back = (
        f"/inbox/{id}"
        if slot == "conversation"
        else f"/{'contacts' if slot == 'contact' else 'companies'}/{id}"
    )
    buttons = Buttons(visit, loaded.plugin, ref=f"{slot}:{id}", back=back)
    return panel_view(visit, loaded, panel_address(key, slot, id), buttons)


def panel_view(visit: "Visit", loaded: LoadedPanel, address: str, buttons: Buttons) -> PanelView:
    """Return a loaded panel, or a tile, in the visitor's words."""
    content, message = loaded.content, loaded.content.message
    if loaded.failure is not None:
        message = loaded.failure.sentence(visit.language)
        if loaded.state == "stale" and loaded.at is not None:
            message = visit.texts.gettext(STALE, reason=message, ago=visit.formats.ago(loaded.at))
    return PanelView(
        title=visit.say(loaded.panel.title),
        icon=loaded.panel.icon,
        plugin=loaded.plugin,
        address=address + ("&" if "?" in address else "?") + "again=1",
        key=loaded.key,
        state=loaded.state,
        buttons=buttons.with_refs(content.actions),
        setup=_setup_address(visit, loaded.plugin),
        message=message,
        blocks=trimmed(content.blocks),
        badge=content.badge,
        link=content.link,
        at=loaded.at,
    )


def _setup_address(visit: "Visit", plugin: str) -> str:
    if plugin in visit.crm.host.registry.settings:
        return f"/settings/plugins/{plugin}"
    return f"/settings/plugins#{plugin}"
