"""What stands around every page: navigation with its counters, the visitor, the message of the last action."""

from typing import TYPE_CHECKING

from msgspec import Struct

from crmcore.records.query import ListQuery
from crmcore.web.done import DONE
from crmcore.web.from_plugins import Acted, Entry, acted_in, menu_of
from crmcore.web.lists.places import listed_kinds, place_of
from crmcore.web.views import VIEWS, view_filter

if TYPE_CHECKING:
    from crmcore.web.visit import Visit


class Frame(Struct, frozen=True, kw_only=True):
    """``area`` is the part of the program the page belongs to; ``counts`` are what waits, by view and area."""

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


async def frame_of(visit: "Visit", area: str) -> Frame:
    """Return the frame for the visitor: only counters of what they may see are there."""
    actor = visit.actor
    records = visit.crm.records
    counts: dict[str, int] = {}
    if actor.may("conversation.read"):
        for view in ("mine", "unassigned"):
            query = ListQuery(filter=view_filter(view, actor))
            counts[view] = await records.count("conversation", query, actor=actor)
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
        lists=tuple(
            (place_of(kind), visit.say(kind.label_plural), f"records-{kind.plural}")
            for kind in listed_kinds(visit.crm)
            if actor.may(f"{kind.key}.read")
        ),
    )


def _mine(user: str) -> list[dict[str, str]]:
    return [{"field": "assignee_id", "op": "eq", "value": user}] if user else []
