"""The views of the inbox: which conversations each one lists."""

from typing import Any

from crmcore.contracts.actors import Actor
from crmcore.web.texts import N_

VIEWS = {
    "mine": N_("Mine"),
    "unassigned": N_("Unassigned"),
    "all": N_("All open"),
    "mentions": N_("Mentions"),
    "snoozed": N_("Snoozed"),
    "closed": N_("Closed conversations"),
}
DEFAULT_VIEW = "mine"
COUNTED = ("mine", "unassigned", "all", "mentions")
"""The views with a counter: what is in them waits for somebody."""
ACTIVE = ["open", "waiting"]


def view_parts(view: str, actor: Actor, *, any_status: bool = False) -> list[dict[str, Any]]:
    """Return the conditions of ``view`` for ``actor``; ``any_status`` leaves that one to who asks."""
    parts: list[dict[str, Any]] = []
    if view in ("snoozed", "closed"):
        parts.append({"field": "status", "op": "eq", "value": view})
    elif not any_status:
        among = [*ACTIVE, "snoozed"] if view == "mentions" else ACTIVE
        parts.append({"field": "status", "op": "in", "value": among})
    if view == "mine":
        parts.append({"field": "assignee_id", "op": "eq", "value": actor.id})
    if view == "unassigned":
        parts.append({"field": "assignee_id", "op": "empty"})
    if view == "mentions":
        parts.append({"field": "mentioned", "op": "eq", "value": actor.id})
    return parts


def view_filter(view: str, actor: Actor) -> dict[str, Any]:
    """Return the filter of ``view`` for ``actor``."""
    return {"all": view_parts(view, actor)}
