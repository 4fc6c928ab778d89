"""What stands around every page: navigation with its counters, the visitor, the message of the last action."""

from typing import TYPE_CHECKING

from msgspec import Struct

from crmcore.records.query import ListQuery
from crmcore.views.service import View
from crmcore.web.done import DONE
from crmcore.web.from_plugins import Acted, Entry, acted_in, menu_of
from crmcore.web.lists.places import listed_kinds, place_of
from crmcore.web.views import COUNTED, VIEWS, view_filter

if TYPE_CHECKING:
    from crmcore.web.visit import Visit

MOST_COUNTED = 1000
"""“999+” says as much as the number, and counting goes no further."""
MOST_SAVED = 30


class Frame(Struct, frozen=True, kw_only=True):
    """``area`` is the part of the program the page belongs to; ``counts`` are what waits, by view and area.

    Counts of conversations end at :data:`MOST_COUNTED`. ``saved`` are the saved views of the inbox, on its pages.
    """

    area: str
    user: str
    counts: dict[str, int]
    views: tuple[tuple[str, str], ...]
    done: str = ""
    here: str = ""
    lists: tuple[tuple[str, str, str], ...] = ()
    pages: tuple[Entry, ...] = ()
    tiles: bool = False
    acted: Acted | None = None
    saved: tuple[tuple[str, str], ...] = ()


async def frame_of(visit: "Visit", area: str) -> Frame:
    """Return the frame for the visitor: only counters of what they may see are there."""
    actor = visit.actor
    await visit.crm.general.look()
    records = visit.crm.records
    counts: dict[str, int] = {}
    saved: list[View] = []
    if actor.may("conversation.read"):
        counted = COUNTED if area == "inbox" else ("mine",)
        views = {view: ListQuery(filter=view_filter(view, actor)) for view in counted}
        counts |= await records.counts("conversation", views, actor=actor, at_most=MOST_COUNTED)
        if area == "inbox":
            saved = await saved_views(visit)
    if actor.may("task.read"):
        mine = {"all": [{"field": "status", "op": "eq", "value": "open"}, *_mine(actor.id)]}
        counts["tasks"] = await records.count("task", ListQuery(filter=mine), actor=actor)
    if actor.kind == "user":
        counts["notifications"] = await visit.crm.notifications.reading.unread(actor=actor)
    done = DONE.get(visit.query.get("done", ""), "")
    return Frame(
        area=area,
        user=actor.label,
        counts=counts,
        views=tuple((view, visit.texts.gettext(title)) for view, title in VIEWS.items()),
        done=visit.texts.gettext(done) if done else "",
        here=visit.path,
        pages=await menu_of(visit),
        tiles=bool(visit.crm.contributions.tiles.of(actor)),
        acted=await acted_in(visit),
        saved=tuple((str(view.id), view.name) for view in saved),
        lists=tuple(
            (place_of(kind), visit.say(kind.label_plural), f"records-{kind.plural}")
            for kind in listed_kinds(visit.crm)
            if actor.may(f"{kind.key}.read")
        ),
    )


async def saved_views(visit: "Visit") -> list[View]:
    """Return the saved views of conversations that the visitor sees, the first of them."""
    if visit.actor.kind not in ("user", "token"):
        return []
    views: list[View] = await visit.crm.views.list(actor=visit.actor, record_type="conversation")
    return views[:MOST_SAVED]


def _mine(user: str) -> list[dict[str, str]]:
    return [{"field": "assignee_id", "op": "eq", "value": user}] if user else []
