"""The views of the inbox: which conversations each one lists."""

from typing import Any

from crmcore.contracts.actors import Actor
from crmcore.web.texts import N_

VIEWS = {
    "mine": N_("Mine"),
    "unassigned": N_("Unassigned"),
    "all": N_("All open"),
    "snoozed": N_("Snoozed"),
    "closed": N_("Closed conversations"),
}
DEFAULT_VIEW = "mine"
ACTIVE = ["open", "waiting"]


def view_filter(view: str, actor: Actor, tag: str = "") -> dict[str, Any]:
    """Return the filter of ``view`` for ``actor``, narrowed to ``tag`` when there is one."""
    parts: list[dict[str, Any]] = []
    if view in ("mine", "unassigned", "all"):
        parts.append({"field": "status", "op": "in", "value": ACTIVE})
    else:
        parts.append({"field": "status", "op": "eq", "value": view})
    if view == "mine":
        parts.append({"field": "assignee_id", "op": "eq", "value": actor.id})
    if view == "unassigned":
        parts.append({"field": "assignee_id", "op": "empty"})
    if tag:
        parts.append({"field": "tags", "op": "eq", "value": tag})
    return {"all": parts}
