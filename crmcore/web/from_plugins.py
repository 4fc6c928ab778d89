"""What plugins put around every page: entries of the menu, and the word on what was set off just now."""

from typing import TYPE_CHECKING
from uuid import UUID

from msgspec import Struct

if TYPE_CHECKING:
    from crmcore.web.visit import Visit

MOST_ENTRIES = 20


class Entry(Struct, frozen=True, kw_only=True):
    """One entry of the menu; ``count`` is what waits there."""

    title: str
    icon: str
    address: str
    area: str
    count: int


class Acted(Struct, frozen=True):
    """What a plugin says of what was set off."""

    message: str
    tone: str


async def menu_of(visit: "Visit") -> tuple[Entry, ...]:
    """Return the pages of plugins that have an entry in the visitor's menu."""
    menu = visit.crm.contributions.menu
    pages = [(key, owned) for key, owned in menu.pages(visit.actor) if owned.item.menu][:MOST_ENTRIES]
    counts = await menu.counts(visit.actor) if pages else {}
    return tuple(
        Entry(
            title=visit.say(owned.item.title),
            icon=owned.item.icon,
            address=f"/x/{owned.plugin}/{owned.item.key}",
            area=f"x-{key}",
            count=counts.get(key, 0),
        )
        for key, owned in pages
    )


async def acted_in(visit: "Visit") -> Acted | None:
    """Return what came of the press that the address names, when it was the visitor's."""
    try:
        id = UUID(visit.query.get("acted", ""))
    except ValueError:
        return None
    outcome = await visit.crm.contributions.actions.outcome(id, actor=visit.actor)
    if outcome is None:
        return None
    message = visit.say(outcome.message) or " ".join(
        problem.sentence(visit.language) for problem in outcome.problems[:3]
    )
    return Acted(message[:500], outcome.tone)
