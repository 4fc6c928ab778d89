"""The views of the task list: which tasks each one has, and in which order."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from crmcore.web.texts import N_

if TYPE_CHECKING:
    from crmcore.web.visit import Visit

VIEWS = {
    "open": N_("All open tasks"),
    "today": N_("Today"),
    "overdue": N_("Overdue"),
    "upcoming": N_("Upcoming"),
    "done": N_("Done tasks"),
}
OWNERS = {"me": N_("My tasks"), "all": N_("Everybody’s")}
_FORMER = {"mine": ("open", "me"), "all": ("open", "all")}
GROUPS = {
    "overdue": N_("Overdue"),
    "today": N_("Today"),
    "upcoming": N_("Upcoming"),
    "undated": N_("Without a time"),
}


def view_of(query: dict[str, str]) -> tuple[str, str]:
    """Return view and owner that an address asks for."""
    view, owner = query.get("view", "open"), query.get("owner", "me")
    if view in _FORMER:
        return _FORMER[view]
    return view if view in VIEWS else "open", owner if owner in OWNERS else "me"


def filter_of(view: str, owner: str, visit: "Visit") -> dict[str, Any]:
    """Return the filter of a view in the visitor's days."""
    parts: list[dict[str, Any]] = [
        {"field": "status", "op": "eq", "value": "done" if view == "done" else "open"}
    ]
    if owner == "me":
        parts.append({"field": "assignee_id", "op": "eq", "value": visit.actor.id})
    if view == "today":
        parts.append({"field": "due_at", "op": "within", "value": "today"})
    elif view == "overdue":
        parts.append({"field": "due_at", "op": "lt", "value": visit.formats.now.isoformat()})
    elif view == "upcoming":
        parts.append({"field": "due_at", "op": "gte", "value": tomorrow(visit).isoformat()})
    return {"all": parts}


def tomorrow(visit: "Visit") -> Any:
    """Return when the visitor's next day begins."""
    day = visit.formats.now.date() + timedelta(days=1)
    return visit.formats.now.replace(
        year=day.year, month=day.month, day=day.day, hour=0, minute=0, second=0, microsecond=0
    )


def group_of(visit: "Visit", due: Any) -> str:
    """Return the group that an open task which is due then stands in."""
    if due is None:
        return "undated"
    if due < visit.formats.now:
        return "overdue"
    return "today" if due < tomorrow(visit) else "upcoming"
